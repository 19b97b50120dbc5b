"""Which live objects: by their keys alone, listed person by person where that is less."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from connectors.lake.jsonscan import needed_keys
from connectors.lake.keyed.pattern import MODIFIED, KeyPattern
from connectors.lake.objects import Bucket, Stored
from connectors.lake.pattern import Pattern
from connectors.lake.predicate import needed, row_test
from retention.errors import TerminalFailure
from retention.model.datamap import ColumnType, Dataset
from retention.model.predicate import Selection
from retention.model.transform import Value

_ONE_BY_ONE = 1_000
"""Listings by person, at most; for more people all objects are listed once."""


class KeyedFinder:
    """The reading side; see `retention.ports.finder.Finder`."""

    def __init__(self, bucket: Bucket) -> None:
        """Read this bucket."""
        self._bucket = bucket

    def describe(self, dataset: Dataset) -> Mapping[str, ColumnType]:
        """Return the named parts of the key and `modified_at`; nothing if there is no such object."""
        shape = pattern_of(self._bucket, dataset)
        if not any(shape.read(stored.key) for stored in self._bucket.live(shape.all())):
            return {}
        return dict.fromkeys(shape.names, ColumnType.TEXT) | {MODIFIED: ColumnType.INSTANT}

    def count(self, dataset: Dataset, selection: Selection) -> int:
        """Return how many live objects the selection has."""
        return sum(1 for _ in self._rows(dataset, selection))

    def values(self, dataset: Dataset, columns: Sequence[str], selection: Selection) -> Iterator[tuple[Value, ...]]:
        """Yield the combinations among the selected live objects; one may come more than once."""
        for combination, _ in self.tally(dataset, columns, selection):
            yield combination

    def tally(
        self, dataset: Dataset, columns: Sequence[str], selection: Selection
    ) -> Iterator[tuple[tuple[Value, ...], int]]:
        """Yield combinations with their counts."""
        found = Counter(tuple(row.get(column) for column in columns) for row in self._rows(dataset, selection))
        yield from found.items()

    def _rows(self, dataset: Dataset, selection: Selection) -> Iterator[dict[str, Value]]:
        shape, test = pattern_of(self._bucket, dataset), row_test(selection)
        require_parts(dataset, shape, selection)
        for pattern in patterns(shape, selection):
            for stored in self._bucket.live(pattern):
                row = row_of(shape, stored)
                if row is not None and test(row):
                    yield {**row, MODIFIED: stored.modified_at}


def pattern_of(bucket: Bucket, dataset: Dataset) -> KeyPattern:
    """Return the dataset's pattern of full keys."""
    return KeyPattern(bucket.pattern(dataset.location).text)


def patterns(shape: KeyPattern, selection: Selection) -> Sequence[Pattern]:
    """Return what has to be listed: each person's keys, or all.

    Raises:
        KeyTypeError: a person's key cannot be told apart in such a pattern.

    """
    wanted = needed_keys(selection.where, selection)
    if wanted is None:
        return [shape.all()]
    each = [shape.of(column, key) for column, keys in wanted for key in sorted(keys, key=str)]
    return each if len(wanted) == 1 and len(each) <= _ONE_BY_ONE else [shape.all()]


def row_of(shape: KeyPattern, stored: Stored) -> dict[str, str] | None:
    """Return an object as predicates see it; None if its key has another shape."""
    parts = shape.read(stored.key)
    return None if parts is None else {**parts, MODIFIED: stored.modified_at.isoformat()}


def require_parts(dataset: Dataset, shape: KeyPattern, selection: Selection) -> None:
    """Refuse a predicate over something that no key has.

    Raises:
        TerminalFailure: the pattern names no such part.

    """
    missing = sorted(needed(selection.where) - {*shape.names, MODIFIED})
    if missing:
        raise TerminalFailure(
            f"dataset {dataset.dataset_id}: expected {', '.join(missing)} in braces in the path, found none",
            hint="compare `path` and `subject` in the data map",
        )
