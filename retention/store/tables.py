"""The tables. People appear as keyed digests; `ledger_vault` holds ciphertext only.

All names start with `ledger_`, so that the ledger may share a database with others. A change
here needs a new file in `migrations/versions`; a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
    true,
)

from retention.store.instants import Instant

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
VERSION_TABLE = "ledger_version"
"""Where Alembic notes the version."""
METADATA = MetaData(naming_convention=NAMING)
# SQLite numbers rows by itself only where the key is a plain INTEGER
SERIAL = BigInteger().with_variant(Integer, "sqlite")

CASES = Table(
    "ledger_cases",
    METADATA,
    Column("case_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("due_at", Instant),
    Column("identified_at", Instant),
    Column("decided_at", Instant),
    Column("restored_system", Text),
    Column("instruction", Text),
    Column("regime", Text),
    Column("right", Text),
    Column("lifts", Text),
)

SUSPENSIONS = Table(
    "ledger_suspensions",
    METADATA,
    Column("case_id", Text, ForeignKey("ledger_cases.case_id"), primary_key=True),
    Column("key_name", Text, primary_key=True),
    Column("digest", Text, primary_key=True),
    Column("since", Instant, nullable=False),
    Column("rules", Text, nullable=False),
    Column("statutes", Text, nullable=False),
    Column("until", Instant),
    Column("lifted_at", Instant),
    Column("lifted_by", Text),
)

CASE_KEYS = Table(
    "ledger_case_keys",
    METADATA,
    Column("case_id", Text, primary_key=True),
    Column("key_check", Text, nullable=False),
)

VAULT = Table(
    "ledger_vault",
    METADATA,
    Column("case_id", Text, ForeignKey("ledger_case_keys.case_id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("nonce", LargeBinary, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
)

PLANS = Table(
    "ledger_plans",
    METADATA,
    Column("seq", SERIAL, primary_key=True, autoincrement=True),
    Column("plan_id", Text, nullable=False, unique=True),
    Column("case_id", Text, ForeignKey("ledger_cases.case_id"), nullable=False, index=True),
    Column("digest", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("made_at", Instant, nullable=False),
)

APPROVALS = Table(
    "ledger_approvals",
    METADATA,
    Column("seq", SERIAL, primary_key=True, autoincrement=True),
    Column("plan_id", Text, ForeignKey("ledger_plans.plan_id"), nullable=False),
    Column("digest", Text, nullable=False),
    Column("approver_ref", Text, nullable=False),
    Column("approved", Boolean, nullable=False),
    Column("standing", Boolean, nullable=False),
    Column("decided_at", Instant, nullable=False),
    UniqueConstraint("plan_id", "approver_ref"),
)

JOURNAL = Table(
    "ledger_journal",
    METADATA,
    Column("seq", SERIAL, primary_key=True, autoincrement=True),
    Column("plan_id", Text, ForeignKey("ledger_plans.plan_id"), nullable=False, index=True),
    Column("step_id", Text, nullable=False),
    Column("phase", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("body", Text, nullable=False),
)
NOT_FAILED = text("phase <> 'failed'")
Index(
    "ix_ledger_journal_once",
    JOURNAL.c.plan_id,
    JOURNAL.c.step_id,
    JOURNAL.c.phase,
    unique=True,
    sqlite_where=NOT_FAILED,
    postgresql_where=NOT_FAILED,
)

EVENTS = Table(
    "ledger_events",
    METADATA,
    Column("event_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("key_name", Text, nullable=False),
    Column("subject_digest", Text, nullable=False),
    Column("occurred_at", Instant, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("corrects", Text, index=True),
    Column("about", Text),
    Column("stands", Boolean, nullable=False, server_default=true()),
    Column("source", Text),
)
# what a clock asks: by kind, then person by person, without reading the rows themselves
Index(
    "ix_ledger_events_clock",
    *(EVENTS.c[name] for name in ("kind", "subject_digest", "key_name", "occurred_at", "about", "stands")),
    sqlite_where=text("stands = 1"),
    postgresql_where=text("stands"),
)

HOLDS = Table(
    "ledger_holds",
    METADATA,
    Column("hold_id", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("key_name", Text, nullable=False),
    Column("subject_digest", Text, nullable=False),
    Column("placed_at", Instant, nullable=False),
    Column("released_at", Instant),
)

DEFERRED = Table(
    "ledger_deferred",
    METADATA,
    Column("dataset", Text, primary_key=True),
    Column("hold_id", Text, primary_key=True),
    Column("digest", Text, primary_key=True),
    Column("case_id", Text, nullable=False),
    Column("recorded_at", Instant, nullable=False),
)

HORIZONS = Table(
    "ledger_horizons",
    METADATA,
    Column("case_id", Text, primary_key=True),
    Column("system", Text, primary_key=True),
    Column("what", Text, primary_key=True),
    Column("until", Instant),
    Column("gone_at", Instant),
    Column("why", Text, nullable=False, server_default="store"),
    Column("kind", Text),
    Column("region", Text),
    Column("noted_at", Instant),
)

COPY_HOLDS = Table(
    "ledger_copy_holds",
    METADATA,
    Column("system", Text, primary_key=True),
    Column("what", Text, primary_key=True),
    Column("hold_id", Text, ForeignKey("ledger_holds.hold_id"), primary_key=True),
    Column("placed_at", Instant, nullable=False),
)

USE_TESTS = Table(
    "ledger_use_tests",
    METADATA,
    Column("seq", SERIAL, primary_key=True, autoincrement=True),
    Column("system", Text, nullable=False, index=True),
    Column("no_decisions", Boolean, nullable=False),
    Column("no_access", Boolean, nullable=False),
    Column("secured", Boolean, nullable=False),
    Column("will_delete", Boolean, nullable=False),
    Column("attester_ref", Text, nullable=False),
    Column("attested_at", Instant, nullable=False),
)

ORDERS = Table(
    "ledger_orders",
    METADATA,
    Column("order_id", Text, primary_key=True),
    Column("case_id", Text, nullable=False, index=True),
    Column("step_id", Text, nullable=False),
    Column("processor", Text, nullable=False),
    Column("due_at", Instant, nullable=False),
)

RECEIPTS = Table(
    "ledger_receipts",
    METADATA,
    Column("seq", SERIAL, primary_key=True, autoincrement=True),
    Column("order_id", Text, ForeignKey("ledger_orders.order_id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("received_at", Instant, nullable=False),
    Column("expected_completion_at", Instant),
    Column("body_digest", Text, nullable=False),
    Column("key_id", Text),
    Column("proof", Text, nullable=False, server_default="signature"),
    Column("reference", Text),
    UniqueConstraint("order_id", "received_at", "body_digest"),
)

SILENCES = Table(
    "ledger_silences",
    METADATA,
    Column("processor", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("since", Instant),
    Column("not_before", Instant),
)

ORDER_NOTES = Table(
    "ledger_order_notes",
    METADATA,
    Column("seq", SERIAL, primary_key=True, autoincrement=True),
    Column("order_id", Text, ForeignKey("ledger_orders.order_id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("noted_at", Instant, nullable=False),
    Column("by_ref", Text),
    UniqueConstraint("order_id", "kind", "noted_at"),
)

USED_LINKS = Table(
    "ledger_used_links",
    METADATA,
    Column("digest", Text, primary_key=True),
    Column("order_id", Text, nullable=False),
    Column("used_at", Instant, nullable=False),
)

SUPPRESSIONS = Table(
    "ledger_suppressions",
    METADATA,
    Column("key_name", Text, primary_key=True),
    Column("digest", Text, primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("case_id", Text, primary_key=True),
    Column("recorded_at", Instant, nullable=False),
    Column("expires_at", Instant, index=True),
    Column("lifted_at", Instant),
    Index("ix_ledger_suppressions_case_id", "case_id"),
)

RESCANS = Table(
    "ledger_rescans",
    METADATA,
    Column("case_id", Text, primary_key=True),
    Column("round", Text, primary_key=True),
    Column("due_at", Instant, primary_key=True),
    Column("seen", Text),
    Column("looked_at", Instant),
    Column("return_case", Text, index=True),
)

SIGHTINGS = Table(
    "ledger_sightings",
    METADATA,
    Column("key_name", Text, primary_key=True),
    Column("digest", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("what", Text, primary_key=True),
    Column("dataset", Text, primary_key=True),
    Column("reference", Text, nullable=False),
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("times", BigInteger, nullable=False),
)

LOG = Table(
    "ledger_log",
    METADATA,
    # SQLite keeps rows in the order of a plain INTEGER key; any other key is an index beside the table
    Column("position", SERIAL, primary_key=True, autoincrement=False),
    Column("statement_id", Text, nullable=False),
    Column("statement_hash", BigInteger, nullable=False),
    Column("case_id", Text),
    Column("envelope", LargeBinary, nullable=False),
    # a case's statements lie together, so an append touches few pages of the index however long the log is
    Index("ix_ledger_log_statement", "case_id", "statement_hash"),
)

LOG_SIZE = Table(
    "ledger_log_size",
    METADATA,
    Column("one", Integer, CheckConstraint("one = 1", name="row"), primary_key=True, autoincrement=False),
    Column("size", BigInteger, nullable=False),
    Column("frontier", LargeBinary, nullable=False),
    Column("seal", LargeBinary),
)

EPOCHS = Table(
    "ledger_epochs",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("key_check", Text, nullable=False),
    Column("destroy_at", Instant, nullable=False),
    Column("destroyed_at", Instant),
)

OPENINGS = Table(
    "ledger_openings",
    METADATA,
    Column("epoch", Text, ForeignKey("ledger_epochs.name"), primary_key=True),
    Column("lookup", Text, primary_key=True),
    Column("case_id", Text, primary_key=True),
    Column("nonce", LargeBinary, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
)

PERSON_RECEIPTS = Table(
    "ledger_person_receipts",
    METADATA,
    Column("case_id", Text, primary_key=True),
    Column("epoch", Text, ForeignKey("ledger_epochs.name"), nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("nonce", LargeBinary, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
)

CANARIES = Table(
    "ledger_canaries",
    METADATA,
    Column("canary_id", Text, primary_key=True),
    Column("case_id", Text, nullable=False),
    Column("planted_at", Instant, nullable=False),
    Column("rows", Text, nullable=False),
    Column("digests", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("looked_at", Instant),
)

RESTORES = Table(
    "ledger_restores",
    METADATA,
    Column("case_id", Text, primary_key=True),
    Column("system", Text, nullable=False),
    Column("taken_at", Instant),
    Column("absent", Text, nullable=False),
)

RESTORE_LOOKS = Table(
    "ledger_restore_looks",
    METADATA,
    Column("case_id", Text, primary_key=True),
    Column("looked_at", Instant, primary_key=True),
    Column("system", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("found", BigInteger, nullable=False),
    Column("findings", Text, nullable=False),
    Column("people_of", Text, nullable=False),
)

LEASES = Table(
    "ledger_leases",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("until", Instant, nullable=False),
)
