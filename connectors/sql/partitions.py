"""PostgreSQL's partitions, emptied or dropped whole where every row of one goes.

A partition of which a single row stays (not due, or under a hold: the selection does not reach
it) is left to the row-wise erasure. The partition is locked before it is counted, so that no
row comes in between the count and the end of the partition; `TRUNCATE` and `DROP` leave
no dead rows behind. Where rows of other tables may refer to the table, rows are erased one by
one: their foreign keys are for the database to check.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy import Connection, Table

from connectors.sql.database import Session
from connectors.sql.keys import Clause
from connectors.sql.settings import Partitions, SqlOptions, Vendor

_LEAVES: Final = sa.text(
    "SELECT relid::oid AS leaf, relid::regclass::text AS name, parentrelid::regclass::text AS parent"
    " FROM pg_partition_tree(CAST(:table AS regclass)) WHERE isleaf AND parentrelid IS NOT NULL"
)
_REFERRED: Final = sa.text(
    "SELECT EXISTS (SELECT 1 FROM pg_constraint WHERE contype = 'f' AND confrelid = CAST(:table AS regclass))"
)


def emptied(session: Session, where: Clause, options: SqlOptions) -> int:
    """Remove the partitions of which every row is selected; return how many rows they had."""
    if options.vendor is not Vendor.POSTGRESQL or options.partitions is Partitions.ROWS:
        return 0
    name = {"table": session.connection.dialect.identifier_preparer.format_table(session.table)}

    def whole(connection: Connection) -> list[tuple[int, str, str]]:
        leaves = connection.execute(_LEAVES, name).all()
        if not leaves or connection.execute(_REFERRED, name).scalar_one():
            return []
        counts = _counted(connection, session.table, where, [leaf for leaf, _, _ in leaves])
        return [(leaf, own, parent) for leaf, own, parent in leaves if counts.get(leaf, (0, 1))[1] == 0]

    found = session.transaction(whole)
    return sum(_removed(session, where, one, options) for one in found)


def _removed(session: Session, where: Clause, partition: tuple[int, str, str], options: SqlOptions) -> int:
    return session.transaction(lambda connection: _gone(connection, session.table, where, partition, options))


def _counted(connection: Connection, table: Table, where: Clause, leaves: list[int]) -> dict[int, tuple[int, int]]:
    """Return by partition how many rows are selected, and how many are not."""
    here = sa.column("tableoid", sa.BigInteger)
    others = sa.not_(sa.func.coalesce(where, sa.false()))
    query = (
        sa.select(here, sa.func.count().filter(where), sa.func.count().filter(others))
        .select_from(table)
        .where(here.in_(leaves))
        .group_by(here)
    )
    return {leaf: (selected, others) for leaf, selected, others in connection.execute(query)}


def _gone(
    connection: Connection, table: Table, where: Clause, partition: tuple[int, str, str], options: SqlOptions
) -> int:
    leaf, name, parent = partition
    connection.exec_driver_sql(f"LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE")
    selected, others = _counted(connection, table, where, [leaf]).get(leaf, (0, 0))
    if others:
        return 0  # somebody added a row that stays
    if options.partitions is Partitions.DROP:
        connection.exec_driver_sql(f"ALTER TABLE {parent} DETACH PARTITION {name}")
        connection.exec_driver_sql(f"DROP TABLE {name}")
    else:
        connection.exec_driver_sql(f"TRUNCATE {name}")
    return selected
