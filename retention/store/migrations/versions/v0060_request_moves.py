"""The life of people's requests: their moves, and the marks by which a second copy of one is known.

Revision ID: 0060
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from retention.store.instants import Instant

revision = "0060"
down_revision: str | None = "0052"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "ledger_request_moves",
        sa.Column("case_id", sa.Text, sa.ForeignKey("ledger_cases.case_id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("by_ref", sa.Text),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "ledger_request_marks",
        sa.Column("mark", sa.Text, primary_key=True),
        sa.Column("case_id", sa.Text, sa.ForeignKey("ledger_cases.case_id"), nullable=False),
    )
