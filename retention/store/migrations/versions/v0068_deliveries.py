"""What was told to whom: warnings to the desk, lineage to a catalogue.

Revision ID: 0068
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from retention.store.instants import Instant

revision = "0068"
down_revision: str | None = "0066"


def upgrade() -> None:
    """Make the table; what was told before it is not known, and is told once more."""
    op.create_table(
        "ledger_deliveries",
        sa.Column("message", sa.Text, primary_key=True),
        sa.Column("way", sa.Text, primary_key=True),
        sa.Column("told_at", Instant, nullable=False),
    )
