"""Events at the door: what nobody could fold later is refused at once, and nothing of the rest is taken."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from retention.app.inbox import import_events, record_event
from retention.clocks import EVENT_KINDS
from retention.errors import InputError
from retention.grammar import ABOUT
from retention.model.subject import SubjectKey

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


class Door:
    """A workspace whose policy knows the purpose `mail`, and a ledger that keeps what it is given."""

    def __init__(self) -> None:
        """Open it."""
        self.kept: list[Any] = []
        self.ledger = SimpleNamespace(events=self, copies=self, sightings=SimpleNamespace(note=list))
        self.policy = SimpleNamespace(purposes={"mail": None}, holds=())
        self.datamap = SimpleNamespace(
            datasets={"app.customers": SimpleNamespace(subject={"user_id": "id"}, tenant=None)}
        )

    def record(self, events: Any) -> int:
        """Keep them."""
        self.kept.extend(events)
        return len(self.kept)

    @staticmethod
    def suppressed(*_: Any) -> list[Any]:
        """Nobody was erased."""
        return []

    @staticmethod
    def suppression_digest(subject: SubjectKey) -> str:
        """The suppression digest."""
        return subject.digest(b"s" * 32)

    @staticmethod
    def lookup_digest(subject: SubjectKey) -> str:
        """The look-up digest."""
        return subject.digest(b"l" * 32)


@pytest.fixture
def door() -> Any:
    """Return an open door."""
    return Door()


def record(door: Any, kind: str, about: str | None = None, at: datetime = NOW) -> Any:
    """Record one event and return it."""
    record_event(door, SubjectKey("user_id", "c1"), kind, event_id="e1", occurred_at=at, now=NOW, about=about)
    return door.kept[-1]


@pytest.mark.parametrize("kind", sorted(EVENT_KINDS))
def test_every_kind_of_the_catalogue_is_taken(door, kind):
    """With nobody's key in the clear."""
    event = record(door, kind)
    assert (event.kind, event.about) == (kind, None)
    assert event.subject_digest == SubjectKey("user_id", "c1").digest(b"l" * 32)


@pytest.mark.parametrize(
    ("kind", "about"),
    [
        ("consent.withdrawn", "mail"),
        ("objection", "mail"),
        ("preference.set", "P30D"),
        ("preference.set", "P0D"),
        ("policy.agreed", "2026-11"),
        ("notice.delivered", "restriction-lift"),
    ],
)
def test_what_an_event_is_about_is_kept(door, kind, about):
    """A purpose of the policy, a period, a version, a notice."""
    assert record(door, kind, about).about == about


@pytest.mark.parametrize(
    ("kind", "about"),
    [
        ("consent.withdrawn", "male"),
        ("consent.given", "restriction-lift"),
        ("preference.set", "30 days"),
        ("preference.set", "mail"),
        ("policy.agreed", "version two"),
        ("notice.delivered", ""),
        *((kind, "mail") for kind in sorted(EVENT_KINDS - set(ABOUT))),
    ],
)
def test_what_the_policy_does_not_know_is_refused(door, kind, about):
    """A mistyped purpose would end none, and nobody would notice."""
    with pytest.raises(InputError, match="about"):
        record(door, kind, about)
    assert door.kept == []


@pytest.mark.parametrize("kind", ["acount.closed", "withdrawn", "fiscal_year.closed", "purposes.ended", ""])
def test_a_kind_that_is_none_is_refused(door, kind):
    """What the calendar says is not recorded, and a withdrawal needs something to withdraw."""
    with pytest.raises(InputError, match="kind"):
        record(door, kind)


def test_an_instant_needs_a_zone(door):
    """Nobody can say on which day it was."""
    with pytest.raises(InputError, match="zone"):
        record(door, "account.closed", at=datetime(2026, 11, 25))  # noqa: DTZ001 -- the mistake itself


def line(**changes: Any) -> str:
    """Return a line of a file of events."""
    row = {"id": "e1", "kind": "account.closed", "subject": "user_id=c1", "at": "2026-11-01T00:00:00+09:00", **changes}
    return json.dumps(row)


def test_a_correction_may_withdraw_but_not_be_mistyped(door):
    """A correction of an unknown kind would undo its target without saying so."""
    assert import_events(door, [line(id="c1", kind="withdrawn", corrects="e1")], "events.jsonl", NOW).new == 1
    with pytest.raises(InputError, match="kind"):
        import_events(door, [line(id="c2", kind="acount.closed", corrects="e1")], "events.jsonl", NOW)
    assert [event.event_id for event in door.kept] == ["c1"]


def test_one_wrong_line_and_nothing_is_taken(door):
    """Every wrong line is named, each with its number; no value of it is repeated."""
    lines = [line(), line(subject="name=Hanako"), "{", line(at="yesterday"), line(about="mail")]
    with pytest.raises(InputError) as raised:
        import_events(door, lines, "events.jsonl", NOW)
    assert [problem.where.split()[0] for problem in raised.value.problems] == [
        f"events.jsonl:{n}" for n in (2, 3, 4, 5)
    ]
    assert "Hanako" not in str(raised.value)
    assert door.kept == []
