"""The inbox in the ledger: once each, ciphertext only, and gone when nobody needs it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select

from retention.errors import TerminalFailure
from retention.model.event import Event
from retention.model.ids import CaseId
from retention.model.parcel import Parcel, ParcelState, Settled, Taken, Unfit
from retention.ports.ledger import Ledger
from retention.store import FileKeyStore, open_ledger
from retention.store.outside_tables import PARCELS

NOW = datetime(2026, 11, 26, tzinfo=UTC)
SAID = b"user_id=hanako"


def parcel(number: str, content: str = "same", body: bytes = SAID) -> Parcel:
    """Return a parcel that is new."""
    return Parcel(number, f"{content}-{number}", "crm", NOW, body)


def event(number: str) -> Event:
    """Return an event of somebody."""
    return Event(number, "account.closed", "user_id", "d" * 64, NOW, NOW)


def test_a_parcel_is_kept_once_and_a_contradiction_beside_it(ledger: Ledger) -> None:
    """In one batch or two; what contradicts is dead, under a number of its own, and is no contradiction twice."""
    inbox = ledger.inbox
    assert inbox.take([parcel("a"), parcel("b"), parcel("a")]) == Taken(2, 1)
    other = parcel("a", "other", b"something else")
    assert inbox.take([other, parcel("b"), parcel("c")]) == Taken(1, 1, 1)
    assert inbox.take([other]) == Taken(0, 1)
    assert [each.parcel_id for each in inbox.of_state(ParcelState.WAITING, 9)] == ["a", "b", "c"]
    (dead,) = inbox.of_state(ParcelState.DEAD, 9)
    assert (dead.parcel_id, dead.reason, dead.body) == (other.content, Unfit.CONFLICT, b"something else")
    assert inbox.revive([dead.parcel_id]) == 0
    assert inbox.drop([dead.parcel_id, "a"], NOW) == 1
    assert inbox.counts() == {ParcelState.WAITING: 3, ParcelState.DROPPED: 1}


def test_what_becomes_of_a_parcel_and_its_event_are_one(ledger: Ledger, url: str) -> None:
    """All of a batch or nothing; then the ciphertext is gone, save where somebody still needs it."""
    inbox = ledger.inbox
    inbox.take([parcel(name) for name in "abcd"])
    whole = [
        Settled("a", ParcelState.FOLDED, event("e-a")),
        Settled("b", ParcelState.OPENING, event("e-b"), case_id=CaseId("C-1")),
        Settled("c", ParcelState.DEAD, reason=Unfit.NOT_JSON),
        Settled("d", ParcelState.KEPT_OUT),
    ]
    with pytest.raises(ValueError, match="zone"):
        inbox.settle(
            [*whole, Settled("a", ParcelState.FOLDED, replace(event("x"), occurred_at=NOW.replace(tzinfo=None)))], NOW
        )
    assert inbox.counts() == {ParcelState.WAITING: 4}
    assert list(ledger.events.of_kinds(["account.closed"])) == []
    assert (inbox.settle(whole, NOW), inbox.settle(whole, NOW)) == (4, 0)
    assert [found.event_id for found in ledger.events.of_kinds(["account.closed"])] == ["e-a", "e-b"]
    assert {row.parcel_id: row.sealed is None for row in rows(url)} == {"a": True, "b": False, "c": False, "d": True}
    assert not any(SAID in (row.sealed or b"") for row in rows(url))
    (opening,) = inbox.of_state(ParcelState.OPENING, 9)
    assert (opening.body, opening.case_id) == (SAID, "C-1")
    inbox.opened("b", CaseId("C-1"), NOW)
    inbox.opened("a", CaseId("C-2"), NOW)
    assert [(each.parcel_id, each.case_id, each.body) for each in inbox.started()] == [("b", "C-1", None)]
    assert inbox.revive(["a", "b", "c", "d"]) == 1


def test_a_parcel_under_another_key_does_not_open(ledger: Ledger, url: str, tmp_path: Path) -> None:
    """It says so, and what to do."""
    ledger.inbox.take([parcel("a")])
    other = open_ledger(url, FileKeyStore(tmp_path / "others"))
    with pytest.raises(TerminalFailure, match="bring the right key store back"):
        other.inbox.of_state(ParcelState.WAITING, 1)
    other.close()


def rows(url: str) -> list[object]:
    """Return the table's rows as they lie there."""
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        found = list(connection.execute(select(PARCELS)).all())
    engine.dispose()
    return found
