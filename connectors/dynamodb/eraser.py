"""Erases, redacts, anonymizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.dynamodb.access import Access
from connectors.dynamodb.change import Changer, Counts, Decide, Erase, Fate, Write
from connectors.dynamodb.items import Attributes, decoded
from connectors.dynamodb.remains import Remains
from connectors.dynamodb.table import Tables
from retention.errors import TerminalFailure
from retention.model.datamap import Dataset
from retention.model.outcome import Effect
from retention.model.predicate import Selection
from retention.model.transform import Transform, Value, apply, class_of


class DynamoEraser:
    """The three things that may be done to items."""

    def __init__(self, tables: Tables) -> None:
        """Write to these tables."""
        self._tables = tables

    def erase_rows(self, dataset: Dataset, selection: Selection) -> Effect:
        """Remove the selected items."""
        counts, remains = self._change(dataset, selection, (), lambda _: Erase())
        return Effect(rows=counts.changed, residues=remains.now())

    def redact_fields(self, dataset: Dataset, selection: Selection, fields: Sequence[str]) -> Effect:
        """Remove the fields from the selected items; items that had none of them already do not count."""

        def decide(attributes: Attributes) -> Fate:
            there = decoded(attributes)
            return Write(dict.fromkeys(fields)) if any(name in there for name in fields) else None

        counts, remains = self._change(dataset, selection, fields, decide)
        return Effect(rows=counts.changed, residues=remains.now())

    def anonymize_rows(
        self,
        dataset: Dataset,
        selection: Selection,
        transforms: Mapping[str, Transform],
        quasi: Sequence[str],
        rare: frozenset[str],
    ) -> Effect:
        """Apply the transforms and remove items of rare classes; items that stay as they were do not count."""

        def decide(attributes: Attributes) -> Fate:
            item = decoded(attributes)
            new = {name: _applied(name, how, item.get(name)) for name, how in transforms.items()}
            named = {name: item.get(name) for name in quasi} | new
            if class_of(named, quasi) in rare:
                return Erase()
            differing = {name: value for name, value in new.items() if value != item.get(name)}
            return Write(differing) if differing else None

        counts, remains = self._change(dataset, selection, tuple(transforms), decide)
        return Effect(rows=counts.changed, rows_suppressed=counts.erased, residues=remains.now())

    def _change(
        self, dataset: Dataset, selection: Selection, columns: Sequence[str], decide: Decide
    ) -> tuple[Counts, Remains]:
        access = Access(self._tables, dataset, selection)
        fixed = sorted(set(columns) & set(access.table.key))
        if fixed:
            raise TerminalFailure(
                f"{dataset.dataset_id}: {', '.join(fixed)} is part of the primary key, which cannot change",
                hint="erase such items, or map a surrogate primary key",
            )
        # asked before anything is touched: a backup that nobody can date must not be found out afterwards
        remains = Remains(self._tables, access.table)
        access.checked()
        return Changer(access, selection, decide).carry_out(), remains


def _applied(column: str, how: Transform, value: Value) -> Value:
    try:
        return apply(how, value)
    except (TypeError, ValueError):
        # the value stands in the original message, so that message goes no further
        raise TerminalFailure(
            f"attribute {column}: {type(how).__name__} has no meaning for one of its values",
            hint="choose another transform in the data map",
        ) from None
