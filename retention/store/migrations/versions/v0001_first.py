"""The first tables.

Revision ID: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from retention.store.instants import Instant

revision = "0001"
down_revision: str | None = None

SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")
NOT_FAILED = sa.text("phase <> 'failed'")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "ledger_cases",
        sa.Column("case_id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("opened_at", Instant, nullable=False),
        sa.Column("due_at", Instant),
        sa.Column("identified_at", Instant),
        sa.Column("decided_at", Instant),
        sa.Column("restored_system", sa.Text),
    )
    op.create_table(
        "ledger_case_keys",
        sa.Column("case_id", sa.Text, primary_key=True),
        sa.Column("key_check", sa.Text, nullable=False),
    )
    op.create_table(
        "ledger_vault",
        sa.Column("case_id", sa.Text, sa.ForeignKey("ledger_case_keys.case_id"), primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("nonce", sa.LargeBinary, nullable=False),
        sa.Column("ciphertext", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "ledger_plans",
        sa.Column("seq", SERIAL, primary_key=True, autoincrement=True),
        sa.Column("plan_id", sa.Text, nullable=False, unique=True),
        sa.Column("case_id", sa.Text, sa.ForeignKey("ledger_cases.case_id"), nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
    )
    op.create_table(
        "ledger_approvals",
        sa.Column("seq", SERIAL, primary_key=True, autoincrement=True),
        sa.Column("plan_id", sa.Text, sa.ForeignKey("ledger_plans.plan_id"), nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("approver_ref", sa.Text, nullable=False),
        sa.Column("approved", sa.Boolean, nullable=False),
        sa.Column("standing", sa.Boolean, nullable=False),
        sa.Column("decided_at", Instant, nullable=False),
        sa.UniqueConstraint("plan_id", "approver_ref"),
    )
    op.create_table(
        "ledger_journal",
        sa.Column("seq", SERIAL, primary_key=True, autoincrement=True),
        sa.Column("plan_id", sa.Text, sa.ForeignKey("ledger_plans.plan_id"), nullable=False),
        sa.Column("step_id", sa.Text, nullable=False),
        sa.Column("phase", sa.Text, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "ledger_events",
        sa.Column("event_id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("key_name", sa.Text, nullable=False),
        sa.Column("subject_digest", sa.Text, nullable=False),
        sa.Column("occurred_at", Instant, nullable=False),
        sa.Column("recorded_at", Instant, nullable=False),
        sa.Column("corrects", sa.Text),
    )
    op.create_table(
        "ledger_holds",
        sa.Column("hold_id", sa.Text, primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("key_name", sa.Text, nullable=False),
        sa.Column("subject_digest", sa.Text, nullable=False),
        sa.Column("placed_at", Instant, nullable=False),
        sa.Column("released_at", Instant),
    )
    op.create_table(
        "ledger_horizons",
        sa.Column("case_id", sa.Text, primary_key=True),
        sa.Column("system", sa.Text, primary_key=True),
        sa.Column("what", sa.Text, primary_key=True),
        sa.Column("until", Instant, nullable=False),
        sa.Column("gone_at", Instant),
    )
    op.create_table(
        "ledger_orders",
        sa.Column("order_id", sa.Text, primary_key=True),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("step_id", sa.Text, nullable=False),
        sa.Column("processor", sa.Text, nullable=False),
        sa.Column("due_at", Instant, nullable=False),
    )
    op.create_table(
        "ledger_receipts",
        sa.Column("seq", SERIAL, primary_key=True, autoincrement=True),
        sa.Column("order_id", sa.Text, sa.ForeignKey("ledger_orders.order_id"), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("received_at", Instant, nullable=False),
        sa.Column("expected_completion_at", Instant),
        sa.Column("body_digest", sa.Text, nullable=False),
        sa.Column("key_id", sa.Text, nullable=False),
        sa.UniqueConstraint("order_id", "received_at", "body_digest"),
    )
    op.create_table(
        "ledger_suppressions",
        sa.Column("key_name", sa.Text, primary_key=True),
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("scope", sa.Text, primary_key=True),
        sa.Column("case_id", sa.Text, primary_key=True),
        sa.Column("recorded_at", Instant, nullable=False),
        sa.Column("expires_at", Instant),
    )
    op.create_table(
        "ledger_log",
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("statement_id", sa.Text, nullable=False, unique=True),
        sa.Column("case_id", sa.Text),
        sa.Column("envelope", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "ledger_log_size",
        sa.Column("one", sa.Integer, sa.CheckConstraint("one = 1", name="row"), primary_key=True, autoincrement=False),
        sa.Column("size", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "ledger_leases",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("until", Instant, nullable=False),
    )
    op.create_index(
        "ix_ledger_journal_once",
        "ledger_journal",
        ["plan_id", "step_id", "phase"],
        unique=True,
        sqlite_where=NOT_FAILED,
        postgresql_where=NOT_FAILED,
    )
    op.create_index("ix_ledger_plans_case_id", "ledger_plans", ["case_id"])
    op.create_index("ix_ledger_journal_plan_id", "ledger_journal", ["plan_id"])
    op.create_index("ix_ledger_events_corrects", "ledger_events", ["corrects"])
    op.create_index("ix_ledger_events_kind_key_name", "ledger_events", ["kind", "key_name"])
    op.create_index("ix_ledger_orders_case_id", "ledger_orders", ["case_id"])
    op.create_index("ix_ledger_suppressions_expires_at", "ledger_suppressions", ["expires_at"])
    op.create_index("ix_ledger_log_case_id", "ledger_log", ["case_id"])
    op.execute("INSERT INTO ledger_log_size (one, size) VALUES (1, 0)")
