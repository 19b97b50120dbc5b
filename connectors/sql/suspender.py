"""Suspends and lifts rows: by a flag, by moving them, or by listing their keys for a view to leave out.

A move inserts and deletes in one transaction, window by window (`pages`): wherever the process dies, each row is
in one table, whole. The rows are locked before they are copied, and counted on both sides: if another writer put one
in between, the transaction is undone and tried again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, assert_never

import sqlalchemy as sa
from sqlalchemy import Connection, Table

from connectors.sql import pages
from connectors.sql.database import Database, Session, column_of
from connectors.sql.keys import Clause, sending
from connectors.sql.predicate import where_of
from connectors.sql.settings import Vendor
from retention.errors import ConcurrentWriteFailure, TerminalFailure
from retention.model.datamap import Dataset
from retention.model.outcome import Effect
from retention.model.predicate import Selection
from retention.model.suspension import Flag, FlagValue, Listed, Moved

Make: TypeAlias = Callable[[Session], pages.Statement]


class SqlSuspender:
    """Stops the use of rows, and allows it again."""

    def __init__(self, database: Database) -> None:
        """Keep the database."""
        self._database = database

    def suspend_rows(self, dataset: Dataset, selection: Selection) -> Effect:
        """Stop the use of the selected rows."""
        match dataset.suspension.means if dataset.suspension else None:
            case Flag() as flag:
                return self._change(dataset.location, dataset, selection, self._flagged(flag.column, flag.value))
            case Moved(kept):
                return self._change(dataset.location, dataset, selection, self._moved(kept))
            case Listed(kept):
                return self._change(dataset.location, dataset, selection, self._listed(kept, dataset.primary_key))
            case None:
                raise _no_means(dataset)
            case other:
                assert_never(other)

    def lift_rows(self, dataset: Dataset, selection: Selection) -> Effect:
        """Allow the use of the selected rows again."""
        match dataset.suspension.means if dataset.suspension else None:
            case Flag() as flag:
                return self._change(dataset.location, dataset, selection, self._flagged(flag.column, flag.lifted))
            case Moved(kept):
                return self._change(kept, dataset, selection, self._moved(dataset.location))
            case Listed(kept):
                return self._change(kept, dataset, selection, lambda session: _deleted(session.table))
            case None:
                raise _no_means(dataset)
            case other:
                assert_never(other)

    def _change(self, location: str, dataset: Dataset, selection: Selection, make: Make) -> Effect:
        database = self._database
        with database.session(location) as session, sending(session.connection, database.options) as sender:
            where = where_of(session.table, selection, sender)
            session.connection.commit()  # keys that were sent ahead stay for all transactions
            statement = make(session)
            key = tuple(column.name for column in session.table.primary_key.columns) or dataset.primary_key
            cut = pages.Cut(database.options.page, key, sender.is_many)
            return Effect(rows=pages.change(session, where, cut, statement))

    def _flagged(self, name: str, value: FlagValue | None) -> Make:
        def made(session: Session) -> pages.Statement:
            table, column = session.table, column_of(session.table, name)
            new = sa.null() if value is None else sa.literal(_in_type(column, value), column.type)
            rest = column.is_not(None) if value is None else sa.or_(column.is_(None), column != new)
            return lambda connection, rows: (
                connection.execute(sa.update(table).where(rows, rest).values({name: new})).rowcount
            )

        return made

    def _moved(self, target: str) -> Make:
        def made(session: Session) -> pages.Statement:
            there = self._database.table(session.connection, target)
            session.connection.rollback()
            columns = _movable(session.table, there)

            def moved(connection: Connection, rows: Clause) -> int:
                source = session.table
                locked = sa.select(sa.literal(1)).select_from(source).where(rows).with_for_update()
                if self._database.options.vendor is not Vendor.SQLITE:  # there, BEGIN IMMEDIATE keeps writers out
                    connection.execute(locked).fetchall()
                chosen = sa.select(*(source.columns[name] for name in columns)).where(rows)
                inserted = _inserted(connection, there, columns, chosen)
                deleted = connection.execute(sa.delete(source).where(rows)).rowcount
                if inserted != deleted:
                    raise ConcurrentWriteFailure(
                        f"{source.name}: rows came while rows were moved; nothing was moved", hint="run again"
                    )
                return deleted

            return moved

        return made

    def _listed(self, target: str, key: Sequence[str]) -> Make:
        def made(session: Session) -> pages.Statement:
            there = self._database.table(session.connection, target)
            session.connection.rollback()

            def listed(connection: Connection, rows: Clause) -> int:
                source = session.table
                mine = [column_of(source, name) for name in key]
                same = sa.and_(*(column_of(there, name) == source.columns[name] for name in key))
                is_there = sa.exists(sa.select(sa.literal(1)).select_from(there).where(same).correlate(source))
                chosen = sa.select(*mine).where(rows, sa.not_(is_there))
                return _inserted(connection, there, key, chosen)

            return listed

        return made


def _inserted(connection: Connection, table: Table, columns: Sequence[str], rows: sa.Select[Any]) -> int:
    insert = sa.insert(table).from_select(list(columns), rows)
    # without it the count of an INSERT is dropped for some drivers
    return connection.execute(insert, execution_options={"preserve_rowcount": True}).rowcount


def _deleted(table: Table) -> pages.Statement:
    return lambda connection, rows: connection.execute(sa.delete(table).where(rows)).rowcount


def _movable(source: Table, target: Table) -> tuple[str, ...]:
    """Return the columns to copy: all but those that the database computes.

    Raises:
        TerminalFailure: rows could not go there, or not come back.

    """
    if set(source.columns.keys()) != set(target.columns.keys()):
        raise TerminalFailure(
            f"{source.name} and {target.name} differ in their columns; nothing was moved", hint="make them alike"
        )
    every = [*source.columns, *target.columns]
    if any(column.identity is not None and column.identity.always for column in every):
        raise TerminalFailure(
            f"{source.name}: rows with a column GENERATED ALWAYS AS IDENTITY could not be moved back",
            hint="make it GENERATED BY DEFAULT, or suspend by a flag",
        )
    computed = {column.name for column in every if column.computed is not None}
    return tuple(column.name for column in source.columns if column.name not in computed)


def _in_type(column: sa.Column[Any], value: FlagValue) -> FlagValue:
    if isinstance(column.type, sa.Boolean):
        return bool(value)
    return int(value) if isinstance(column.type, sa.Integer) else value


def _no_means(dataset: Dataset) -> TerminalFailure:
    return TerminalFailure(
        f"{dataset.dataset_id}: the data map does not say how its rows are suspended", hint="add `suspend` to it"
    )
