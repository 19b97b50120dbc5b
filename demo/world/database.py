"""The company's database: its schema, and how rows get in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from demo.world.account import Inquiry, InquiryReply, Payment, Review
from demo.world.beside import EntrustedContact, FraudSignal
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
CREATE TABLE fraud_signals (
    id bigint PRIMARY KEY, user_id text, device_id text, signal text, noticed_at timestamptz);
CREATE TABLE entrusted_contacts (
    id bigint PRIMARY KEY, client_id text, user_id text, subject text, body text, contacted_at timestamptz);
CREATE INDEX ON fraud_signals (user_id);
CREATE INDEX ON entrusted_contacts (user_id);
"""

UNUSED: LiteralString = """
CREATE TABLE favourites (
    id bigint PRIMARY KEY, customer_id text REFERENCES customers (id), title_id text, added_at timestamptz);
CREATE TABLE account_changes (
    id bigint PRIMARY KEY, customer_id text REFERENCES customers (id), change text, changed_at timestamptz);
CREATE TABLE survey_answers (
    id bigint PRIMARY KEY, customer_id text REFERENCES customers (id), name text, email text, phone text,
    address text, answer text, score integer, answered_at timestamptz);
CREATE TABLE campaign_entries (
    id bigint PRIMARY KEY, customer_id text REFERENCES customers (id), name text, email text, phone text,
    address text, entered_at timestamptz);
CREATE TABLE centre_contacts (
    id bigint PRIMARY KEY, name text, email text, phone text, address text, received_at timestamptz,
    closed_at timestamptz);
CREATE TABLE call_recordings (
    id bigint PRIMARY KEY, customer_id text REFERENCES customers (id), phone_number text, audio text,
    transcript text, carrier text, called_at timestamptz);
CREATE TABLE call_index (
    id bigint PRIMARY KEY, call_id bigint REFERENCES call_recordings (id), words text, called_at timestamptz);
CREATE TABLE sales_leads (
    id bigint PRIMARY KEY, customer_id text REFERENCES customers (id), contract text, commission integer,
    agent text, signed_at timestamptz);
CREATE TABLE cookie_attributes (
    id bigint PRIMARY KEY, customer_id text REFERENCES customers (id), age integer, gender text, occupation text,
    area text, device text, site_behaviour text, location text, last_seen_at timestamptz);
CREATE TABLE communication_logs (
    id bigint PRIMARY KEY, customer_id text REFERENCES customers (id), line_number text, ip text, direction text,
    logged_at timestamptz);
CREATE TABLE partner_data (
    id bigint PRIMARY KEY, customer_id text REFERENCES customers (id), tv_viewing_log text,
    partner_registration text, provider text, permission_id text, received_at timestamptz);
CREATE TABLE linked_data (
    id bigint PRIMARY KEY, customer_id text REFERENCES customers (id), browsing_history text, search_history text,
    purchase_history text, location text, encrypted_email text, cookie text, ad_id text, consent_id text,
    linked_at timestamptz);
CREATE TABLE receipt_records (
    id bigint PRIMARY KEY, user_id text, person text, provider text, items text, recorded_at timestamptz);
CREATE TABLE provision_records (
    id bigint PRIMARY KEY, user_id text, person text, recipient text, items text, recorded_at timestamptz);
CREATE TABLE pseudonyms (id bigint PRIMARY KEY, user_id text, pseudonym text);
CREATE TABLE pseudonymised_usage (
    id bigint PRIMARY KEY, pseudonym_id bigint REFERENCES pseudonyms (id), contract_status text,
    viewing_history text, purchase_history text);
CREATE TABLE shareholders (
  id bigint PRIMARY KEY, name text, email text, address text, shares integer, ceased_at date
);
CREATE TABLE meeting_papers (id bigint PRIMARY KEY, email text, proxy text, votes text, met_on date);
CREATE TABLE applicants (id bigint PRIMARY KEY, name text, email text, application text);
CREATE TABLE employees (id bigint PRIMARY KEY, name text, email text, address text, wages integer);
CREATE TABLE retirees (id bigint PRIMARY KEY, name text, email text, emergency_contact text);
CREATE TABLE business_partners (id bigint PRIMARY KEY, name text, email text, phone text, fax text);
CREATE TABLE request_papers (id bigint PRIMARY KEY, email text, identity_document text, form text);
"""
"""Tables of the company that the story leaves empty: the policy names their data, so the map has them."""

TABLES: Mapping[str, type[Any]] = {
    "customers": Customer,
    "payments": Payment,
    "inquiries": Inquiry,
    "inquiry_replies": InquiryReply,
    "reviews": Review,
    "fraud_signals": FraudSignal,
    "entrusted_contacts": EntrustedContact,
}
"""Table that has rows → its row's type, parents before children."""


def create_schema(connection: psycopg.Connection[Any]) -> None:
    """Make the tables anew, empty."""
    connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    connection.execute(SCHEMA)
    connection.execute(UNUSED)


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
