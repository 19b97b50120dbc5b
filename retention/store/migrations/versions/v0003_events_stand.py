"""Events know whether they stand, and clocks have an index of those that do.

Revision ID: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision: str | None = "0002"

STANDS = """
UPDATE ledger_events SET stands =
    NOT EXISTS (SELECT 1 FROM ledger_events AS c WHERE c.corrects = ledger_events.event_id)
    AND (corrects IS NULL OR NOT EXISTS (
        SELECT 1 FROM ledger_events AS r WHERE r.corrects = ledger_events.corrects AND
        (r.recorded_at, r.occurred_at, r.event_id{c})
        > (ledger_events.recorded_at, ledger_events.occurred_at, ledger_events.event_id{c})))
"""


def upgrade() -> None:
    """Add the column, decide it for what was recorded before, and make the index."""
    op.add_column("ledger_events", sa.Column("stands", sa.Boolean, nullable=False, server_default=sa.true()))
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute(STANDS.format(c="" if is_sqlite else ' COLLATE "C"'))
    op.drop_index("ix_ledger_events_kind_key_name", "ledger_events")
    op.create_index(
        "ix_ledger_events_clock",
        "ledger_events",
        ["kind", "subject_digest", "key_name", "occurred_at", "about", "stands"],
        sqlite_where=sa.text("stands = 1"),
        postgresql_where=sa.text("stands"),
    )
