"""A company under three regimes: what its policy commits it to, shown on its pack."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from retention.errors import PolicyError, RefusedError
from retention.evidence import plain
from retention.evidence.blocks import Paragraph
from retention.evidence.letter import write
from retention.evidence.letter_forms import shipped_forms
from retention.model.datamap import Identifies
from retention.model.disclosure import DiscloseRows
from retention.model.ids import CaseId
from retention.model.letter import LetterKind
from retention.model.period import Period
from retention.model.request import Request
from retention.model.request_moves import Extended, Lengthening, Move, Received, Warned, Withdrawn
from retention.model.terms import Filer, Refusal, Right
from retention.model.transform import Drop
from retention.packs import read_pack
from retention.policy import changes, in_force, read_chain, read_policy
from retention.requests import Bounds, advance, fold
from retention.requests.clocks import start_clocks, warnings_due
from retention.requests.letters import letters_due
from retention.requests.workdays import weekdays

TOKYO = ZoneInfo("Asia/Tokyo")

CUSTOMER = {"id": "c1", "name": "One", "email": "one@x.example"}
OTHER = {"id": "c2", "name": "Two", "email": "two@x.example"}
VERSION = "version: {id: undated, announced: 2022-04-01, effective: 2022-04-01, reductions: announcement}"


def test_numbers_of_the_state_and_of_the_body_identify_and_cookies_are_found(company):
    """Codes are dropped whole whatever is asked; rows that know only a cookie go with their customer (TRI-05)."""
    online = [{"id": n, "customer_id": f"c{n}", "cookie_identifier": f"k{n}", "ip_address": "i"} for n in (1, 2)]
    tri = company("three-regime", {"crm.customers": [CUSTOMER, OTHER], "crm.online_identifiers": online})
    fields = {name: field for d in tri.datamap.datasets.values() for name, field in d.fields.items()}
    for code in ("basic_pension_number", "insurance_card_number", "fingerprints", "voice_prints"):
        assert (fields[code].identifies, fields[code].anonymize) == (Identifies.DIRECTLY, Drop())
    tri.request("customer_id=c1")
    assert [row["cookie_identifier"] for row in tri.left("crm.online_identifiers")] == ["k2"]


def test_a_change_is_announced_and_takes_effect_on_its_day():
    """Before its day the old version answers; effective before announced is refused; the diff is there (TRI-07)."""
    first = read_pack("three-regime")["policy.yaml"]
    when = "version: {id: '2', announced: 2026-10-01, effective: 2026-12-01, reductions: announcement, before: 1.yaml}"
    second = first.replace(VERSION, when).replace("{for: P13M, since: last_seen}", "{for: P6M, since: last_seen}")
    chain = read_chain(second, "2.yaml", {"1.yaml": first}.__getitem__)
    before, after = (in_force(chain, day).policy for day in (date(2026, 11, 30), date(2026, 12, 1)))
    assert (before, after) == (chain[0].policy, chain[1].policy)
    assert [change.code for change in changes(before, after, date(2026, 12, 1))] == ["SHORTER"]
    with pytest.raises(PolicyError, match="announcement"):
        read_policy(second.replace("effective: 2026-12-01", "effective: 2026-09-30"), "2.yaml")
    with pytest.raises(PolicyError, match="announced"):
        read_policy(second.replace("announced: 2026-10-01, ", ""), "2.yaml")


def test_an_address_in_doubt_goes_unless_somebody_verifies_it_within_a_month(company):
    """The doubt runs a month; verified, and the address stays; the account stays in either case (TRI-15)."""
    addresses = [{"id": n, "customer_id": f"c{n}", "mail_address": "m"} for n in (1, 2)]
    tri = company("three-regime", {"crm.customers": [CUSTOMER, OTHER], "crm.contact_addresses": addresses})
    for n in (1, 2):
        tri.happened("contact.unverified", f"customer_id=c{n}", 20)
    assert tri.sweep() is None
    tri.happened("contact.verified", "customer_id=c2", 5)
    tri.sweep(days=12)
    assert [row["customer_id"] for row in tri.left("crm.contact_addresses")] == ["c2"]
    assert tri.left("crm.customers") == [CUSTOMER, OTHER]


def test_connection_data_goes_a_month_after_the_session(company):
    """Address, port and screen go, and with them the row; who has a new session keeps it (TRI-11)."""
    rows = [
        {"id": n, "customer_id": f"c{n}", "global_ip_address": "i", "port_number": "1", "screen_resolution": "s"}
        for n in (1, 2)
    ]
    tri = company("three-regime", {"crm.customers": [CUSTOMER, OTHER], "lake.connections": rows})
    for n in (1, 2):
        tri.happened("session.ended", f"customer_id=c{n}", 40)
    tri.happened("session.started", "customer_id=c2", 5)
    tri.sweep()
    assert [row["customer_id"] for row in tri.left("lake.connections")] == ["c2"]
    assert tri.left("crm.customers") == [CUSTOMER, OTHER]


def test_a_provision_record_outlives_the_person_and_ends_by_itself(company, ago):
    """Three fields stay for one purpose, the law's, until three years are over; nobody asks again (TRI-21)."""
    record = {"id": 1, "customer_id": "c1", "person": "One", "recipient": "R", "items": "name", "recorded": ago(1000)}
    record["recorded_at"] = record.pop("recorded")
    tri = company("three-regime", {"crm.customers": [CUSTOMER], "crm.provision_records": [record]})
    plan = tri.request("customer_id=c1")
    assert tri.left("crm.customers") == []
    (kept,) = tri.left("crm.provision_records")
    assert {"person", "recipient", "items"} <= kept.keys()
    assert {(held.dataset, held.statute) for held in plan.withheld} == {
        ("crm.provision_records", "jp.appi.enf-rule-21-3")
    }
    assert tri.policy.categories["provision_records"].purposes == ("provision_duties",)
    assert tri.sweep(days=90) is None
    tri.sweep(days=100)
    assert tri.left("crm.provision_records") == []


def test_a_restriction_pauses_disposal_until_the_person_was_told(company):
    """What falls due meanwhile stays; lifted without a word it still stays; told before, it goes."""
    tri = company("three-regime", {"crm.customers": [CUSTOMER, OTHER]})
    for who in ("c1", "c2"):
        tri.happened("account.closed", f"customer_id={who}", 50)
        tri.happened("restriction.placed", f"customer_id={who}", 60)
    assert tri.sweep() is None
    tri.happened("restriction.lifted", "customer_id=c1", 10)
    tri.happened("notice.delivered", "customer_id=c2", 12, about="restriction-lift")
    tri.happened("restriction.lifted", "customer_id=c2", 10)
    tri.sweep()
    assert tri.left("crm.customers") == [CUSTOMER]


def asked(regime: str, received: datetime) -> Request:
    """Return a request under one law, just received."""
    clocks = start_clocks(received, TOKYO, [regime], Period(days=100), may_charge=False)
    what = Received(Right.ERASURE, regime, received, "Asia/Tokyo", "post", "en", Filer.PERSON, "post", clocks)
    return fold(CaseId("C-20260131-aaaa"), [Move(received, None, what)])


BOUNDS = Bounds(frozenset(Refusal), may_charge=False, identity_first=True, finding_first=False)


def test_a_month_of_the_gdpr_rolls_over_the_weekend_and_is_put_off_within_it_only():
    """Received 31 January 2026: due Monday 2 March; put off on that day, and not on the day after (TRI-02)."""
    request = asked("eu.gdpr", datetime(2026, 1, 31, 9, 0, tzinfo=TOKYO))
    assert request.due_on == date(2026, 3, 2)
    later = Extended("eu.gdpr", date(2026, 4, 30), Lengthening.COMPLEXITY, "digest")
    in_time = Move(datetime(2026, 3, 2, 18, 0, tzinfo=TOKYO), "h:a", later)
    assert advance(request, in_time, BOUNDS).due_on == date(2026, 4, 30)
    with pytest.raises(RefusedError):
        advance(request, replace(in_time, at=datetime(2026, 3, 3, 9, 0, tzinfo=TOKYO)), BOUNDS)
    told = letters_due(request, [Move(request.received_at, None, Withdrawn()), in_time], ())
    assert [due.kind for due in told] == [LetterKind.WITHDRAWN, LetterKind.EXTENSION]


def test_californians_are_confirmed_in_ten_working_days_answered_in_45_and_told_of_the_record():
    """The eleventh working day without a confirmation is a warning; the answer says what the law asks (TRI-03)."""
    request = asked("us.ccpa", datetime(2026, 11, 2, 9, 0, tzinfo=TOKYO))
    (clock, _) = request.clocks
    assert (clock.acknowledge_by, clock.due_on, clock.longest_on) == (
        date(2026, 11, 17),  # Veterans Day is not worked
        date(2026, 12, 17),
        date(2027, 1, 31),
    )
    at = [datetime(2026, 11, day, 9, 0, tzinfo=TOKYO) for day in (17, 18)]
    told = [{warning.warned for warning in warnings_due(request, when, weekdays)} for when in at]
    assert told == [{Warned.ACKNOWLEDGE_SOON}, {Warned.ACKNOWLEDGE_LATE}]
    values = dict.fromkeys(("name", "date", "case", "controller", "address", "responsible", "contact", "received"), "x")
    for law, says in (("us.ccpa", True), ("eu.gdpr", False)):
        letter = write(
            LetterKind.COMPLETION, shipped_forms("en"), {**values, "regimes": (law,), "in_part": False},
            certificate=(Paragraph("done"),),
        )  # fmt: skip
        assert ("we keep a record of" in plain.render(letter.document)) is says


def test_an_answer_is_portable_and_holds_what_was_provided_and_observed(company):
    """Identity and history go out, profiles made of them do not; the law's own records are no contract (TRI-22)."""
    history = [{"id": 1, "customer_id": "c1", "cookie_identifier": "k1", "browsing_history": "h", "logs": "l"}]
    profiles = [{"id": 1, "customer_id": "c1", "browsing_history": "h", "segment": "s"}]
    records = [{"id": 1, "customer_id": "c1", "person": "One", "recipient": "R", "items": "name"}]
    tables = {"crm.customers": [CUSTOMER, OTHER], "lake.cookie_history": history}
    tri = company("three-regime", tables | {"lake.profiles": profiles, "crm.provision_records": records})
    plan = tri.shown("customer_id=c1", Right.PORTABILITY)
    shown = {step.dataset for step in plan.steps if isinstance(step, DiscloseRows)}
    assert shown == {"crm.customers", "lake.cookie_history"}
    assert {(left.dataset, left.why) for left in plan.undisclosed} == {
        ("lake.profiles", "not-provided"),
        ("crm.provision_records", "other-basis"),
    }
    records_only = tri.shown("customer_id=c1", Right.PROVISION_RECORD_DISCLOSURE)
    read = [step.dataset for step in records_only.steps if isinstance(step, DiscloseRows)]
    assert read == ["crm.provision_records"]
