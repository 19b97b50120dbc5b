"""The company's database: its schema, and how rows get in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from demo.world.account import Inquiry, InquiryReply, Payment, Review
from demo.world.people import Customer

SCHEMA: LiteralString = """
CREATE TABLE customers (
    id text PRIMARY KEY, name text, name_kana text, email text, phone text, birth_date date, gender text,
    postal_code text, address text, created_at timestamptz, plan text);
CREATE TABLE payments (
    id bigint PRIMARY KEY, customer_id text REFERENCES customers (id), amount integer, paid_at timestamptz,
    invoice_no text, card_brand text, card_last4 text, status text);
CREATE TABLE inquiries (
    id bigint PRIMARY KEY, customer_id text REFERENCES customers (id), subject text, body text,
    received_at timestamptz, closed_at timestamptz);
CREATE TABLE inquiry_replies (
    id bigint PRIMARY KEY, inquiry_id bigint REFERENCES inquiries (id), body text, sent_at timestamptz,
    operator text);
CREATE TABLE reviews (
    id bigint PRIMARY KEY, customer_id text REFERENCES customers (id), title_id text, stars integer, body text,
    posted_at timestamptz);
CREATE INDEX ON payments (customer_id);
CREATE INDEX ON inquiries (customer_id);
CREATE INDEX ON inquiry_replies (inquiry_id);
CREATE INDEX ON reviews (customer_id);
"""

TABLES: Mapping[str, type[Any]] = {
    "customers": Customer,
    "payments": Payment,
    "inquiries": Inquiry,
    "inquiry_replies": InquiryReply,
    "reviews": Review,
}
"""Table → its row's type, parents before children."""


def create_schema(connection: psycopg.Connection[Any]) -> None:
    """Make the tables anew, empty."""
    connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    connection.execute(SCHEMA)


def fill(connection: psycopg.Connection[Any], rows: Mapping[str, Sequence[Any]]) -> None:
    """Copy rows (records of the table's type) into the tables, parents first."""
    for table, record in TABLES.items():
        columns = [field.name for field in fields(record)]
        command = sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
        )
        with connection.cursor() as cursor, cursor.copy(command) as copy:
            for row in rows[table]:
                copy.write_row(attrgetter(*columns)(row))
