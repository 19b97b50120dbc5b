"""Whose data is suspended; which right a request is about, and which suspension it lifts.

Revision ID: 0052
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from retention.store.instants import Instant

revision = "0052"
down_revision: str | None = "0050"


def upgrade() -> None:
    """Make the table and the columns."""
    op.create_table(
        "ledger_suspensions",
        sa.Column("case_id", sa.Text, sa.ForeignKey("ledger_cases.case_id"), primary_key=True),
        sa.Column("key_name", sa.Text, primary_key=True),
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("since", Instant, nullable=False),
        sa.Column("rules", sa.Text, nullable=False),
        sa.Column("statutes", sa.Text, nullable=False),
        sa.Column("until", Instant),
        sa.Column("lifted_at", Instant),
        sa.Column("lifted_by", sa.Text),
    )
    op.add_column("ledger_cases", sa.Column("right", sa.Text))
    op.add_column("ledger_cases", sa.Column("lifts", sa.Text))
