"""Erases, redacts, anonymizes: works out the new table, then puts it in place whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from connectors.memory.database import Database, Table
from connectors.memory.predicate import known, test_of
from retention.errors import TerminalFailure
from retention.model.datamap import Dataset
from retention.model.outcome import Effect
from retention.model.predicate import Selection
from retention.model.transform import Transform, Value, apply, class_of

Row: TypeAlias = Mapping[str, Value]
Change: TypeAlias = Callable[[Row], Row | None]
"""From a selected row to what becomes of it; None if it goes."""


class MemoryEraser:
    """The three things that may be done to rows; one call is all or nothing."""

    def __init__(self, database: Callable[[], Database]) -> None:
        """Keep the way to the database: it may appear later."""
        self._database = database

    def erase_rows(self, dataset: Dataset, selection: Selection) -> Effect:
        """Remove the selected rows."""
        changed, _ = self._change(dataset, selection, (), lambda _: None)
        return Effect(rows=changed)

    def redact_fields(self, dataset: Dataset, selection: Selection, fields: Sequence[str]) -> Effect:
        """Set the fields of the selected rows to null; rows that had them null already do not count."""
        emptied = {name: dataset.stand_ins.get(name) for name in fields}

        def change(row: Row) -> Row:
            filled = any(row[name] not in {None, emptied[name]} for name in fields)
            return {**row, **emptied} if filled else row

        changed, _ = self._change(dataset, selection, fields, change)
        return Effect(rows=changed)

    def anonymize_rows(
        self,
        dataset: Dataset,
        selection: Selection,
        transforms: Mapping[str, Transform],
        quasi: Sequence[str],
        rare: frozenset[str],
    ) -> Effect:
        """Apply the transforms and remove rows of rare classes; rows that stay as they were do not count."""

        def change(row: Row) -> Row | None:
            transformed = {**row, **{name: _applied(name, how, row) for name, how in transforms.items()}}
            return None if class_of(transformed, quasi) in rare else transformed

        changed, gone = self._change(dataset, selection, (*transforms, *quasi), change)
        return Effect(rows=changed, rows_suppressed=gone)

    def _change(
        self, dataset: Dataset, selection: Selection, columns: Sequence[str], change: Change
    ) -> tuple[int, int]:
        database = self._database()
        with database.changing():
            table = database.table(dataset.location)
            for column in columns:
                known(table.columns, column)
            selected = test_of(table.columns, selection)
            pairs = [(row, change(row) if selected(row) else row) for row in table.rows]
            changed = sum(before != after for before, after in pairs)
            if changed:
                rows = tuple(after for _, after in pairs if after is not None)
                database.replace(dataset.location, Table(table.columns, rows))
        return changed, sum(after is None for _, after in pairs)


def _applied(column: str, how: Transform, row: Row) -> Value:
    try:
        return apply(how, row[column])
    except (TypeError, ValueError):
        # the value stands in the original message, so that message goes no further
        raise TerminalFailure(
            f"column {column}: {type(how).__name__} has no meaning for one of its values",
            hint="choose another transform in the data map",
        ) from None
