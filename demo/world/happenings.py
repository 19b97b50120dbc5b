"""What happened to accounts, as the company's systems tell it: late and out of order, like real ones."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from demo.world.people import Person


@dataclass(frozen=True, slots=True)
class Happening:
    """One event about one customer, named by user id."""

    event_id: str
    kind: str
    user_id: str
    occurred_at: datetime


def make_happenings(people: Sequence[Person], *, seed: int) -> tuple[Happening, ...]:
    """Return closings and re-openings in no order, one of them delivered twice."""
    events = [event for person in people for event in _of(person)]
    if events:
        events.append(events[0])
    Random(f"{seed}:happenings").shuffle(events)
    return tuple(events)


def _of(person: Person) -> Iterator[Happening]:
    user_id = person.customer.id
    if person.closed_at is not None:
        yield Happening(f"crm-{user_id}-closed", "account.closed", user_id, person.closed_at)
    if person.reopened_at is not None:
        yield Happening(f"crm-{user_id}-reopened", "account.reopened", user_id, person.reopened_at)


def as_json_lines(happenings: Iterable[Happening]) -> str:
    """Return the events one a line, as `retention event import` reads them."""
    return "".join(
        json.dumps(
            {
                "id": event.event_id,
                "kind": event.kind,
                "subject": f"user_id={event.user_id}",
                "at": event.occurred_at.isoformat(),
            }
        )
        + "\n"
        for event in happenings
    )
