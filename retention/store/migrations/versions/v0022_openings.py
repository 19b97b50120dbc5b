"""Openings of commitments, the epochs whose keys protect them, and what receipts are made from.

Revision ID: 0022
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from retention.store.instants import Instant

revision = "0022"
down_revision: str | None = "0020"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "ledger_epochs",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("key_check", sa.Text, nullable=False),
        sa.Column("destroy_at", Instant, nullable=False),
        sa.Column("destroyed_at", Instant),
    )
    op.create_table(
        "ledger_openings",
        sa.Column("epoch", sa.Text, sa.ForeignKey("ledger_epochs.name"), primary_key=True),
        sa.Column("lookup", sa.Text, primary_key=True),
        sa.Column("case_id", sa.Text, primary_key=True),
        sa.Column("nonce", sa.LargeBinary, nullable=False),
        sa.Column("ciphertext", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "ledger_person_receipts",
        sa.Column("case_id", sa.Text, primary_key=True),
        sa.Column("epoch", sa.Text, sa.ForeignKey("ledger_epochs.name"), nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("nonce", sa.LargeBinary, nullable=False),
        sa.Column("ciphertext", sa.LargeBinary, nullable=False),
    )
