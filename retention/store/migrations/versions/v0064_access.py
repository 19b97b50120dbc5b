"""Who may ask over the wire: tokens, answered calls, who did what to a case, requests of authorized agents.

Revision ID: 0064
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from retention.store.instants import Instant

revision = "0064"
down_revision: str | None = "0063"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "ledger_tokens",
        sa.Column("token_id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False, unique=True),
        sa.Column("issued_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("revoked_at", Instant),
    )
    op.create_table(
        "ledger_attempts",
        sa.Column("scope", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("begun_at", Instant, nullable=False),
        sa.Column("chosen", sa.Text, nullable=False),
        sa.Column("answer", sa.Text),
    )
    op.create_index("ix_ledger_attempts_begun_at", "ledger_attempts", ["begun_at"])
    op.create_table(
        "ledger_acts",
        sa.Column("case_id", sa.Text, primary_key=True),
        sa.Column("act", sa.Text, primary_key=True),
        sa.Column("by_ref", sa.Text, primary_key=True),
        sa.Column("at", Instant, nullable=False),
    )
    op.create_table(
        "ledger_agent_requests",
        sa.Column("agent", sa.Text, primary_key=True),
        sa.Column("number", sa.Text, primary_key=True),
        sa.Column("request_id", sa.Text, nullable=False, unique=True),
        sa.Column("agent_request_id", sa.Text),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("received_at", Instant, nullable=False),
        sa.Column("due_at", Instant, nullable=False),
    )
