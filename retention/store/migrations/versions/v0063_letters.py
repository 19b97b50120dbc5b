"""Letters to people, and what happened to them.

Revision ID: 0063
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from retention.store.instants import Instant

revision = "0063"
down_revision: str | None = "0062"

_SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "ledger_letters",
        sa.Column("seq", _SERIAL, primary_key=True, autoincrement=True),
        sa.Column("letter_id", sa.Text, nullable=False, unique=True),
        sa.Column("about", sa.Text, nullable=False, index=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("way", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("begun_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
    )
    op.create_table(
        "ledger_letter_moves",
        sa.Column("seq", _SERIAL, primary_key=True, autoincrement=True),
        sa.Column("letter_id", sa.Text, sa.ForeignKey("ledger_letters.letter_id"), nullable=False, index=True),
        sa.Column("at", Instant, nullable=False),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
    )
    once = sa.text("stage IN ('sent', 'given-up')")
    op.create_index(
        "ix_ledger_letter_moves_end",
        "ledger_letter_moves",
        ["letter_id"],
        unique=True,
        sqlite_where=once,
        postgresql_where=once,
    )
