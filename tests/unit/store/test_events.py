from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby

import pytest

from retention.model.event import Event
from retention.ports.ledger import Ledger
from retention.store import events as events_module

AT = datetime(2026, 4, 1, tzinfo=UTC)


def event(number: int, kind: str = "account.closed", corrects: int | None = None, subject: str = "aa") -> Event:
    fixed = None if corrects is None else f"e{corrects}"
    return Event(f"e{number}", kind, "user_id", subject, AT + timedelta(hours=number), AT, fixed)


def test_events_are_kept_once_whatever_the_delivery(ledger: Ledger) -> None:
    """The same event id counts once, in one delivery or in several; the first stays."""
    assert ledger.events.record([event(1), event(1, "changed"), event(2)]) == 2
    assert ledger.events.record([event(2, "changed"), event(3)]) == 1
    assert list(ledger.events.of_kinds(["account.closed"])) == [event(1), event(2), event(3)]


def test_corrections_follow_their_event_transitively_whatever_their_kind(ledger: Ledger) -> None:
    """Corrections of corrections come too, recorded before or after; other events do not."""
    known = [
        event(1),
        event(2, "withdrawn", corrects=1),
        event(3, "account.reopened", corrects=2),
        event(4, "consent.withdrawn"),
        event(5, "withdrawn", corrects=4),
    ]
    ledger.events.record(reversed(known))
    assert [e.event_id for e in ledger.events.of_kinds(["account.closed"])] == ["e1", "e2", "e3"]
    assert len(list(ledger.events.of_kinds(["account.closed", "consent.withdrawn"]))) == 5
    assert list(ledger.events.of_kinds([])) == []


def test_a_correction_of_an_event_of_another_kind_is_found_by_its_own_kind(ledger: Ledger) -> None:
    """An event of the kind counts even if it corrects one of another kind."""
    ledger.events.record([event(1, "consent.withdrawn"), event(2, corrects=1)])
    assert [e.event_id for e in ledger.events.of_kinds(["account.closed"])] == ["e2"]


def test_corrections_in_a_circle_come_to_an_end(ledger: Ledger) -> None:
    """Events that correct each other are yielded once each."""
    ledger.events.record([event(1, corrects=2), event(2, "withdrawn", corrects=1)])
    assert [e.event_id for e in ledger.events.of_kinds(["account.closed"])] == ["e1", "e2"]


def test_the_key_name_chooses_events_but_not_their_corrections(ledger: Ledger) -> None:
    """Only events of that key name start; a correction is yielded however it names the person."""
    other = replace(event(2, corrects=1), key_name="email", kind="withdrawn")
    ledger.events.record([event(1), other, replace(event(3), key_name="email")])
    assert {e.event_id for e in ledger.events.of_kinds(["account.closed"], "user_id")} == {"e1", "e2"}


def test_a_subjects_events_stand_together_across_batches(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """With many subjects in mixed order and small batches, each subject is one unbroken group, in time's order."""
    monkeypatch.setattr(events_module, "BATCH", 7)
    many = [event(number, subject=f"{number % 5}") for number in range(60)]
    random.Random(1).shuffle(many)  # noqa: S311 -- a fixed order, no secret
    assert ledger.events.record(iter(many)) == 60
    groups = [(who, list(group)) for who, group in groupby(ledger.events.of_kinds(["account.closed"]), _subject)]
    assert len(groups) == 5
    for _, group in groups:
        assert len(group) == 12
        assert group == sorted(group, key=lambda e: e.occurred_at)


def test_a_failing_delivery_leaves_nothing(ledger: Ledger) -> None:
    """If the source breaks in the middle, no event of the delivery is kept."""

    def source() -> object:
        yield event(1)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        ledger.events.record(source())  # type: ignore[arg-type] # a generator that breaks
    assert list(ledger.events.of_kinds(["account.closed"])) == []


def test_writing_while_reading_works(ledger: Ledger) -> None:
    """The ledger takes writes while events are being streamed."""
    ledger.events.record([event(1), event(2)])
    for found in ledger.events.of_kinds(["account.closed"]):
        ledger.events.record([event(10 + int(found.event_id[1:]), "seen")])
    assert len(list(ledger.events.of_kinds(["seen"]))) == 2


def _subject(found: Event) -> str:
    return found.subject_digest
