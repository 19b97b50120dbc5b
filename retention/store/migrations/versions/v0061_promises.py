"""What was promised to people in place of what was refused.

Revision ID: 0061
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from retention.store.instants import Instant

revision = "0061"
down_revision: str | None = "0060"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "ledger_promises",
        sa.Column("case_id", sa.Text, sa.ForeignKey("ledger_cases.case_id"), primary_key=True),
        sa.Column("key_name", sa.Text, primary_key=True),
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("categories", sa.Text, nullable=False),
        sa.Column("due_on", sa.Text, nullable=False),
        sa.Column("recorded_at", Instant, nullable=False),
        sa.Column("kept_at", Instant),
    )
