"""Canaries, by keyed digest.

Revision ID: 0023
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from retention.store.instants import Instant

revision = "0023"
down_revision: str | None = "0022"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "ledger_canaries",
        sa.Column("canary_id", sa.Text, primary_key=True),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("planted_at", Instant, nullable=False),
        sa.Column("rows", sa.Text, nullable=False),
        sa.Column("digests", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("looked_at", Instant),
    )
