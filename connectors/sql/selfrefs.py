"""Tables that refer to themselves: trees of folders, comments, managers.

PostgreSQL and SQLite look at such a reference when the statement ends, so that one statement
may remove a row and the rows under it. InnoDB looks after each row: there the references of
the rows that go are emptied first, in the same transaction, so far as the columns may be null or
the data map says what stands in for them.
Either way it is one transaction: half a tree is never left without its root.
"""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy import Connection, ForeignKeyConstraint, Table

from connectors.sql.database import Session
from connectors.sql.keys import Clause
from connectors.sql.settings import Vendor
from retention.model.subject import Key


def of_table(table: Table) -> list[ForeignKeyConstraint]:
    """Return the table's foreign keys that lead to itself."""
    itself = f"{table.fullname}."
    return [each for each in table.foreign_key_constraints if each.elements[0].target_fullname.startswith(itself)]


def erase(session: Session, where: Clause, vendor: Vendor, stand_ins: Mapping[str, Key]) -> int:
    """Remove the rows in one transaction; return how many there were."""
    table = session.table

    def work(connection: Connection) -> int:
        if vendor is not Vendor.MARIADB:
            return connection.execute(sa.delete(table).where(where)).rowcount
        return _without_looking_back(connection, table, where, stand_ins)

    return session.transaction(work)


def _without_looking_back(connection: Connection, table: Table, where: Clause, stand_ins: Mapping[str, Key]) -> int:
    own = list(table.primary_key.columns)
    going = sa.Table(
        "retention_going",
        sa.MetaData(),
        *(sa.Column(column.name, column.type, primary_key=True, autoincrement=False) for column in own),
        prefixes=["TEMPORARY"],
        mysql_engine="MEMORY",
        mariadb_engine="MEMORY",
    )
    connection.execute(sa.schema.CreateTable(going))
    try:
        connection.execute(sa.insert(going).from_select([column.name for column in own], sa.select(*own).where(where)))
        mine = sa.exists(sa.select(sa.literal(1)).where(*(c == going.c[c.name] for c in own)).correlate(table))
        for reference in of_table(table):
            empty = {column.name: stand_ins.get(column.name, sa.null()) for column in reference.columns}
            able = {name: value for name, value in empty.items() if name in stand_ins or table.c[name].nullable}
            if able:
                connection.execute(sa.update(table).where(mine).values(able))
        return connection.execute(sa.delete(table).where(mine)).rowcount
    finally:
        connection.exec_driver_sql("DROP TEMPORARY TABLE retention_going")
