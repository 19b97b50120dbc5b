"""Suspends and lifts: works out the new tables, then puts them in place whole, and at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

from connectors.memory.database import Database, Table
from connectors.memory.predicate import known, test_of
from retention.errors import TerminalFailure
from retention.model.datamap import Dataset
from retention.model.outcome import Effect
from retention.model.predicate import Selection
from retention.model.suspension import Flag, FlagValue, Listed, Moved


class MemorySuspender:
    """Stops the use of rows, and allows it again."""

    def __init__(self, database: Callable[[], Database]) -> None:
        """Keep the way to the database: it may appear later."""
        self._database = database

    def suspend_rows(self, dataset: Dataset, selection: Selection) -> Effect:
        """Stop the use of the selected rows."""
        match dataset.suspension.means if dataset.suspension else None:
            case Flag() as flag:
                return self._set(dataset, selection, flag.column, flag.value)
            case Moved(kept):
                return self._move(selection, dataset.location, kept)
            case Listed() | None:
                raise _no_means(dataset)
            case other:
                assert_never(other)

    def lift_rows(self, dataset: Dataset, selection: Selection) -> Effect:
        """Allow the use of the selected rows again."""
        match dataset.suspension.means if dataset.suspension else None:
            case Flag() as flag:
                return self._set(dataset, selection, flag.column, flag.lifted)
            case Moved(kept):
                return self._move(selection, kept, dataset.location)
            case Listed() | None:
                raise _no_means(dataset)
            case other:
                assert_never(other)

    def _set(self, dataset: Dataset, selection: Selection, column: str, value: FlagValue | None) -> Effect:
        database = self._database()
        with database.changing():
            table = database.table(dataset.location)
            known(table.columns, column)
            selected = test_of(table.columns, selection)
            rows = tuple({**row, column: value} if selected(row) else row for row in table.rows)
            changed = sum(before != after for before, after in zip(table.rows, rows, strict=True))
            if changed:
                database.replace(dataset.location, replace(table, rows=rows))
        return Effect(rows=changed)

    def _move(self, selection: Selection, here: str, there: str) -> Effect:
        database = self._database()
        with database.changing():
            source, target = database.table(here), database.table(there)
            if source.columns != target.columns:
                raise TerminalFailure(
                    f"memory:{database.name}: {there} and {here} differ in their columns", hint="make them alike"
                )
            selected = test_of(source.columns, selection)
            moved = tuple(row for row in source.rows if selected(row))
            stay = tuple(row for row in source.rows if not selected(row))
            if moved:
                tables = {here: Table(source.columns, stay), there: Table(target.columns, target.rows + moved)}
                database.replace_all(tables)
        return Effect(rows=len(moved))


def _no_means(dataset: Dataset) -> TerminalFailure:
    return TerminalFailure(
        f"{dataset.dataset_id}: nothing here can suspend rows in this way",
        hint="say `suspend: {flag: …}` or `suspend: {move: …}` in the data map",
    )
