"""What the company holds beside its customers' own data: records against fraud, and work for clients.

One customer, the witness, has both. Who closes an account leaves the records against fraud behind
for as long as that purpose lasts; what was entrusted by a client is the client's to decide over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from demo.world.people import CLOSED, REOPENED, Person

_WITNESS = CLOSED + REOPENED + 1
"""The first customer who neither left nor came back."""
_WATCHED = 4
"""How many customers have records against fraud: the witness and the next ones."""
_CLIENTS = ("client-01", "client-02")
_ASKED = ("配送状況の確認", "会員証の再発行", "予約内容の変更")
_SIGNALS = ("login-from-many-places", "card-declined-repeatedly")


@dataclass(frozen=True, slots=True)
class FraudSignal:
    """One row of `fraud_signals`."""

    id: int
    user_id: str
    device_id: str
    signal: str
    noticed_at: datetime


@dataclass(frozen=True, slots=True)
class EntrustedContact:
    """One row of `entrusted_contacts`: a call that the centre took for a client."""

    id: int
    client_id: str
    user_id: str
    subject: str
    body: str
    contacted_at: datetime


def witness_of(people: Sequence[Person]) -> Person:
    """Return the customer of whom something falls due, something is held, needed and entrusted."""
    return people[min(_WITNESS, len(people) - 1)]


def make_fraud_signals(people: Sequence[Person], now: datetime, *, seed: int) -> tuple[FraudSignal, ...]:
    """Return a few records against fraud; none is about the protagonist."""
    rng = Random(f"{seed}:fraud")
    watched = people[_WITNESS : _WITNESS + _WATCHED]
    return tuple(
        FraudSignal(
            id=number,
            user_id=person.customer.id,
            device_id=f"d{rng.randrange(16**12):012x}",
            signal=rng.choice(_SIGNALS),
            noticed_at=now - timedelta(days=rng.uniform(40, 200)),
        )
        for number, person in enumerate(watched, start=1)
    )


def make_entrusted(people: Sequence[Person], now: datetime, *, seed: int) -> tuple[EntrustedContact, ...]:
    """Return calls that were taken for clients; two of them are the witness's."""
    rng = Random(f"{seed}:entrusted")
    callers = [*people[_WITNESS : _WITNESS + 1], *people[_WITNESS : _WITNESS + _WATCHED]]
    contacts = []
    for number, person in enumerate(callers, start=1):
        asked = rng.choice(_ASKED)
        contacted_at = now - timedelta(days=rng.uniform(10, 300))
        client = _CLIENTS[number % len(_CLIENTS)]
        contacts.append(
            EntrustedContact(number, client, person.customer.id, asked, f"{asked}をお願いします。", contacted_at)
        )
    return tuple(contacts)
