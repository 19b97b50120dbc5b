"""Joint use: sets, token keys, accesses to them, published notices; and under which law a person asks.

Revision ID: 0030
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from retention.store.instants import Instant

revision = "0030"
down_revision: str | None = "0023"
SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables and the column."""
    op.add_column("ledger_cases", sa.Column("regime", sa.Text))
    op.create_table(
        "ledger_shared_sets",
        sa.Column("export_id", sa.Text, primary_key=True),
        sa.Column("joint_use", sa.Text, nullable=False),
        sa.Column("set_name", sa.Text, nullable=False),
        sa.Column("member", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("dataset", sa.Text, nullable=False),
        sa.Column("key_name", sa.Text),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("person_column", sa.Text),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("manifest_digest", sa.Text, nullable=False),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("until", Instant, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
    )
    op.create_table(
        "ledger_token_keys",
        sa.Column("key_name", sa.Text, primary_key=True),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("dataset", sa.Text, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("check_value", sa.Text, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("leaked_at", Instant),
        sa.Column("destroyed_at", Instant),
    )
    op.create_table(
        "ledger_key_accesses",
        sa.Column("seq", SERIAL, primary_key=True, autoincrement=True),
        sa.Column("key_name", sa.Text, nullable=False),
        sa.Column("use", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", Instant, nullable=False),
    )
    op.create_table(
        "ledger_joint_notices",
        sa.Column("joint_use", sa.Text, primary_key=True),
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("published_at", Instant, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
    )
