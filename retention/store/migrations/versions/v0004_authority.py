"""Cases say on which tenant's instruction they rest; rows that wait for the end of a hold.

Revision ID: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from retention.store.instants import Instant

revision = "0004"
down_revision: str | None = "0003"


def upgrade() -> None:
    """Add the column and the table; earlier cases rest on nobody's instruction."""
    op.add_column("ledger_cases", sa.Column("instruction", sa.Text))
    op.create_table(
        "ledger_deferred",
        sa.Column("dataset", sa.Text, primary_key=True),
        sa.Column("hold_id", sa.Text, primary_key=True),
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("recorded_at", Instant, nullable=False),
    )
