"""The company's customers, past and present: generated, seeded, realistic; nobody real."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from faker import Faker

CUSTOMERS = 520
CLOSED = 25
"""Accounts closed long ago; under 5 % of the customers, so that a sweep stays within the default limits."""
REOPENED = 6
"""Accounts closed long ago and opened again: their clocks stopped."""
OLDEST = timedelta(days=round(8.6 * 365.25))
"""The first customers: old enough that some payments are past the tax hold whatever the season, and not many."""

_PREFECTURES = {"東京都": 38, "大阪府": 20, "神奈川県": 15, "愛知県": 11, "福岡県": 9, "北海道": 7}
_DEVICES = {"tv": 55, "phone": 35, "browser": 10}
_MAIL_HOSTS = ("wakaba.mail.example", "sakura.mail.example", "hinode.mail.example")


@dataclass(frozen=True, slots=True)
class Customer:
    """One row of `customers`, its fields in the order of the table's columns."""

    id: str
    name: str
    name_kana: str
    email: str
    phone: str
    birth_date: date
    gender: str
    postal_code: str
    address: str
    created_at: datetime
    plan: str
    """`monthly` or `annual`."""


@dataclass(frozen=True, slots=True)
class Person:
    """A customer and what the generator has to know to let them live."""

    customer: Customer
    prefecture: str
    device_kind: str
    """The kind of device they mostly watch on."""
    closed_at: datetime | None = None
    reopened_at: datetime | None = None

    @property
    def is_gone(self) -> bool:
        """Whether the account was closed and stayed closed."""
        return self.closed_at is not None and self.reopened_at is None

    def last_seen(self, now: datetime) -> datetime:
        """Return until when the person used the service."""
        return self.closed_at if self.closed_at is not None and self.reopened_at is None else now


def make_people(now: datetime, *, seed: int, customers: int = CUSTOMERS) -> tuple[Person, ...]:
    """Return the customers; the first one is the story's protagonist, the next are those who left.

    The same `now`, seed and number give the same people.
    """
    rng = Random(f"{seed}:people")
    fake = Faker("ja_JP")
    fake.seed_instance(seed)
    ids = iter(rng.sample(range(1_000_000_000, 10_000_000_000), customers))
    return tuple(_person(fake, rng, now, number, f"u{next(ids)}") for number in range(customers))


def _person(fake: Faker, rng: Random, now: datetime, number: int, user_id: str) -> Person:
    closed_at, reopened_at = _closing(rng, now, number)
    prefecture = "東京都" if number == 0 else _weighted(rng, _PREFECTURES)
    gender = "female" if number == 0 else rng.choice(("female", "male"))
    last, last_kana, last_romaji = fake.last_name_pair()
    first, first_kana, first_romaji = (
        fake.first_name_female_pair() if gender == "female" else fake.first_name_male_pair()
    )
    customer = Customer(
        id=user_id,
        name=f"{last} {first}",
        name_kana=f"{last_kana} {first_kana}",
        email=f"{first_romaji}.{last_romaji}{number:03}@{rng.choice(_MAIL_HOSTS)}".lower(),
        phone=f"090-{rng.randrange(1000, 10000)}-{rng.randrange(1000, 10000)}",
        birth_date=date(1950, 1, 1) + timedelta(days=rng.randrange(56 * 365)),
        gender=gender,
        postal_code=f"{rng.randrange(100, 1000)}-{rng.randrange(10000):04}",
        address=f"{prefecture}{fake.city()}{fake.town()}{fake.chome()}{fake.ban()}{fake.gou()}",
        created_at=_created_at(rng, now, number, closed_at),
        plan=_plan(rng, number),
    )
    return Person(customer, prefecture, _weighted(rng, _DEVICES), closed_at, reopened_at)


def _closing(rng: Random, now: datetime, number: int) -> tuple[datetime | None, datetime | None]:
    """Those who left did so 14 to 26 months ago: account data was due after 30 days, viewing after 12 months."""
    if not 1 <= number <= CLOSED + REOPENED:
        return None, None
    closed_at = now - timedelta(days=rng.uniform(430, 790))
    return closed_at, None if number <= CLOSED else closed_at + timedelta(days=rng.uniform(5, 25))


def _created_at(rng: Random, now: datetime, number: int, closed_at: datetime | None) -> datetime:
    if number == 0:
        return now - timedelta(days=2 * 365 + 200, seconds=rng.randrange(86_400))
    if closed_at is None:
        return now - timedelta(days=20) - (OLDEST - timedelta(days=20)) * rng.random()
    # Every third of those who left had been there from the start: some payments are past the tax hold.
    earliest = now - OLDEST
    return earliest if number % 3 == 0 else earliest + (closed_at - timedelta(days=200) - earliest) * rng.random()


def _plan(rng: Random, number: int) -> str:
    if number == 0:
        return "monthly"
    if 1 <= number <= CLOSED:
        return "annual" if number % 12 else "monthly"
    return rng.choice(("monthly", "monthly", "annual"))


def _weighted(rng: Random, weights: dict[str, int]) -> str:
    return rng.choices(tuple(weights), tuple(weights.values()))[0]
