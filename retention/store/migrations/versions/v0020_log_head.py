"""The log's hashes beside its size, and a smaller index for statements that stand already.

Revision ID: 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from retention.evidence.frontier import Frontier
from retention.evidence.merkle import leaf_hash
from retention.store.log import statement_hash

revision = "0020"
down_revision: str | None = "0004"

BATCH = 1000
_POSITION = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Copy the log into its new table and hash every entry on the way."""
    op.create_table(
        "ledger_log_copy",
        sa.Column("position", _POSITION, primary_key=True, autoincrement=False),
        sa.Column("statement_id", sa.Text, nullable=False),
        sa.Column("statement_hash", sa.BigInteger, nullable=False),
        sa.Column("case_id", sa.Text),
        sa.Column("envelope", sa.LargeBinary, nullable=False),
    )
    frontier = _copied(op.get_bind())
    op.drop_table("ledger_log")
    op.rename_table("ledger_log_copy", "ledger_log")
    op.create_index("ix_ledger_log_case_id", "ledger_log", ["case_id"])
    op.create_index("ix_ledger_log_statement_hash", "ledger_log", ["statement_hash"])
    op.add_column("ledger_log_size", sa.Column("frontier", sa.LargeBinary, nullable=False, server_default=""))
    op.add_column("ledger_log_size", sa.Column("seal", sa.LargeBinary))
    size = sa.table("ledger_log_size", sa.column("frontier", sa.LargeBinary))
    op.execute(sa.update(size).values(frontier=frontier.encoded))
    if op.get_bind().dialect.name != "sqlite":
        op.alter_column("ledger_log_size", "frontier", server_default=None)


def _copied(connection: sa.Connection) -> Frontier:
    names = ("position", "statement_id", "case_id", "envelope")
    old = sa.table("ledger_log", *(sa.column(name) for name in names))
    new = sa.table("ledger_log_copy", *(sa.column(name) for name in (*names, "statement_hash")))
    frontier = Frontier()
    while True:
        query = sa.select(old).where(old.c.position >= frontier.size).order_by(old.c.position).limit(BATCH)
        rows = [dict(row._mapping) for row in connection.execute(query)]  # noqa: SLF001 -- its public name
        if not rows:
            return frontier
        for row in rows:
            row["statement_hash"] = statement_hash(row["statement_id"])
        connection.execute(sa.insert(new), rows)
        frontier = frontier.extended([leaf_hash(row["envelope"]) for row in rows])
