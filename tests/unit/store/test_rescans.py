"""Rounds of re-scans, sightings and readmissions, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from retention.model.copies import Suppression
from retention.model.ids import CaseId, DatasetId
from retention.model.rescan import Offered, Round, Seen, Sighting
from retention.ports.ledger import Ledger

AT = datetime(2026, 11, 23, 3, tzinfo=UTC)
DAY = timedelta(days=1)
CASE, RETURN = CaseId("C-20261123-aaaaaa"), CaseId("C-20261130-bbbbbb")
WEEK, MONTH = Round(CASE, "P7D", AT + 7 * DAY), Round(CASE, "P30D", AT + 30 * DAY)
HERS = Suppression("user_id", "d" * 64, "request", CASE, AT, AT + 10 * DAY)


def test_a_round_is_due_until_somebody_has_looked(ledger: Ledger) -> None:
    """Earliest first; scheduled again it stays what it is; what was claimed and not looked at is still due."""
    ledger.rescans.schedule([MONTH, WEEK])
    assert ledger.rescans.due(AT + 6 * DAY) == ()
    ledger.rescans.write(replace(WEEK, return_case=RETURN))
    assert ledger.rescans.due(AT + 7 * DAY) == (replace(WEEK, return_case=RETURN),)
    looked = replace(WEEK, seen=Seen.RETURNED, looked_at=AT + 8 * DAY, return_case=RETURN)
    ledger.rescans.write(looked)
    ledger.rescans.schedule([WEEK, MONTH])
    assert ledger.rescans.due(AT + 31 * DAY) == (MONTH,)
    assert ledger.rescans.of_case(CASE) == (looked, MONTH)
    assert ledger.rescans.settled_by(RETURN) == (looked,)


def test_sightings_are_counted_and_go_with_their_suppression(ledger: Ledger) -> None:
    """Same person, sender and kind are one line with its count; with the last suppression the line goes."""
    ledger.copies.suppress([HERS])
    told = Sighting("user_id", "d" * 64, "crm", "row", DatasetId("app.customers"), AT + DAY)
    event = replace(told, what="session.ended", dataset=None, reference="e1")
    ledger.sightings.note([told, event])
    ledger.sightings.note([replace(told, at=AT + 2 * DAY), replace(told, digest="f" * 64)])
    assert ledger.sightings.of_keys([("user_id", "d" * 64), ("email", "f" * 64)]) == (
        Offered(replace(told, at=AT + 2 * DAY), 2, AT + DAY),
        Offered(event, 1, AT + DAY),
    )
    assert ledger.sightings.forget() == 1
    ledger.copies.expire_suppressions(AT + 10 * DAY)
    assert ledger.sightings.forget() == 2


def test_nobody_is_forgotten_while_a_round_waits_or_something_is_back(ledger: Ledger) -> None:
    """A suppression that has expired stays for the rounds of its case; clean or erased, it goes."""
    ledger.copies.suppress([HERS])
    ledger.rescans.schedule([WEEK])
    assert ledger.copies.expire_suppressions(AT + 99 * DAY) == 0
    ledger.rescans.write(replace(WEEK, seen=Seen.RETURNED, looked_at=AT, return_case=RETURN))
    assert ledger.copies.expire_suppressions(AT + 99 * DAY) == 0
    assert list(ledger.copies.suppressions_of([CASE])) == [HERS]
    ledger.rescans.write(replace(WEEK, seen=Seen.ERASED, looked_at=AT, return_case=RETURN))
    assert ledger.copies.expire_suppressions(AT + 99 * DAY) == 1


def test_suppressions_are_kept_longer_and_lifted(ledger: Ledger) -> None:
    """Never shorter, and never those that nobody can date; lifted ones keep nobody out, and say since when."""
    undated, later = (
        replace(HERS, scope="account", expires_at=None),
        replace(HERS, case_id=RETURN, recorded_at=AT + DAY),
    )
    ledger.copies.suppress([HERS, undated, later])
    ledger.copies.prolong_suppressions(CASE, AT + 20 * DAY)
    ledger.copies.prolong_suppressions(CASE, AT + 5 * DAY)
    kept = replace(HERS, expires_at=AT + 20 * DAY)
    assert set(ledger.copies.suppressions_of([CASE])) == {kept, undated}
    key = ("user_id", "d" * 64)
    assert ledger.copies.lift_suppressions([key, ("email", "d" * 64)], AT + DAY / 2) == 2
    lifted = [entry.lifted_at for entry in ledger.copies.suppressions(AT + DAY)]
    assert sorted(map(str, lifted)) == sorted(map(str, (AT + DAY / 2, AT + DAY / 2, None)))
    assert list(ledger.copies.suppressed([key], AT + DAY)) == [later]
    assert list(ledger.copies.suppressions_of([CASE])) == []
