"""What steps on large stores are expected to move, and the shards they are cut into.

Revision ID: 0070
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0070"
down_revision: str | None = "0068"


def upgrade() -> None:
    """Make the table; steps of earlier plans are carried out whole, as before."""
    op.create_table(
        "ledger_volumes",
        sa.Column("plan_id", sa.Text, sa.ForeignKey("ledger_plans.plan_id"), primary_key=True),
        sa.Column("step_id", sa.Text, primary_key=True),
        sa.Column("dataset", sa.Text, nullable=False),
        sa.Column("estimate", sa.Text, nullable=False),
        sa.Column("shards", sa.Text, nullable=False),
    )
