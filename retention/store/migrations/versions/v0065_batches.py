"""Which requests go together.

Revision ID: 0065
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0065"
down_revision: str | None = "0064"


def upgrade() -> None:
    """Make the table; earlier requests went alone."""
    op.create_table(
        "ledger_batch_members",
        sa.Column("case_id", sa.Text, sa.ForeignKey("ledger_cases.case_id"), primary_key=True),
        sa.Column("batch_id", sa.Text, sa.ForeignKey("ledger_cases.case_id"), nullable=False),
        sa.Column("share", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_ledger_batch_members_batch_id", "ledger_batch_members", ["batch_id"])
