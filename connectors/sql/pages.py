"""A change cut into transactions of bounded size.

A table, or a selection, of up to `page` rows is changed by one statement. A larger one is cut by
windows of the primary key, each of at most `page` rows of the table: every window is read once,
so the whole costs one pass, whatever the predicate. A process that dies between two windows has done
the first for good; the repeat finds the rest. Without a primary key there is one transaction.
Rows of few keys are counted ahead; for many keys PostgreSQL's planner is asked, which knows the
table and the keys by their statistics, and a change of more rows than it said is undone and cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy import ClauseElement, Connection, Executable, Table
from sqlalchemy.ext.compiler import compiles

from connectors.sql.database import Session
from connectors.sql.keys import Clause

Statement: TypeAlias = Callable[[Connection, Clause], int]
"""Changes the rows of the clause and says how many there were."""


@dataclass(frozen=True, slots=True)
class Cut:
    """How a change may be cut."""

    page: int
    """Rows that one transaction may change."""
    key: Sequence[str]
    """The primary key's columns; empty: everything in one transaction."""
    is_large: bool
    """Whether there are so many keys that nothing is counted ahead."""
    is_one: bool = False
    """Whether the change is one statement, and so a transaction by itself; of several all happen or none."""


def change(session: Session, where: Clause, cut: Cut, statement: Statement) -> int:
    """Change the selected rows by the statement; return how many there were."""
    key = [session.table.columns[name] for name in cut.key]
    if not key or _end(session, sa.true(), cut.page, key) is None:
        return _within(session, where, cut, statement)
    rows = _at_once(session, where, cut, statement)
    if rows is not None:
        return rows
    return sum(_within(session, sa.and_(where, window), cut, statement) for window in _windows(session, cut.page, key))


def _at_once(session: Session, where: Clause, cut: Cut, statement: Statement) -> int | None:
    """Change the rows in one transaction; None, and nothing changed, where they are more than a page."""
    if session.connection.dialect.name == "sqlite":
        more = session.transaction(lambda connection: _exceeds(connection, session.table, where, cut.page))
        return None if more else _within(session, where, cut, statement)

    def change_few(connection: Connection) -> int | None:
        if cut.is_large:
            few = connection.dialect.name == "postgresql" and _expected(connection, session.table, where) <= cut.page
        else:
            few = not _exceeds(connection, session.table, where, cut.page)
        if not few:
            return None
        rows = statement(connection, where)
        if rows > cut.page:
            raise _MoreThanExpectedError
        return rows

    try:
        return session.transaction(change_few)
    except _MoreThanExpectedError:
        return None


class _MoreThanExpectedError(Exception):
    """Undoes the transaction."""


class _Explain(Executable, ClauseElement):
    """What the planner expects of a query."""

    inherit_cache = False

    def __init__(self, query: sa.Select[Any]) -> None:
        self.query = query


@compiles(_Explain)
def _(element: _Explain, compiler: Any, **how: Any) -> str:  # noqa: ANN401 -- SQLAlchemy's compiler
    return f"EXPLAIN (FORMAT JSON) {compiler.process(element.query, **how)}"


def _expected(connection: Connection, table: Table, where: Clause) -> int:
    (plan,) = connection.execute(_Explain(sa.select(sa.literal(1)).select_from(table).where(where))).scalar_one()
    return int(plan["Plan"]["Plan Rows"])


def _within(session: Session, rows: Clause, cut: Cut, statement: Statement) -> int:
    transaction = session.statement if cut.is_one else session.transaction
    return transaction(lambda connection: statement(connection, rows))


def _exceeds(connection: Connection, table: Table, where: Clause, page: int) -> bool:
    some = sa.select(sa.literal(1)).select_from(table).where(where).limit(page + 1).subquery()
    return int(connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one()) > page


def _windows(session: Session, page: int, key: Sequence[sa.Column[Any]]) -> Iterator[Clause]:
    """Yield windows that cover the table; the last has no end, for rows that were added meanwhile."""
    after: Clause = sa.true()
    while (end := _end(session, after, page, key)) is not None:
        yield sa.and_(after, _row(key) <= end)
        after = _row(key) > end
    yield after


def _end(session: Session, after: Clause, page: int, key: Sequence[sa.Column[Any]]) -> sa.ColumnElement[Any] | None:
    query = sa.select(*key).where(after).order_by(*key).offset(page - 1).limit(1)
    found = session.transaction(lambda connection: connection.execute(query).first())
    if found is None:
        return None
    last = [sa.literal(value, column.type) for value, column in zip(found, key, strict=True)]
    return last[0] if len(last) == 1 else sa.tuple_(*last)


def _row(key: Sequence[sa.Column[Any]]) -> sa.ColumnElement[Any]:
    return key[0] if len(key) == 1 else sa.tuple_(*key)
