"""The rules of requests at the desk: ways in, laws by place, papers, agents, fees, and what is said of all of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from retention.app.requesting import Arrival
from retention.errors import IdentityError, InputError, RefusedError
from retention.model.request_moves import Finding
from retention.model.terms import Filer, Ground, Masked, Refusal, Right
from retention.requests.channels import Membership
from retention.requests.fees import Charge, Nothing
from retention.requests.findings import Need, Worksheet
from retention.requests.grounds import NoGround, Owed
from retention.requests.proof import Shown

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
SECTION = "requests: {answer_within: P14D, channels: [post, email], identity_documents: [passport]}\n"
RULES = """\
reach: {established: [JP], offers_to: [JP, EEA]}
dpo: {office: The protection officer}
requests:
  answer_within: P14D
  channels: [post, email]
  only_for: {email: {en: users of a headset}}
  identity_documents:
    passport: {shows_address: false}
    drivers-licence: {mask: [registered-domicile]}
    health-insurance-card: {}
  redirects: {company: {to: administrator, title: {en: your company}}}
  rights:
    disclosure: {fee: {amount: 1000, currency: JPY, prepaid: true}, may_file: [person]}
    suspension: {grounds: [any-leak]}
    erasure: {refusals: [rights-of-others, business-hindrance, other-law], may_file: [person]}
"""


@pytest.fixture
def desk(shop):
    """The shop under two laws, with rules of its own; one note about c3 is held for the company acme."""
    policy, datamap = shop.folder / "policy.yaml", shop.folder / "datamap.yaml"
    text = policy.read_text(encoding="utf-8")
    assert SECTION in text
    text = text.replace(SECTION, RULES).replace("regimes: [jp.appi]", "regimes: [jp.appi, eu.gdpr]")
    policy.write_text(text, encoding="utf-8")
    rows = datamap.read_text(encoding="utf-8")
    rows = rows.replace("    table: notes\n", "    table: notes\n    tenant: {company: company}\n")
    datamap.write_text(rows, encoding="utf-8")
    shop.change(
        "ALTER TABLE notes ADD COLUMN company TEXT", "UPDATE notes SET company = 'acme' WHERE customer_id = 'c3'"
    )
    with shop.app() as app:
        yield app


def arrival(app, right=Right.ERASURE, **said):
    """Return what arrived about c3: a letter from Japan, unless said otherwise."""
    found = {"channel": "post", "place": "JP", **said}
    return Arrival(app.subject_of("user_id=c3"), right=right, **found)


def test_mail_arrives_from_the_group_and_from_where_a_law_opens_every_way(desk):
    """From Japan: only of the group; from Germany: taken; and nothing that was turned away has a case."""
    with pytest.raises(RefusedError, match=r"not taken by `email`.*`post`"):
        desk.receive(arrival(desk, channel="email"), NOW)
    with pytest.raises(RefusedError, match="users of a headset"):
        desk.receive(arrival(desk, channel="email", belongs=Membership.CLAIMED), NOW)
    assert desk.context.ledger.cases.all() == ()
    desk.receive(arrival(desk, channel="email", belongs=Membership.PROVEN), NOW)
    desk.receive(arrival(desk, channel="email", place="DE"), NOW)
    assert len(desk.context.ledger.cases.all()) == 2


def test_the_place_decides_the_laws_the_dates_and_the_reasons(desk):
    """Japan: one law; Germany: two, and hindrance refuses nothing; an unknown place: both."""
    found = {place: desk.receive(arrival(desk, place=place), NOW).case_id for place in ("JP", "DE", None)}
    said = {place: desk.ruling(case, NOW) for place, case in found.items()}
    assert [ruling.laws for ruling in said.values()] == [("jp.appi",), ("jp.appi", "eu.gdpr"), ("jp.appi", "eu.gdpr")]
    assert {clock.regime for clock in desk.request(found["JP"]).clocks} == {"jp.appi", "policy"}
    assert {clock.regime for clock in desk.request(found["DE"]).clocks} == {"jp.appi", "eu.gdpr", "policy"}
    assert "difficult-with-substitute" in said["JP"].refusals
    assert "difficult-with-substitute" not in said["DE"].refusals
    assert [ruling.signed_by for ruling in said.values()] == ["Privacy office", *["The protection officer"] * 2]


@pytest.mark.parametrize("place", ["Japan", "u-next customer"])
def test_a_place_that_is_none_is_refused(desk, place):
    """And what was typed is not repeated."""
    with pytest.raises(InputError) as caught:
        desk.receive(arrival(desk, place=place), NOW)
    assert place not in str(caught.value)


def test_papers_are_examined_and_asked_for_again(desk):
    """A card that ended, a passport without an address, a domicile that can be read: none; two together do."""
    case = desk.receive(arrival(desk), NOW).case_id
    bad = (
        ([Shown("health-insurance-card")], "ended"),
        ([Shown("passport")], "address-missing"),
        ([Shown("drivers-licence", legible=frozenset({Masked.REGISTERED_DOMICILE}))], "not-masked"),
    )
    for papers, lack in bad:
        with pytest.raises(IdentityError, match=rf"{lack}.*`drivers-licence`.*registered-domicile"):
            desk.identify(case, papers, NOW, by="mori")
    assert not desk.request(case).is_identified
    desk.identify(case, [Shown("passport"), Shown("drivers-licence")], NOW, by="mori")
    request = desk.request(case)
    assert (request.document, request.received_at) == ("passport+drivers-licence", NOW)


def test_an_agent_shows_the_paper_of_his_kind(desk):
    """The desk is told to speak with him first; a mandate is no guardianship, and with it he goes on."""
    case = desk.receive(arrival(desk, filer=Filer.MANDATED_AGENT), NOW).case_id
    ruling = desk.ruling(case, NOW)
    assert (ruling.consult, ruling.authority) == (True, ("power-of-attorney",))
    with pytest.raises(InputError, match="power-of-attorney"):
        desk.identify(case, "drivers-licence", NOW, by="mori", authority="family-register")
    desk.identify(case, "drivers-licence", NOW, by="mori", authority="power-of-attorney")
    assert desk.request(case).authority == "power-of-attorney"


def test_what_is_held_for_a_company_is_answered_by_it(desk):
    """The ruling says whom to ask for the rest, and that our own part is ours."""
    ruling = desk.ruling(desk.receive(arrival(desk), NOW).case_id, NOW)
    assert ruling.own
    assert [other.key for other in ruling.ask] == ["company"]


def test_a_fee_and_a_ground_follow_the_law(desk):
    """Disclosure costs in Japan and not in Germany; a fact that is given as the reason is looked into first."""
    cases = {place: desk.receive(arrival(desk, Right.DISCLOSURE, place=place), NOW).case_id for place in ("JP", "DE")}
    fees = {place: desk.ruling(case, NOW).fee for place, case in cases.items()}
    assert fees == {"JP": Charge(1000, "JPY", prepaid=True, items=()), "DE": Nothing(("eu.gdpr.12-5",))}
    with pytest.raises(RefusedError, match="nothing may be charged"):
        desk.charge(cases["DE"], 1000, "JPY", NOW, by="mori")
    case = desk.receive(arrival(desk, ground=Ground.LIKELY_HARM), NOW).case_id
    assert desk.ruling(case, NOW).ground == Owed(("jp.appi.35-5",))
    desk.identify(case, "drivers-licence", NOW, by="mori")
    with pytest.raises(RefusedError, match="looked into"):
        desk.accept(case, NOW, by="mori")
    desk.investigate(case, Finding.FOUNDED, NOW, by="mori")
    desk.accept(case, NOW, by="mori")


def test_what_takes_the_place_of_erasure_and_what_was_asked_before_is_said(desk):
    """A law keeps c3's orders: the promise to erase comes first; the same again names the request that came first."""
    first = desk.receive(arrival(desk), NOW).case_id
    again = desk.receive(arrival(desk), NOW + timedelta(days=1)).case_id
    ruling = desk.ruling(again, NOW + timedelta(days=1))
    assert [other.measure.value for other in ruling.instead] == ["erase-when-period-ends", "suspend", "other"]
    assert ruling.instead[0].holds == ("tax-books",)
    assert (desk.ruling(first, NOW).same_as, ruling.same_as) == (None, first)


def test_facts_show_that_data_is_needed_no_more(desk):
    """Everything asked for is due: shown; one category that is not leaves it to a person (WEB-17)."""
    desk.record_event("user_id=c3", "account.closed", event_id="e1", occurred_at=NOW - timedelta(days=60), now=NOW)
    account = desk.receive(arrival(desk, Right.ITEM_DELETION, items=("account",)), NOW).case_id
    everything = desk.receive(arrival(desk), NOW).case_id
    assert [desk.ruling(case, NOW).shown for case in (account, everything)] == [(Ground.NO_LONGER_NEEDED,), ()]


def test_a_leak_that_reached_the_person_is_shown_where_the_text_counts_it(desk):
    """A ground for c3 and for nobody else; where the text counts no leak, a person finds (WEB-18)."""
    desk.record_event("user_id=c3", "breach.confirmed", event_id="b1", occurred_at=NOW, now=NOW)
    reached = desk.receive(arrival(desk, Right.SUSPENSION), NOW).case_id
    other = desk.receive(Arrival(desk.subject_of("user_id=c4"), "post", Right.SUSPENSION), NOW).case_id
    silent = desk.receive(arrival(desk, Right.STOP_PROVISION), NOW).case_id
    assert [Ground.ANY_LEAK in desk.ruling(case, NOW).shown for case in (reached, other, silent)] == [
        True,
        False,
        False,
    ]


def test_what_was_weighed_is_the_finding_and_its_worksheet_is_kept(desk):
    """Harm and nothing against it: granted; harm outweighed: not; who weighed is on record (WEB-19)."""
    for needs, granted in ((frozenset(), True), (frozenset({Need.LEGAL_CLAIMS}), False)):
        case = desk.receive(arrival(desk, ground=Ground.LIKELY_HARM), NOW).case_id
        desk.identify(case, "drivers-licence", NOW, by="mori")
        request = desk.weigh(case, Worksheet(harm_likely=True, needs=needs, by="mori"), NOW)
        assert request.finding is (Finding.FOUNDED if granted else Finding.UNFOUNDED)
        assert len(request.papers) == 1
        if granted:
            desk.accept(case, NOW, by="mori")
        else:
            with pytest.raises(RefusedError, match="does not bear it"):
                desk.accept(case, NOW, by="mori")


def test_a_reason_that_the_law_does_not_know_refuses_nothing(desk):
    """Hindrance refuses no erasure: the case stays open, and the desk is told so."""
    case = desk.receive(arrival(desk), NOW).case_id
    assert isinstance(desk.ruling(case, NOW).ground, NoGround)
    desk.identify(case, "drivers-licence", NOW, by="mori")
    with pytest.raises(RefusedError, match="may not be refused for `business-hindrance`"):
        desk.refuse(case, [Refusal.BUSINESS_HINDRANCE], NOW, by="mori")
    desk.refuse(case, [Refusal.NO_GROUND], NOW, by="mori")


def test_the_command_says_it_in_words_and_as_json(shop, cli):
    """`retention request rules`: a table for the desk, one document for programs, and nobody's key in either."""
    case = json.loads(cli("request", "open", "--subject", "user_id=c3", "--json", folder=shop.folder).out)["case_id"]
    said = cli("request", "rules", case, folder=shop.folder)
    assert said.code == 0, said.err
    assert "may be refused for" in said.out
    found = cli("request", "rules", case, "--json", folder=shop.folder)
    told = json.loads(found.out)
    assert (told["laws"], told["standing"]) == (["jp.appi"], "no-ground")
    assert "c3" not in said.out.replace(case, "")
    assert cli("request", "rules", "C-nix", folder=shop.folder).code == 2
