"""Which events stand: decided when something is recorded, so that no question has to ask again.

An event stands if nothing corrects it and, where it corrects another, no later correction of that
one was recorded (`retention.clocks.fold` says why). That depends only on the event, on what
corrects it and on what corrects the same: after a batch only those are looked at. It happens in
the transaction that records, or the column would lie.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, FromClause, Text, Tuple, Update, and_, exists, or_, select, tuple_, update
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement

from retention.store.tables import EVENTS


class CodePoints(FunctionElement[str]):
    """A text as Python sorts it, whatever the database's language."""

    inherit_cache = True
    name = "code_points"
    type = Text()


def settle(connection: Connection, event_ids: Sequence[str], corrected: Sequence[str]) -> None:
    """Decide again, after these events were recorded, for all that they may have changed.

    Args:
        connection: The transaction that recorded them.
        event_ids: The events; a correction of them may have been there before.
        corrected: The events that they correct.

    """
    early = connection.scalars(select(EVENTS.c.corrects).where(EVENTS.c.corrects.in_(event_ids)))
    targets = {*corrected, *early}
    if targets:
        connection.execute(_decide().where(EVENTS.c.event_id.in_(targets)))
    if corrected:
        connection.execute(_decide().where(EVENTS.c.corrects.in_(corrected)))


def later(one: FromClause, other: FromClause, *columns: str) -> ColumnElement[bool]:
    """Return whether one event comes after the other by these instants; at the same, by their ids."""
    return _rank(one, columns) > _rank(other, columns)


def _rank(event: FromClause, columns: Sequence[str]) -> Tuple:
    return tuple_(*(event.c[name] for name in columns), CodePoints(event.c.event_id))


def _decide() -> Update:
    correction, rival = EVENTS.alias(), EVENTS.alias()
    is_corrected = exists().where(correction.c.corrects == EVENTS.c.event_id).correlate(EVENTS)
    is_outdone = (
        exists()
        .where(rival.c.corrects == EVENTS.c.corrects, later(rival, EVENTS, "recorded_at", "occurred_at"))
        .correlate(EVENTS)
    )
    return update(EVENTS).values(stands=and_(~is_corrected, or_(EVENTS.c.corrects.is_(None), ~is_outdone)))


@compiles(CodePoints)
def _as_it_is(element: CodePoints, compiler: SQLCompiler, **options: object) -> str:
    return compiler.process(element.clauses, **options)


@compiles(CodePoints, "postgresql")
def _by_code_point(element: CodePoints, compiler: SQLCompiler, **options: object) -> str:
    return f'{compiler.process(element.clauses, **options)} COLLATE "C"'
