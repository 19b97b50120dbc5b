"""WEBMO: what it owes to people who ask, shown on its pack."""

from __future__ import annotations

import pytest

from retention.errors import RefusedError
from retention.law import Regime
from retention.law.refusals import PROCEDURAL
from retention.model.ids import CategoryId
from retention.model.request_moves import (
    Answered,
    CarriedOut,
    Done,
    Finding,
    Granted,
    GrantedInPart,
    Investigated,
    Refused,
    RefusedItem,
)
from retention.model.terms import Filer, Ground, Refusal, Right
from retention.requests.filing import Admitted, AskFor, AuthorityPaper, Filing, Ward, admit
from retention.requests.findings import Need, Worksheet, leaked, no_longer_needed
from retention.requests.grounds import Owed, Promised, judge
from retention.requests.refusals import NotPermitted, Permitted, may_refuse
from tests.doubles.asking import DAY, policy_of

APPI = frozenset({Regime.APPI})
USER = {"id": "u1", "name": "One", "email": "one@x.example"}


def judged(right: Right, ground: Ground | None):
    """Return what the rules say of a ground at WEBMO."""
    return judge(right, ground, APPI, policy_of("webmo").terms.rights)


def reason(right: Right, code: Refusal):
    """Return what the rules say of a reason at WEBMO."""
    return may_refuse(right, code, APPI, policy_of("webmo").terms.rights)


def test_what_is_linked_to_a_user_is_part_of_the_request(company, ago):
    """Usage rows without a name or an address go with the user's account, and no other user's (WEB-04)."""
    usage = [{"id": n, "user_id": f"u{n}", "history": "h", "seen_at": ago(3)} for n in (1, 2)]
    webmo = company("webmo", {"app.users": [USER], "lake.usage": usage})
    webmo.request("user_id=u1")
    assert [row["user_id"] for row in webmo.left("lake.usage")] == ["u2"]


def test_an_unclear_purpose_is_no_reason_and_an_evident_one_is(asking):
    """The text's inverted exception is refused with the article, and what the law means is offered (WEB-11)."""
    right, unclear, evident = Right.PURPOSE_NOTIFICATION, Refusal.PURPOSE_UNCLEAR, Refusal.PURPOSE_EVIDENT
    assert unclear in policy_of("webmo").terms.rights[right].refusals
    assert reason(right, unclear) == NotPermitted(("jp.appi.32-2",), evident)
    life = asking("webmo", right).identified()
    with pytest.raises(RefusedError, match="purpose-unclear"):
        life.move(Refused((unclear,)))
    assert life.move(Refused((evident,))).decision == Refused((evident,))


@pytest.mark.parametrize("code", [Refusal.RIGHTS_OF_OTHERS, Refusal.HARM_TO_COMPANY, Refusal.PUBLIC_BODY])
def test_exceptions_to_telling_the_purpose_refuse_nothing_else(code):
    """Harm to someone or the company, a public body: for the purpose, neither for erasure nor correction (WEB-12)."""
    assert reason(Right.PURPOSE_NOTIFICATION, code) == Permitted(("jp.appi.32-2",))
    for right in (Right.ERASURE, Right.SUSPENSION, Right.CORRECTION):
        assert isinstance(reason(right, code), NotPermitted)


@pytest.mark.parametrize("right", [Right.SUSPENSION, Right.ERASURE])
@pytest.mark.parametrize("ground", [Ground.OUT_OF_PURPOSE, Ground.UNLAWFUL_USE])
def test_use_beyond_the_purpose_is_a_ground_once_it_is_found(asking, right, ground):
    """The Act's and the text's ground; the grant waits for the finding, and a part may be granted (WEB-15)."""
    assert judged(right, ground) == Owed(("jp.appi.35-1",))
    life = asking("webmo", right, ground).identified()
    with pytest.raises(RefusedError, match="looked into"):
        life.move(Granted())
    life.move(Investigated(Finding.FOUNDED))
    assert life.move(Granted()).decision == Granted()


def test_only_what_was_used_beyond_its_purpose_goes(company, ago):
    """Usage was used for what nobody declared: it goes, to the extent needed, and the account stays (WEB-15)."""
    usage = [{"id": 1, "user_id": "u1", "history": "h", "seen_at": ago(3)}]
    webmo = company("webmo", {"app.users": [USER], "lake.usage": usage})
    webmo.request("user_id=u1", refused=frozenset(webmo.policy.categories) - {"usage_information"})
    assert webmo.left("lake.usage") == []
    assert webmo.left("app.users") == [USER]


@pytest.mark.parametrize("ground", [Ground.UNLAWFUL_PROVISION, Ground.UNLAWFUL_ACQUISITION])
def test_provision_is_stopped_by_people_and_looked_at_again(asking, ground):
    """A ground of the Act or the text: looked into, stopped by one, seen by another, then answered (WEB-16)."""
    expected = Owed(("jp.appi.35-3",)) if ground is Ground.UNLAWFUL_PROVISION else Promised()
    assert judged(Right.STOP_PROVISION, ground) == expected
    life = asking("webmo", Right.STOP_PROVISION, ground).identified()
    with pytest.raises(RefusedError, match="looked into"):
        life.move(Granted())
    life.move(Investigated(Finding.FOUNDED))
    life.move(Granted())
    with pytest.raises(RefusedError, match="not done and verified"):
        life.move(Answered("letter"))
    with pytest.raises(RefusedError, match="another person"):
        life.move(CarriedOut(Done.BY_HAND, "report"))
    life.move(CarriedOut(Done.BY_HAND, "report"), by="tanaka")
    assert life.move(Answered("letter")).answered_at is not None


def test_disclosure_is_refused_for_three_reasons_and_in_part(asking):
    """The text's three, for no erasure; one category is kept back with its reason, the rest is granted (WEB-13)."""
    three = {Refusal.RIGHTS_OF_OTHERS, Refusal.BUSINESS_HINDRANCE, Refusal.OTHER_LAW}
    assert set(policy_of("webmo").terms.rights[Right.DISCLOSURE].refusals) == three
    assert asking("webmo", Right.DISCLOSURE).bounds.refusals - PROCEDURAL == three
    assert asking("webmo", Right.ERASURE).bounds.refusals & three == {Refusal.OTHER_LAW}
    inquiries = CategoryId("inquiries")
    partly = GrantedInPart((RefusedItem(inquiries, (Refusal.RIGHTS_OF_OTHERS,)),))
    assert asking("webmo", Right.DISCLOSURE).identified().move(partly).decision == partly
    assert inquiries in policy_of("webmo").categories


def test_data_that_no_purpose_needs_any_more_is_a_ground(asking):
    """Every purpose of the category ended: found by itself; one that lives: a person finds (WEB-17)."""
    policy = policy_of("webmo")
    served = policy.categories["usage_information"].purposes
    assert len(served) > 1
    assert no_longer_needed(dict.fromkeys(served, True)) is Finding.FOUNDED
    assert no_longer_needed(dict.fromkeys(served, True) | {served[0]: False}) is None
    assert judged(Right.ERASURE, Ground.NO_LONGER_NEEDED) == Owed(("jp.appi.35-5",))
    assert asking("webmo", Right.ERASURE, Ground.NO_LONGER_NEEDED).bounds.finding_first


@pytest.mark.parametrize("right", [Right.SUSPENSION, Right.ERASURE, Right.STOP_PROVISION])
def test_any_leak_opens_the_ground_for_those_it_reached(right):
    """Not reportable: the text is wider and is honoured; whom it did not reach has no ground (WEB-18)."""
    any_leak = Ground.ANY_LEAK in policy_of("webmo").terms.rights[right].grounds
    assert judged(right, Ground.ANY_LEAK) == Promised()
    assert leaked([False], any_leak=any_leak) is Finding.FOUNDED
    assert leaked([], any_leak=any_leak) is Finding.UNFOUNDED


def test_likely_harm_is_weighed_by_a_person_against_five_needs(asking):
    """Mail after an opt-out: found, and granted; to avoid a bill: not found, and refused with a reason (WEB-19)."""
    assert judged(Right.SUSPENSION, Ground.LIKELY_HARM) == Owed(("jp.appi.35-5",))
    mail = Worksheet(harm_likely=True, needs=frozenset(), by="mori")
    bill = Worksheet(harm_likely=True, needs=frozenset({Need.CONTRACT_DUTY, Need.LEGAL_CLAIMS}), by="mori")
    life = asking("webmo", Right.SUSPENSION, Ground.LIKELY_HARM).identified()
    life.move(Investigated(mail.finding))
    assert life.move(Granted()).decision == Granted()
    life = asking("webmo", Right.SUSPENSION, Ground.LIKELY_HARM).identified()
    life.move(Investigated(bill.finding))
    with pytest.raises(RefusedError, match="does not bear it"):
        life.move(Granted())
    assert life.move(Refused((Refusal.NO_GROUND,))).decision == Refused((Refusal.NO_GROUND,))


def test_agents_act_for_the_user_in_every_right():
    """Statutory and mandated, each with papers that count on the day; a missing one is asked for (WEB-20)."""
    register, mandate, agent = (
        AuthorityPaper.FAMILY_REGISTER,
        AuthorityPaper.POWER_OF_ATTORNEY,
        AuthorityPaper.AGENT_IDENTITY,
    )
    offered = policy_of("webmo").terms.rights
    assert len(offered) == 8
    for terms in offered.values():
        parent = Filing(Filer.STATUTORY_AGENT, Ward.MINOR, {register: None, agent: None})
        mandated = Filing(Filer.MANDATED_AGENT, shown={mandate: None, agent: None})
        without = Filing(Filer.MANDATED_AGENT, shown={agent: None})
        expired = Filing(Filer.MANDATED_AGENT, shown={mandate: DAY, agent: None})
        answers = [admit(filing, terms.may_file, APPI, DAY) for filing in (parent, mandated, without, expired)]
        assert answers == [Admitted(), Admitted(), AskFor((mandate,)), AskFor((mandate,))]
