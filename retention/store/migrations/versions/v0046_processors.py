"""Processors: reasons and proofs of answers, who is silent, notes on orders, links to acknowledge by.

Revision ID: 0046
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from retention.store.instants import Instant

revision = "0046"
down_revision: str | None = "0042"
SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Widen receipts, and make the tables."""
    with op.batch_alter_table("ledger_receipts") as receipts:
        receipts.add_column(sa.Column("reason", sa.Text))
        receipts.add_column(sa.Column("proof", sa.Text, nullable=False, server_default="signature"))
        receipts.add_column(sa.Column("reference", sa.Text))
        receipts.alter_column("key_id", existing_type=sa.Text(), nullable=True)
    op.create_table(
        "ledger_silences",
        sa.Column("processor", sa.Text, primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("since", Instant),
        sa.Column("not_before", Instant),
    )
    op.create_table(
        "ledger_order_notes",
        sa.Column("seq", SERIAL, primary_key=True, autoincrement=True),
        sa.Column("order_id", sa.Text, sa.ForeignKey("ledger_orders.order_id"), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("noted_at", Instant, nullable=False),
        sa.Column("by_ref", sa.Text),
        sa.UniqueConstraint("order_id", "kind", "noted_at"),
    )
    op.create_table(
        "ledger_used_links",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("order_id", sa.Text, nullable=False),
        sa.Column("used_at", Instant, nullable=False),
    )
