"""Tables of what others hold of ours, ask of us and send us: sets of joint users, clients' requests, parcels."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)

from retention.store.instants import Instant
from retention.store.tables import METADATA, SERIAL

TABLES = METADATA
"""All tables of the ledger, those of `tables` as well."""

SHARED_SETS = Table(
    "ledger_shared_sets",
    METADATA,
    Column("export_id", Text, primary_key=True),
    Column("joint_use", Text, nullable=False),
    Column("set_name", Text, nullable=False),
    Column("member", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("dataset", Text, nullable=False),
    Column("key_name", Text),
    Column("epoch", Integer, nullable=False),
    Column("person_column", Text),
    Column("label", Text, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("manifest_digest", Text, nullable=False),
    Column("case_id", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("state", Text, nullable=False),
)

TOKEN_KEYS = Table(
    "ledger_token_keys",
    METADATA,
    Column("key_name", Text, primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("dataset", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("check_value", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("leaked_at", Instant),
    Column("destroyed_at", Instant),
)

KEY_ACCESSES = Table(
    "ledger_key_accesses",
    METADATA,
    Column("seq", SERIAL, primary_key=True, autoincrement=True),
    Column("key_name", Text, nullable=False),
    Column("use", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Instant, nullable=False),
)

JOINT_NOTICES = Table(
    "ledger_joint_notices",
    METADATA,
    Column("joint_use", Text, primary_key=True),
    Column("digest", Text, primary_key=True),
    Column("published_at", Instant, nullable=False),
    Column("address", Text, nullable=False),
)

CLIENT_REQUESTS = Table(
    "ledger_client_requests",
    METADATA,
    Column("client", Text, primary_key=True),
    Column("request_id", Text, primary_key=True),
    Column("case_id", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("api_version", Text, nullable=False),
    Column("submitted_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("callbacks", Text, nullable=False),
    Column("is_open", Boolean, nullable=False),
)

CLIENT_CALLS = Table(
    "ledger_client_calls",
    METADATA,
    Column("client", Text, primary_key=True),
    Column("request_id", Text, primary_key=True),
    Column("url", Text, primary_key=True),
    Column("told", Text, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("next_at", Instant, nullable=False),
)

PARCELS = Table(
    "ledger_parcels",
    METADATA,
    Column("seq", SERIAL, primary_key=True, autoincrement=True),
    Column("parcel_id", Text, nullable=False, unique=True),
    Column("content", Text, nullable=False),
    Column("intake", Text, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("state", Text, nullable=False),
    # what was sent is personal: ciphertext, and no longer than needed
    Column("sealed", LargeBinary),
    Column("reason", Text),
    Column("case_id", Text, index=True),
    Column("settled_at", Instant),
)
Index("ix_ledger_parcels_state", PARCELS.c.state, PARCELS.c.seq)
