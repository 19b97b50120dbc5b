"""Exports for people: where they are, and until when.

Revision ID: 0062
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from retention.store.instants import Instant

revision = "0062"
down_revision: str | None = "0061"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "ledger_disclosures",
        sa.Column("export_id", sa.Text, primary_key=True),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("plan_id", sa.Text, nullable=False),
        sa.Column("step_id", sa.Text, nullable=False),
        sa.Column("right", sa.Text, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("file_digest", sa.Text, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("until", Instant, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
    )
