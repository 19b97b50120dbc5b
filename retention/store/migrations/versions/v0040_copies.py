"""Horizons without a date and why they are there; holds on copies; the four tests of "beyond use".

Revision ID: 0040
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from retention.store.instants import Instant

revision = "0040"
down_revision: str | None = "0032"
SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Change the table and make two more."""
    with op.batch_alter_table("ledger_horizons") as horizons:
        horizons.alter_column("until", existing_type=Instant(), nullable=True)
        horizons.add_column(sa.Column("why", sa.Text, nullable=False, server_default="store"))
        horizons.add_column(sa.Column("kind", sa.Text))
        horizons.add_column(sa.Column("region", sa.Text))
        horizons.add_column(sa.Column("noted_at", Instant))
    op.create_table(
        "ledger_copy_holds",
        sa.Column("system", sa.Text, primary_key=True),
        sa.Column("what", sa.Text, primary_key=True),
        sa.Column("hold_id", sa.Text, sa.ForeignKey("ledger_holds.hold_id"), primary_key=True),
        sa.Column("placed_at", Instant, nullable=False),
    )
    op.create_table(
        "ledger_use_tests",
        sa.Column("seq", SERIAL, primary_key=True, autoincrement=True),
        sa.Column("system", sa.Text, nullable=False),
        sa.Column("no_decisions", sa.Boolean, nullable=False),
        sa.Column("no_access", sa.Boolean, nullable=False),
        sa.Column("secured", sa.Boolean, nullable=False),
        sa.Column("will_delete", sa.Boolean, nullable=False),
        sa.Column("attester_ref", sa.Text, nullable=False),
        sa.Column("attested_at", Instant, nullable=False),
    )
    op.create_index("ix_ledger_use_tests_system", "ledger_use_tests", ["system"])
