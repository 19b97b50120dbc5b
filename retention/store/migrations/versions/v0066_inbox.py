"""The inbox: raw events as ciphertext, from the door until they are folded.

Revision ID: 0066
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from retention.store.instants import Instant

revision = "0066"
down_revision: str | None = "0065"

SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the table; events that are known already have no parcel."""
    op.create_table(
        "ledger_parcels",
        sa.Column("seq", SERIAL, primary_key=True, autoincrement=True),
        sa.Column("parcel_id", sa.Text, nullable=False, unique=True),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("intake", sa.Text, nullable=False),
        sa.Column("received_at", Instant, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("reason", sa.Text),
        sa.Column("case_id", sa.Text, index=True),
        sa.Column("settled_at", Instant),
    )
    op.create_index("ix_ledger_parcels_state", "ledger_parcels", ["state", "seq"])
