"""Which customers write to the company, chosen by what they hold; and what its application finds of one of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import psycopg

from demo.postgres import dsn
from demo.systems import Systems
from demo.world import SEED, Customer, World
from demo.world.people import make_people

_FEE = 2189
_PAYMENT = 900_000_001
"""A number that no payment of the world has."""
_YOUNG = timedelta(days=5 * 365)
"""Whoever came later has no payment that the tax law let go of: of those the sweep has emptied the day."""
_QUERIES = {
    "customers to write to": "SELECT count(*) FROM customers WHERE NOT is_suspended AND id = %s",
    "payments to show": "SELECT count(*) FROM payments p JOIN customers c ON c.id = p.customer_id"
    " WHERE NOT c.is_suspended AND c.id = %s",
    "rows that are there": "SELECT (SELECT count(*) FROM customers WHERE id = %(id)s)"
    " + (SELECT count(*) FROM payments WHERE customer_id = %(id)s)",
}


@dataclass(frozen=True, slots=True)
class Writers:
    """Who writes; nobody of them is the story's protagonist."""

    ward: Customer = field(repr=False)
    """For whom an agent asks: who watches least."""
    payer: Customer = field(repr=False)
    """Of the others who came in the last years, who paid most often."""
    reader: Customer = field(repr=False)
    """Of the others with an inquiry and a review, who watches least."""
    newcomer: Customer = field(repr=False)
    """Signed up yesterday, and has not watched anything: files cannot be suspended."""

    @property
    def payers_address(self) -> str:
        """The payer's address as he writes it in English."""
        first, _, last = self.payer.email.partition("@")[0].rstrip("0123456789").partition(".")
        return f"{first.title()} {last.title()}\n{self.payer.address}\n〒{self.payer.postal_code} Japan"


def choose(world: World, now: datetime) -> Writers:
    """Return who writes: the same world, the same people."""
    special = {signal.user_id for signal in world.fraud_signals} | {contact.user_id for contact in world.entrusted}
    special.add(world.protagonist.id)
    gone = {person.customer.id for person in world.people if person.closed_at is not None}
    staying = [customer for customer in world.customers if customer.id not in special | gone]
    views = Counter(view.user_id for view in world.viewing)
    paid = Counter(payment.customer_id for payment in world.payments)
    talked = {each.customer_id for each in world.inquiries} & {each.customer_id for each in world.reviews}
    ward, *others = sorted(staying, key=lambda customer: (views[customer.id], customer.id))
    recent = [customer for customer in others if customer.created_at > now - _YOUNG] or others
    payer = max(recent, key=lambda customer: (paid[customer.id], customer.id))
    reader = next((each for each in others if each.id in talked and each != payer), None) or others[-1]
    (newcomer,) = make_people(now, seed=SEED + 1, customers=1)
    return Writers(ward, payer, reader, replace(newcomer.customer, created_at=now - timedelta(days=1)))


def sign_up(systems: Systems, customer: Customer, now: datetime) -> None:
    """Put the newcomer and her first payment into the company's database."""
    columns = ("id", "name", "name_kana", "email", "phone", "birth_date", "gender", "postal_code", "address")
    with psycopg.connect(dsn(systems.app_url)) as connection:
        connection.execute(
            "INSERT INTO customers (id, name, name_kana, email, phone, birth_date, gender, postal_code, address,"
            " created_at, plan) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [*(getattr(customer, column) for column in columns), customer.created_at, customer.plan],
        )
        connection.execute(
            "INSERT INTO payments (id, customer_id, amount, paid_at, invoice_no, card_brand, card_last4, status)"
            " VALUES (%s, %s, %s, %s, 'INV-NEW-1', 'VISA', '0000', 'paid')",
            [_PAYMENT, customer.id, _FEE, now - timedelta(days=1)],
        )


def in_use(systems: Systems, customer: Customer) -> dict[str, int]:
    """Count what the application finds of the customer, as its own queries do, which heed the flag."""
    with psycopg.connect(dsn(systems.app_url)) as connection:
        return {what: _count(connection, query, customer.id) for what, query in _QUERIES.items()}


def _count(connection: psycopg.Connection[tuple[int]], query: str, value: str) -> int:
    parameters = {"id": value} if "%(id)s" in query else [value]
    row = connection.execute(query.encode(), parameters).fetchone()
    return int(row[0]) if row else 0
