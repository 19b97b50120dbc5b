"""The ledger's events, in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from retention.clocks import uncorrected
from retention.model.event import Event
from retention.model.subject import SubjectKey


def digest(key: SubjectKey) -> str:
    """The look-up digest, under a key that is always the same."""
    return key.digest(b"l" * 32)


class Inbox:
    """Answers as the ledger's inbox does."""

    digest = staticmethod(digest)

    def __init__(self, events: Iterable[Event] = ()) -> None:
        """Know these events, and those that are added to `events` later."""
        self.events = list(events)

    def perhaps_due_of(self, rules: Iterable[Any], *_: Any) -> list[Any]:
        """Return every key for every rule: the widest answer that the ledger may give."""
        keys = {(event.key_name, event.subject_digest) for event in self.events}
        return [(rule, keys) for rule in rules]

    def of_kinds(self, kinds: Collection[str], key_name: str | None = None) -> list[Event]:
        """Return the events of these kinds, person by person."""
        found = [event for event in self.events if event.kind in kinds and key_name in (None, event.key_name)]
        return sorted(found, key=lambda event: (event.key_name, event.subject_digest))

    def of_keys(self, keys: Iterable[tuple[str, str]], kinds: Collection[str]) -> list[Event]:
        """Return the events that stand, about these keys."""
        asked = set(keys)
        return [e for e in uncorrected(self.events) if (e.key_name, e.subject_digest) in asked and e.kind in kinds]
