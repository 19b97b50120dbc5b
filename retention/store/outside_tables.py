"""Tables of what others hold of ours, ask of us and send us; and of what the work on large stores costs."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
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

DISCLOSURES = Table(
    "ledger_disclosures",
    METADATA,
    Column("export_id", Text, primary_key=True),
    Column("case_id", Text, nullable=False),
    Column("plan_id", Text, nullable=False),
    Column("step_id", Text, nullable=False),
    Column("right", Text, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("file_digest", Text, nullable=False),
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

TOKENS = Table(
    "ledger_tokens",
    METADATA,
    Column("token_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("digest", Text, nullable=False, unique=True),
    Column("issued_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("revoked_at", Instant),
)

ATTEMPTS = Table(
    "ledger_attempts",
    METADATA,
    Column("scope", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("begun_at", Instant, nullable=False, index=True),
    Column("chosen", Text, nullable=False),
    Column("answer", Text),
)

ACTS = Table(
    "ledger_acts",
    METADATA,
    Column("case_id", Text, primary_key=True),
    Column("act", Text, primary_key=True),
    Column("by_ref", Text, primary_key=True),
    Column("at", Instant, nullable=False),
)

AGENT_REQUESTS = Table(
    "ledger_agent_requests",
    METADATA,
    Column("agent", Text, primary_key=True),
    Column("number", Text, primary_key=True),
    Column("request_id", Text, nullable=False, unique=True),
    Column("agent_request_id", Text),
    Column("case_id", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
)

REQUEST_MOVES = Table(
    "ledger_request_moves",
    METADATA,
    Column("case_id", Text, ForeignKey("ledger_cases.case_id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("by_ref", Text),
    Column("kind", Text, nullable=False),
    Column("body", Text, nullable=False),
)

REQUEST_MARKS = Table(
    "ledger_request_marks",
    METADATA,
    Column("mark", Text, primary_key=True),
    Column("case_id", Text, ForeignKey("ledger_cases.case_id"), nullable=False),
)

LETTERS = Table(
    "ledger_letters",
    METADATA,
    Column("seq", SERIAL, primary_key=True, autoincrement=True),
    Column("letter_id", Text, nullable=False, unique=True),
    Column("about", Text, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("way", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("begun_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
)

LETTER_MOVES = Table(
    "ledger_letter_moves",
    METADATA,
    Column("seq", SERIAL, primary_key=True, autoincrement=True),
    Column("letter_id", Text, ForeignKey("ledger_letters.letter_id"), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("stage", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("digest", Text, nullable=False),
)
ONCE = text("stage IN ('sent', 'given-up')")
"""A letter ends once."""
Index(
    "ix_ledger_letter_moves_end",
    LETTER_MOVES.c.letter_id,
    unique=True,
    sqlite_where=ONCE,
    postgresql_where=ONCE,
)

PROMISES = Table(
    "ledger_promises",
    METADATA,
    Column("case_id", Text, ForeignKey("ledger_cases.case_id"), primary_key=True),
    Column("key_name", Text, primary_key=True),
    Column("digest", Text, primary_key=True),
    Column("categories", Text, nullable=False),
    Column("due_on", Text, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("kept_at", Instant),
)

BATCH_MEMBERS = Table(
    "ledger_batch_members",
    METADATA,
    Column("case_id", Text, ForeignKey("ledger_cases.case_id"), primary_key=True),
    Column("batch_id", Text, ForeignKey("ledger_cases.case_id"), nullable=False),
    Column("share", LargeBinary, nullable=False),
    Index("ix_ledger_batch_members_batch_id", "batch_id"),
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

DELIVERIES = Table(
    "ledger_deliveries",
    METADATA,
    Column("message", Text, primary_key=True),
    Column("way", Text, primary_key=True),
    Column("told_at", Instant, nullable=False),
)

VOLUMES = Table(
    "ledger_volumes",
    METADATA,
    Column("plan_id", Text, ForeignKey("ledger_plans.plan_id"), primary_key=True),
    Column("step_id", Text, primary_key=True),
    Column("dataset", Text, nullable=False),
    Column("estimate", Text, nullable=False),
    Column("shards", Text, nullable=False),
)
