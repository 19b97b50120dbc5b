"""Events say what they are about: a purpose, a version, a period.

Revision ID: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision: str | None = "0001"


def upgrade() -> None:
    """Add the column; what was recorded before is about nothing but the person."""
    op.add_column("ledger_events", sa.Column("about", sa.Text))
