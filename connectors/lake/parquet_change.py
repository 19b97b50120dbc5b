"""What a change does to the rows of one Parquet row group: counted, and told as an edit for the surgery."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, assert_never

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.lake import arrays
from connectors.lake.change import Altered, Anonymize, Change, Counts, Erase, Gone, Redact, columns_of, fate
from connectors.lake.keys import ValueSets
from connectors.lake.nested import ELEMENT, any_within, plain, top_of, way_below, without_elements
from connectors.lake.predicate import compared, constant, mask
from connectors.lake.surgery.edit import GroupEdit, Mapped, flagged
from connectors.lake.surgery.trim import Rows
from retention.errors import TerminalFailure
from retention.model.predicate import Among, Selection
from retention.model.transform import Drop, Value

_NONE = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class Decision:
    """Rows by their numbers in the row group."""

    counts: Counts = field(default_factory=Counts)
    gone: Rows = field(default_factory=lambda: _NONE)
    emptied: Mapping[str, Rows] = field(default_factory=dict)
    replaced: Mapping[str, tuple[Rows, list[Value]]] = field(default_factory=dict)
    """By column: rows, and their new values in the same order."""
    mapped: Mapping[str, Mapped] = field(default_factory=dict)
    """By column: what makes its new values, whichever the rows."""

    def moved(self, by: int) -> Decision:
        """Return the same of rows that stand so much further on."""
        return Decision(
            self.counts,
            self.gone + by,
            {column: rows + by for column, rows in self.emptied.items()},
            {column: (rows + by, values) for column, (rows, values) in self.replaced.items()},
            self.mapped,
        )

    def __add__(self, later: Decision) -> Decision:
        """Add what is decided about later rows."""
        emptied = {
            column: np.concatenate([self.emptied.get(column, _NONE), later.emptied.get(column, _NONE)])
            for column in {**self.emptied, **later.emptied}
        }
        replaced = {}
        for column in {**self.replaced, **later.replaced}:
            rows, values = self.replaced.get(column, (_NONE, []))
            more, others = later.replaced.get(column, (_NONE, []))
            replaced[column] = np.concatenate([rows, more]), values + others
        gone = np.concatenate([self.gone, later.gone])
        return Decision(self.counts + later.counts, gone, emptied, replaced, {**self.mapped, **later.mapped})

    @property
    def rows_named(self) -> int:
        """Return how many row numbers it holds: what it costs to keep."""
        return len(self.gone) + sum(map(len, self.emptied.values())) + sum(len(r) for r, _ in self.replaced.values())

    def edit(self) -> GroupEdit:
        """Return it as an edit of the row group."""
        mapped = {column: _replacing(rows, values) for column, (rows, values) in self.replaced.items() if len(rows)}
        return GroupEdit(self.counts.rows, self.gone, self.emptied, {**mapped, **self.mapped})


def decide(
    table: pa.Table, selection: Selection, change: Change, sets: ValueSets, filled: frozenset[str] = frozenset()
) -> Decision:
    """Return what the change does to these rows; columns that are `filled` in every row need not be in the table.

    Raises:
        KeyTypeError: a key cannot be a value of its column.
        TerminalFailure: a value is of a type its transform has no meaning for.

    """
    selected = mask(table, selection, sets)
    match change:
        case Erase() if any(ELEMENT in column for column in compared(selection.where)):
            return _elements_erased(table, selected, selection, sets)
        case Erase():
            gone = numbers_of(selected)
            return Decision(Counts(table.num_rows, gone=len(gone)), gone)
        case Redact(fields):
            return _emptied(table, selected, fields, filled)
        case Anonymize():
            return _anonymized(table, selected, change)
        case _:
            assert_never(change)


def _elements_erased(table: pa.Table, selected: Any, selection: Selection, sets: ValueSets) -> Decision:  # noqa: ANN401 -- pyarrow has no types
    """Take the person's elements out of lists; their rows stay."""
    where = selection.where
    if not isinstance(where, Among):
        raise TerminalFailure(
            "elements of lists are erased by one key alone, found another condition beside it",
            hint="tie the list's key to one identity key in the data map, without []: then the row goes",
        )
    column, keyset = where.column, where.keys.keyset_id
    top = top_of(table, column)
    if top is None:
        return Decision(Counts(table.num_rows))

    def others(lists: pa.Array) -> pa.Array:
        return without_elements(
            lists,
            way_below(top, column),
            lambda part: sets.of(column, part.type, keyset).among(part),
        )

    altered = len(numbers_of(selected))
    return Decision(Counts(table.num_rows, altered=altered), mapped={top: others} if altered else {})


def _emptied(table: pa.Table, selected: Any, fields: tuple[str, ...], filled: frozenset[str]) -> Decision:  # noqa: ANN401 -- pyarrow has no types
    chosen = {name: selected for name in fields if name in filled}
    present = [name for name in fields if name not in filled and top_of(table, name) is not None]
    chosen |= {name: pc.and_(selected, any_within(table, name, pc.is_valid)) for name in present}
    altered = reduce(pc.or_, chosen.values(), constant(table, value=False))
    emptied = {name: numbers_of(rows) for name, rows in chosen.items()}
    return Decision(Counts(table.num_rows, altered=len(numbers_of(altered))), emptied=emptied)


def _anonymized(table: pa.Table, selected: Any, change: Anonymize) -> Decision:  # noqa: ANN401 -- pyarrow has no types
    chosen, numbers = table.filter(selected), numbers_of(selected)
    columns = sorted(columns_of(change))
    cells = zip(*(cells_of(chosen, column) for column in columns), strict=True)
    rows = [dict(zip(columns, row, strict=True)) for row in cells]
    transform = fate(change)
    fates = [transform(row) for row in rows]
    goes = np.array([isinstance(what, Gone) for what in fates], np.bool_)
    gone = numbers[goes]
    new: dict[str, dict[int, Value]] = {}
    altered = 0
    for number, what in zip(numbers.tolist(), fates, strict=True):
        if isinstance(what, Altered) and what.values:
            altered += 1
            for column, value in what.values.items():
                new.setdefault(column, {})[number] = value
    counts = Counts(table.num_rows, len(gone), altered, len(gone))
    emptied = {
        name: _rows(new[name]) for name, how in change.transforms.items() if name in new and isinstance(how, Drop)
    }
    replaced = {
        name: (_rows(values), list(values.values()))
        for name, values in new.items()
        if name not in emptied and name in table.column_names
    }
    return Decision(counts, gone, emptied, replaced)


def _rows(values: Mapping[int, Value]) -> Rows:
    return np.fromiter(values, np.int64, len(values))


def _replacing(rows: Rows, values: list[Value]) -> Mapped:
    return at_rows(rows, lambda old: pa.array(values, type=old.type))


def at_rows(rows: Rows, function: Mapped) -> Mapped:
    """Return a function of a whole column that lets another work on some rows of it."""

    def replace(column: pa.Array) -> pa.Array:
        new = function(column.take(arrays.numbers(rows)))
        if new.type != column.type or len(new) != len(rows):
            raise TerminalFailure(f"expected {len(rows)} values of type {column.type}, found {len(new)} of {new.type}")
        return pc.replace_with_mask(column, arrays.flags(flagged(len(column), rows)), new)

    return replace


def numbers_of(flags: Any) -> Rows:  # noqa: ANN401 -- pyarrow has no types
    """Return the numbers of the rows that are flagged."""
    return np.flatnonzero(arrays.true_at(flags))


def cells_of(table: pa.Table, column: str) -> list[Value]:
    """Return a column's values as values of the model; of an absent column, nulls."""
    if column not in table.column_names:
        return [None] * table.num_rows
    values = plain(table.column(column))
    if pa.types.is_timestamp(values.type) and values.type.unit == "ns":
        values = pc.cast(values, pa.timestamp("us", values.type.tz), safe=False)
    cells = values.to_pylist()
    if pa.types.is_nested(values.type):
        return [None if cell is None else json.dumps(cell, default=str, ensure_ascii=False) for cell in cells]
    return list(cells)
