"""U-NEXT: what it owes to people who ask, shown on its pack."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from retention.errors import RefusedError
from retention.law import Regime
from retention.model.asking import Holder
from retention.model.request_moves import (
    Alternative,
    Asked,
    FeeAsked,
    FeePaid,
    Granted,
    Identified,
    Measure,
    Paper,
    PaperKept,
    Refused,
    Supplied,
    Wait,
    Warned,
)
from retention.model.terms import Filer, Masked, Refusal, Right
from retention.requests.channels import Membership, Redirected, Taken, TakenIfProven, arrived_at, gate
from retention.requests.clocks import warnings_due
from retention.requests.fees import Charge, Nothing, price
from retention.requests.filing import Admitted, AuthorityPaper, Consult, Filing, admit
from retention.requests.proof import AskAgain, Lack, Proven, Shown, accepted_on, examine
from retention.requests.refusals import NotPermitted, may_refuse
from retention.requests.routing import Elsewhere, Shared, route
from retention.requests.workdays import weekdays
from tests.doubles.asking import DAY, answered_by, policy_of, unreadable_without

APPI = frozenset({Regime.APPI})
POLICY = policy_of("u-next")
CUSTOMER = {"id": "c1", "name": "One", "email": "one@x.example", "phone": "1"}
SEVEN = {
    Refusal.IDENTITY_UNPROVEN,
    Refusal.AGENT_UNPROVEN,
    Refusal.FORM_DEFECTIVE,
    Refusal.NOT_RETAINED_DATA,
    Refusal.RIGHTS_OF_OTHERS,
    Refusal.BUSINESS_HINDRANCE,
    Refusal.OTHER_LAW,
}


def way(channel: str, membership: Membership = Membership.NONE):
    """Return what becomes of a request from Japan by that way."""
    return gate(channel, POLICY.requests.channels, POLICY.terms.only_for, membership, APPI)


def test_letters_are_taken_and_mail_is_sent_to_the_post():
    """Mail of anyone: told to write, no clock; the letter's arrival is the request's, whatever it lacks (UNX-03)."""
    assert way("post") == Taken()
    assert way("email") == Redirected(("post",))
    mail, letter, more = (datetime(2026, 11, day, tzinfo=UTC) for day in (1, 5, 20))
    assert arrived_at([(mail, way("email"))]) is None
    assert arrived_at([(mail, way("email")), (letter, way("post")), (more, way("post"))]) == letter


def test_mail_is_open_to_people_who_use_a_headset():
    """Shown to be one: taken; who says so: looked up first; anyone else: sent to the post (UNX-04)."""
    assert way("email", Membership.PROVEN) == Taken()
    claimed = way("email", Membership.CLAIMED)
    assert isinstance(claimed, TakenIfProven)
    assert "Meta Quest" in claimed.group["ja"]
    assert way("email", Membership.NONE) == Redirected(("post",))


def test_work_for_clients_is_answered_by_the_client(company):
    """A client's record stays and its people are told so; a customer's own data goes (UNX-06)."""
    contact = {"id": 1, "user_id": "c1", "client_id": "k1", "subject": "s", "body": "b"}
    unext = company("u-next", {"app.customers": [CUSTOMER], "app.entrusted_contacts": [contact]})
    plan = unext.request("user_id=c1")
    assert unext.left("app.customers") == []
    assert unext.left("app.entrusted_contacts") == [contact]
    assert ("app.entrusted_contacts", "tenant-controlled") in {(held.dataset, held.statute) for held in plan.withheld}
    both = route(own=True, held_for=["client_id"], redirects=POLICY.terms.redirects)
    assert isinstance(both, Shared)
    assert both.ask[0].to is Holder.CLIENT
    assert isinstance(route(own=False, held_for=["client_id"], redirects=POLICY.terms.redirects), Elsewhere)
    assert Refusal.NOT_RETAINED_DATA in POLICY.terms.rights[Right.ERASURE].refusals


def test_an_agent_consults_the_desk_and_is_admitted(asking):
    """The text takes requests from the holder; who is mandated shows it and goes on, and is not refused (UNX-50)."""
    papers = {AuthorityPaper.POWER_OF_ATTORNEY: None, AuthorityPaper.AGENT_IDENTITY: None}
    for terms in POLICY.terms.rights.values():
        if terms.may_file:
            assert admit(Filing(Filer.MANDATED_AGENT, shown=papers), terms.may_file, APPI, DAY) == Consult(())
            consulted = Filing(Filer.MANDATED_AGENT, shown=papers, consulted=True)
            assert admit(consulted, terms.may_file, APPI, DAY) == Admitted()
    life = asking("u-next", Right.ERASURE, filer=Filer.MANDATED_AGENT)
    with pytest.raises(RefusedError, match="nothing shows that he may"):
        life.move(Identified("drivers-licence"))
    assert life.identified().move(Granted()).decision == Granted()


def test_only_disclosure_costs_and_only_disclosure_waits(asking):
    """1,000 yen before disclosure; erasure is free, no fee can be asked for it, and it goes on (UNX-52)."""
    rights = POLICY.terms.rights
    assert price(Right.DISCLOSURE, rights[Right.DISCLOSURE].fee, APPI, (), "JPY") == Charge(
        1000, "JPY", prepaid=True, items=()
    )
    others = [right for right in rights if right is not Right.DISCLOSURE]
    assert all(price(right, rights[right].fee, APPI, (), "JPY") == Nothing(()) for right in others)
    disclosure = asking("u-next", Right.DISCLOSURE).identified()
    disclosure.move(FeeAsked(1000, "JPY"))
    with pytest.raises(RefusedError, match="fee"):
        disclosure.move(Granted())
    disclosure.move(FeePaid())
    assert disclosure.move(Granted()).decision == Granted()
    erasure = asking("u-next", Right.ERASURE).identified()
    with pytest.raises(RefusedError, match="nothing may be charged"):
        erasure.move(FeeAsked(1000, "JPY"))
    assert erasure.move(Granted()).decision == Granted()


def test_who_sent_an_unclear_copy_is_asked_and_loses_no_day(asking):
    """The request waits for papers; arrival and date stay, and it goes on when they come (UNX-54)."""
    life = asking("u-next", Right.DISCLOSURE)
    before = life.request
    waiting = life.move(Asked((Wait.PAPERS,)))
    assert (waiting.received_at, waiting.due_on) == (before.received_at, before.due_on)
    with pytest.raises(RefusedError, match="waits for papers"):
        life.move(Identified("drivers-licence"))
    life.move(Supplied((Wait.PAPERS,)))
    assert life.identified().request.received_at == before.received_at


def test_papers_count_by_their_dates_and_bear_name_and_address():
    """Cards that ended are asked for again with the list of today; so is a paper without name or address (UNX-56)."""
    documents = POLICY.terms.documents
    assert accepted_on(documents, DAY) == ("drivers-licence", "passport", "residence-record")
    assert len(accepted_on(documents, date(2025, 12, 1))) == 5
    for kind in ("resident-register-card", "health-insurance-card"):
        answer = examine([Shown(kind)], documents, DAY)
        assert isinstance(answer, AskAgain)
        assert answer.lacks == ((kind, Lack.ENDED),)
        assert answer.accepted == ("drivers-licence", "passport", "residence-record")
    new_passport = Shown("passport", shows_address=False)
    assert isinstance(examine([new_passport], documents, DAY), AskAgain)
    assert isinstance(examine([new_passport, Shown("residence-record")], documents, DAY), Proven)
    assert isinstance(examine([Shown("drivers-licence", shows_name=False)], documents, DAY), AskAgain)


@pytest.mark.parametrize("kind", ["drivers-licence", "passport", "residence-record"])
def test_a_registered_domicile_that_can_be_read_is_no_proof(kind):
    """It is asked for again, covered; covered, it proves who it is (UNX-57)."""
    documents = POLICY.terms.documents
    legible = frozenset({Masked.REGISTERED_DOMICILE})
    answer = examine([Shown(kind, legible=legible)], documents, DAY)
    assert isinstance(answer, AskAgain)
    assert answer.lacks == ((kind, Lack.NOT_MASKED),)
    assert isinstance(examine([Shown(kind)], documents, DAY), Proven)


def test_the_form_the_papers_and_the_fee_are_waited_for(asking):
    """Asked for: the file waits, keeps what came by kind and digest, grants nothing before (UNX-51)."""
    life = asking("u-next", Right.DISCLOSURE)
    life.move(Asked((Wait.PAPERS,), letter="digest of the form"))
    life.move(FeeAsked(1000, "JPY"))
    for early in (Identified("drivers-licence"), Granted()):
        with pytest.raises(RefusedError, match="waits for"):
            life.move(early)
    form, licence = Paper("letter", "d1"), Paper("drivers-licence", "d2")
    life.move(PaperKept(form), by=None)
    life.move(PaperKept(licence), by=None)
    life.move(Supplied((Wait.PAPERS,)))
    life.identified()
    with pytest.raises(RefusedError, match="waits for fee"):
        life.move(Granted())
    life.move(FeePaid())
    assert life.move(Granted()).papers == (form, licence)
    soon = asking("u-next", Right.DISCLOSURE).request
    told = warnings_due(soon, datetime(2026, 12, 1, tzinfo=UTC), weekdays)
    assert any(each.warned is Warned.ANSWER_SOON for each in told)


def test_the_company_and_its_privacy_manager_are_named():
    """Name, address and office stand in the policy, which is unreadable without them, and on the answer (UNX-05)."""
    assert (POLICY.controller.name["ja"], POLICY.controller.responsible) == ("株式会社U-NEXT", "CX本部 CRM推進部長")
    assert unreadable_without("u-next", "name")
    assert unreadable_without("u-next", "address")
    assert unreadable_without("u-next", "responsible")
    assert "株式会社U-NEXT" in answered_by(POLICY, "ja")
    assert POLICY.controller.address in answered_by(POLICY, "ja")


@pytest.mark.parametrize("right", [Right.SUSPENSION, Right.ERASURE, Right.STOP_PROVISION])
def test_seven_reasons_and_none_of_difficulty_without_a_measure(asking, right):
    """The text's seven; harm and hindrance refuse what art. 35 gives only beside another measure (UNX-59)."""
    assert all(set(terms.refusals) in (SEVEN, set()) for terms in POLICY.terms.rights.values())
    for code in (Refusal.RIGHTS_OF_OTHERS, Refusal.BUSINESS_HINDRANCE):
        found = may_refuse(right, code, APPI, POLICY.terms.rights)
        assert isinstance(found, NotPermitted)
        assert found.instead is Refusal.DIFFICULT_WITH_SUBSTITUTE
    life = asking("u-next", right).identified()
    difficult = (Refusal.DIFFICULT_WITH_SUBSTITUTE,)
    with pytest.raises(RefusedError, match="the measure that takes its place"):
        life.move(Refused(difficult))
    refused = Refused(difficult, alternative=Alternative(Measure.SUSPEND))
    assert life.move(refused).decision == refused
    assert asking("u-next", Right.DISCLOSURE).bounds.refusals - {Refusal.FEE_UNPAID} == SEVEN


def test_the_optional_part_of_the_registration_goes_alone(company):
    """Gender is asked for alone: it goes, and name, address and account stay (UNX-46)."""
    unext = company("u-next", {"app.customers": [CUSTOMER | {"gender": "f"}]})
    unext.items("user_id=c1", "optional_profile")
    assert unext.left("app.customers") == [CUSTOMER]
