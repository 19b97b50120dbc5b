"""Reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from connectors.dynamodb.access import Access
from connectors.dynamodb.items import decoded, kind_of
from connectors.dynamodb.table import Tables
from retention.model.datamap import ColumnType, Dataset
from retention.model.predicate import Everything, Selection
from retention.model.transform import Value

_OF_KEY: Final = {"S": ColumnType.TEXT, "N": ColumnType.INTEGER, "B": ColumnType.OTHER}


class DynamoFinder:
    """What the tables hold. Items whose time to live is over and that are still there count as there."""

    def __init__(self, tables: Tables) -> None:
        """Read these tables."""
        self._tables = tables

    def describe(self, dataset: Dataset) -> Mapping[str, ColumnType]:
        """Return the attributes that items have: all of them where a scan is allowed, else those of the first page.

        Attributes that the map names are there as text, if no item happens to have them: emptied everywhere is
        not missing. A slip in the map shows as an attribute that is not mapped.
        """
        table = self._tables.found(dataset.location)
        if table is None:
            return {}
        kinds: dict[str, set[ColumnType]] = {name: {_OF_KEY[kind]} for name, kind in table.kinds.items()}
        for page in islice(self._tables.scan(table), None if dataset.scan else 1):
            for attributes in page["Items"]:
                for name in attributes:
                    kinds.setdefault(name, set())
                for name, value in decoded(attributes).items():
                    kinds[name].add(kind_of(value))
        mapped = {*dataset.fields, *dataset.dates.values(), *dataset.linking_columns, *dataset.primary_key}
        return {**dict.fromkeys(sorted(mapped), ColumnType.TEXT), **{name: _one(kinds[name]) for name in kinds}}

    def count(self, dataset: Dataset, selection: Selection) -> int:
        """Return how many items are selected.

        Everything, where no scan is allowed, is the store's own count, up to six hours old: it serves for
        the share of a dataset that a plan touches, and nothing else asks for it.
        """
        if not dataset.scan and isinstance(selection.where, Everything):
            return self._tables.table(dataset.location).items
        return sum(1 for _ in Access(self._tables, dataset, selection).items())

    def values(self, dataset: Dataset, columns: Sequence[str], selection: Selection) -> Iterator[tuple[Value, ...]]:
        """Yield each combination once."""
        for combination, _ in self.tally(dataset, columns, selection):
            yield combination

    def tally(
        self, dataset: Dataset, columns: Sequence[str], selection: Selection
    ) -> Iterator[tuple[tuple[Value, ...], int]]:
        """Yield each combination once, with its items."""
        found = map(decoded, Access(self._tables, dataset, selection).items())
        yield from Counter(tuple(item.get(column) for column in columns) for item in found).items()


def _one(kinds: set[ColumnType]) -> ColumnType:
    """Return one type for all that were found."""
    if kinds <= {ColumnType.INTEGER, ColumnType.NUMBER} and kinds:
        return ColumnType.NUMBER if ColumnType.NUMBER in kinds else ColumnType.INTEGER
    if not kinds:
        return ColumnType.TEXT
    return next(iter(kinds)) if len(kinds) == 1 else ColumnType.OTHER
