"""One index over the log, by case, instead of two: an append writes fewer pages.

Revision ID: 0032
"""

from __future__ import annotations

from alembic import op

revision = "0032"
down_revision: str | None = "0030"


def upgrade() -> None:
    """Change the indexes."""
    op.create_index("ix_ledger_log_statement", "ledger_log", ["case_id", "statement_hash"])
    op.drop_index("ix_ledger_log_statement_hash", "ledger_log")
    op.drop_index("ix_ledger_log_case_id", "ledger_log")
