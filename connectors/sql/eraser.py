"""Erases, redacts, anonymizes, then `remains.settle`. Large selections are cut: see `pages`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy import Connection, Table

from connectors.sql import pages, partitions, selfrefs
from connectors.sql.columns import readable
from connectors.sql.database import Database, Session, column_of
from connectors.sql.keys import Clause, sending
from connectors.sql.predicate import where_of
from connectors.sql.remains import settle
from retention.errors import TerminalFailure
from retention.model.datamap import Dataset
from retention.model.outcome import Effect
from retention.model.predicate import Selection
from retention.model.subject import Key
from retention.model.transform import Transform, Value, apply, class_of

_PAGE: Final = 1_000
"""Rows that are transformed at once."""

Row: TypeAlias = Mapping[str, Value]
Cutter: TypeAlias = Callable[[Sequence[str]], pages.Cut]
Work: TypeAlias = Callable[[Session, Clause, Cutter], Effect]


class SqlEraser:
    """The three things that may be done to rows."""

    def __init__(self, database: Database) -> None:
        """Keep the database."""
        self._database = database

    def erase_rows(self, dataset: Dataset, selection: Selection) -> Effect:
        """Remove the selected rows."""

        def work(session: Session, where: Clause, cut: Cutter) -> Effect:
            options = self._database.options
            gone = partitions.emptied(session, where, options)
            if selfrefs.of_table(session.table):
                return Effect(rows=gone + selfrefs.erase(session, where, options.vendor, dataset.stand_ins))
            whole = cut(_key_columns(dataset, session.table))
            return Effect(rows=gone + pages.change(session, where, whole, _deleted(session.table)))

        return self._change(dataset, selection, work)

    def redact_fields(self, dataset: Dataset, selection: Selection, fields: Sequence[str]) -> Effect:
        """Empty the fields of the selected rows; rows that had them empty already do not count."""

        def work(session: Session, where: Clause, cut: Cutter) -> Effect:
            table = session.table
            values = {name: _stand_in(column_of(table, name), dataset.stand_ins.get(name)) for name in fields}
            filled = sa.or_(*(_is_filled(table.c[name], new) for name, new in values.items()))
            # a window of a key that is itself emptied would move under the next one
            key = [] if set(fields) & set(_key_columns(dataset, table)) else _key_columns(dataset, table)

            def emptied(connection: Connection, rows: Clause) -> int:
                return connection.execute(sa.update(table).where(rows, filled).values(values)).rowcount

            return Effect(rows=pages.change(session, where, cut(key), emptied))

        return self._change(dataset, selection, work)

    def anonymize_rows(
        self,
        dataset: Dataset,
        selection: Selection,
        transforms: Mapping[str, Transform],
        quasi: Sequence[str],
        rare: frozenset[str],
    ) -> Effect:
        """Apply the transforms and remove rows of rare classes; rows that stay as they were do not count.

        Raises:
            TerminalFailure: the table has no primary key, or a transform has no meaning for a value.

        """

        def work(session: Session, where: Clause, _: Cutter) -> Effect:
            key = _primary_key(dataset, session.table)

            def anonymized(connection: Connection) -> Effect:
                of_table = _Pages(connection, session.table, key, where)
                changed = gone = 0
                for rows in of_table.rows(tuple(dict.fromkeys((*transforms, *quasi)))):
                    out, stay = _parted(rows, transforms, quasi, rare)
                    of_table.erase(out)
                    of_table.update(stay)
                    gone += len(out)
                    changed += len(out) + len(stay)
                return Effect(rows=changed, rows_suppressed=gone)

            return session.transaction(anonymized)

        return self._change(dataset, selection, work)

    def _change(self, dataset: Dataset, selection: Selection, work: Work) -> Effect:
        database = self._database
        with database.session(dataset.location) as session, sending(session.connection, database.options) as sender:
            where = where_of(session.table, selection, sender)
            session.connection.commit()  # keys that were sent ahead stay for all transactions

            def cut(key: Sequence[str]) -> pages.Cut:
                return pages.Cut(database.options.page, key, sender.is_many, is_one=True)

            effect = work(session, where, cut)
        return replace(effect, residues=settle(database, session.table))


def _deleted(table: Table) -> pages.Statement:
    return lambda connection, rows: connection.execute(sa.delete(table).where(rows)).rowcount


def _stand_in(column: sa.Column[Any], value: Key | None) -> sa.ColumnElement[Any]:
    """Return what an emptied column holds: null, or what the data map has stand in for it."""
    return sa.null() if value is None else sa.literal(value, column.type)


def _is_filled(column: sa.Column[Any], empty: sa.ColumnElement[Any]) -> Clause:
    return column.is_not(None) if isinstance(empty, sa.sql.elements.Null) else column != empty  # null is empty as well


class _Pages:
    """Selected rows in the order of their primary key, page by page, locked against others."""

    def __init__(self, connection: Connection, table: Table, key: tuple[str, ...], where: Clause) -> None:
        self._connection = connection
        self._table = table
        self._key = key
        self._where = where
        self._mine = sa.and_(*(table.columns[name] == sa.bindparam(f"_key_{name}") for name in key))

    def rows(self, columns: Sequence[str]) -> Iterator[Sequence[Row]]:
        """Yield pages; a row that is changed meanwhile is not seen again, since its key is behind."""
        table, key = self._table, self._key
        key_columns = [table.columns[name] for name in key]
        chosen = [table.columns[name].label(f"_key_{name}") for name in key]
        values = [readable(column_of(table, name)).label(name) for name in columns]
        query = sa.select(*chosen, *values).where(self._where).order_by(*key_columns).limit(_PAGE).with_for_update()
        page = query
        while rows := [dict(row) for row in self._connection.execute(page).mappings()]:
            yield rows
            last = [sa.literal(rows[-1][f"_key_{name}"], table.columns[name].type) for name in key]
            page = query.where(sa.tuple_(*key_columns) > sa.tuple_(*last))

    def erase(self, rows: Sequence[Row]) -> None:
        """Remove the rows."""
        if rows:
            self._connection.execute(sa.delete(self._table).where(self._mine), [self._key_of(row) for row in rows])

    def update(self, changes: Sequence[tuple[Row, Row]]) -> None:
        """Write each row's new values."""
        if changes:
            names = changes[0][1]
            new = {name: sa.bindparam(f"_new_{name}", type_=self._table.columns[name].type) for name in names}
            parameters = [
                self._key_of(row) | {f"_new_{name}": value for name, value in values.items()} for row, values in changes
            ]
            self._connection.execute(sa.update(self._table).where(self._mine).values(new), parameters)

    def _key_of(self, row: Row) -> dict[str, Any]:
        return {f"_key_{name}": row[f"_key_{name}"] for name in self._key}


def _key_columns(dataset: Dataset, table: Table) -> tuple[str, ...]:
    """Return the primary key that the database keeps, or the one that the map names."""
    return tuple(column.name for column in table.primary_key.columns) or dataset.primary_key


def _primary_key(dataset: Dataset, table: Table) -> tuple[str, ...]:
    key = dataset.primary_key or _key_columns(dataset, table)
    if not key:
        raise TerminalFailure(f"{table.name}: anonymizing needs a primary key", hint="name it in the data map")
    for name in key:
        column_of(table, name)
    return key


def _applied(column: str, how: Transform, row: Row) -> Value:
    try:
        return apply(how, row[column])
    except (TypeError, ValueError):
        # the value stands in the original message, so that message goes no further
        raise TerminalFailure(
            f"column {column}: {type(how).__name__} has no meaning for one of its values",
            hint="choose another transform in the data map",
        ) from None


def _parted(
    rows: Sequence[Row], transforms: Mapping[str, Transform], quasi: Sequence[str], rare: frozenset[str]
) -> tuple[list[Row], list[tuple[Row, Row]]]:
    """Return rows of rare classes, and the others that change with their new values."""
    out: list[Row] = []
    stay: list[tuple[Row, Row]] = []
    for row in rows:
        new = {name: _applied(name, how, row) for name, how in transforms.items()}
        if class_of({**row, **new}, quasi) in rare:
            out.append(row)
        elif _differs(row, new):
            stay.append((row, new))
    return out, stay


def _differs(row: Row, new: Row) -> bool:
    return any(row[name] != value for name, value in new.items())
