"""Re-scans of completed cases, who was offered again by whom, readmissions, and where events came from.

Revision ID: 0050
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from retention.store.instants import Instant

revision = "0050"
down_revision: str | None = "0048"


def upgrade() -> None:
    """Make the tables and columns; cases completed before have no re-scans of their own."""
    op.create_table(
        "ledger_rescans",
        sa.Column("case_id", sa.Text, primary_key=True),
        sa.Column("round", sa.Text, primary_key=True),
        sa.Column("due_at", Instant, primary_key=True),
        sa.Column("seen", sa.Text),
        sa.Column("looked_at", Instant),
        sa.Column("return_case", sa.Text, index=True),
    )
    op.create_table(
        "ledger_sightings",
        sa.Column("key_name", sa.Text, primary_key=True),
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("what", sa.Text, primary_key=True),
        sa.Column("dataset", sa.Text, primary_key=True),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("first_at", Instant, nullable=False),
        sa.Column("last_at", Instant, nullable=False),
        sa.Column("times", sa.BigInteger, nullable=False),
    )
    op.add_column("ledger_suppressions", sa.Column("lifted_at", Instant))
    op.create_index("ix_ledger_suppressions_case_id", "ledger_suppressions", ["case_id"])
    op.add_column("ledger_events", sa.Column("source", sa.Text))
