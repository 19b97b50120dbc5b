"""Restored stores, and what the gate in front of them said.

Revision ID: 0042
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from retention.store.instants import Instant

revision = "0042"
down_revision: str | None = "0040"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "ledger_restores",
        sa.Column("case_id", sa.Text, primary_key=True),
        sa.Column("system", sa.Text, nullable=False),
        sa.Column("taken_at", Instant),
        sa.Column("absent", sa.Text, nullable=False),
    )
    op.create_table(
        "ledger_restore_looks",
        sa.Column("case_id", sa.Text, primary_key=True),
        sa.Column("looked_at", Instant, primary_key=True),
        sa.Column("system", sa.Text, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("found", sa.BigInteger, nullable=False),
        sa.Column("findings", sa.Text, nullable=False),
        sa.Column("people_of", sa.Text, nullable=False),
    )
