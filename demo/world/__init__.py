"""A video-streaming company's world: pure, seeded, relative to `now`. Start with `make_world`.

people       customers, those who left, the protagonist
account      payments, inquiries, replies, reviews
beside       records against fraud, calls taken for clients
traces       viewing history and web requests
happenings   the events that start and stop clocks
database     the PostgreSQL schema and how it is filled
lake         the files of the lake
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from demo.world.account import Inquiry, InquiryReply, Payment, Review, make_inquiries, make_payments, make_reviews
from demo.world.beside import EntrustedContact, FraudSignal, make_entrusted, make_fraud_signals, witness_of
from demo.world.database import SCHEMA, TABLES, create_schema, fill
from demo.world.happenings import Happening, as_json_lines, make_happenings
from demo.world.lake import lake_files
from demo.world.people import CUSTOMERS, Customer, Person, make_people
from demo.world.traces import HttpRequest, View, make_http, make_viewing

SEED = 20261123


@dataclass(frozen=True, slots=True)
class World:
    """Everything the company knows about its customers."""

    people: tuple[Person, ...]
    payments: tuple[Payment, ...]
    inquiries: tuple[Inquiry, ...]
    inquiry_replies: tuple[InquiryReply, ...]
    reviews: tuple[Review, ...]
    fraud_signals: tuple[FraudSignal, ...]
    entrusted: tuple[EntrustedContact, ...]
    viewing: tuple[View, ...]
    http: tuple[HttpRequest, ...]
    happenings: tuple[Happening, ...]

    @property
    def protagonist(self) -> Customer:
        """The customer who asks to be forgotten."""
        return self.people[0].customer

    @property
    def witness(self) -> Customer:
        """A customer with something of every kind: records against fraud, calls that a client entrusted."""
        return witness_of(self.people).customer

    @property
    def customers(self) -> tuple[Customer, ...]:
        """The rows of `customers`."""
        return tuple(person.customer for person in self.people)


def make_world(now: datetime, *, seed: int = SEED, customers: int = CUSTOMERS) -> World:
    """Return the world as it is at `now` (aware); the same arguments give the same world."""
    people = make_people(now, seed=seed, customers=customers)
    inquiries, replies = make_inquiries(people, now, seed=seed)
    return World(
        people=people,
        payments=make_payments(people, now, seed=seed),
        inquiries=inquiries,
        inquiry_replies=replies,
        reviews=make_reviews(people, now, seed=seed),
        fraud_signals=make_fraud_signals(people, now, seed=seed),
        entrusted=make_entrusted(people, now, seed=seed),
        viewing=make_viewing(people, now, seed=seed),
        http=make_http(people, now, seed=seed),
        happenings=make_happenings(people, seed=seed),
    )


__all__ = [
    "SCHEMA",
    "SEED",
    "TABLES",
    "Customer",
    "EntrustedContact",
    "FraudSignal",
    "Happening",
    "HttpRequest",
    "Inquiry",
    "InquiryReply",
    "Payment",
    "Person",
    "Review",
    "View",
    "World",
    "as_json_lines",
    "create_schema",
    "fill",
    "lake_files",
    "make_world",
]
