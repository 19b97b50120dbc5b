"""Reading the lake: live objects only, in constant memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from connectors.lake.client import ObjectChanged, ObjectMissing
from connectors.lake.columns import mapped_columns, require_columns
from connectors.lake.formats import format_of, opened
from connectors.lake.objects import Bucket, Stored
from connectors.lake.pipeline import side_by_side
from retention.errors import ConcurrentWriteFailure
from retention.model.datamap import ColumnType, Dataset
from retention.model.predicate import Everything, Selection
from retention.model.transform import Value

_TRIES = 5


class LakeFinder:
    """The reading side; see `retention.ports.finder.Finder`."""

    def __init__(self, bucket: Bucket) -> None:
        """Read this bucket."""
        self._bucket = bucket

    def describe(self, dataset: Dataset) -> Mapping[str, ColumnType]:
        """Return the union of all live objects' columns; OTHER where objects disagree about a type.

        A column that is the data map's but for ASCII case has the data map's name, if its format looks at names so.
        """
        known = {column.lower(): column for column in mapped_columns(dataset)}
        found: dict[str, ColumnType] = {}
        for stored in self._bucket.live(self._bucket.pattern(dataset.location)):
            kind = format_of(stored.key)
            with opened(self._bucket, stored) as file:
                for name, column_type in kind.describe(self._bucket.title(stored), file).items():
                    column = known.get(name.lower(), name) if kind.line_by_line else name
                    same = found.setdefault(column, column_type) is column_type
                    found[column] = column_type if same else ColumnType.OTHER
        return found

    def count(self, dataset: Dataset, selection: Selection) -> int:
        """Return how many live rows the selection has."""
        require_columns(self._bucket, dataset, selection.where)
        live = self._bucket.live(self._bucket.pattern(dataset.location))
        return sum(side_by_side(lambda stored: self._count_one(stored, selection), live))

    def _count_one(self, stored: Stored, selection: Selection) -> int:
        for _ in range(_TRIES):
            try:
                return sum(part.total() for part in self._tally_one(stored, (), selection))
            except ObjectMissing:
                return 0
            except ObjectChanged:
                stored = self._bucket.stat(stored.key)
        message = f"{self._bucket.title(stored)} was overwritten {_TRIES} times while it was read"
        raise ConcurrentWriteFailure(message, hint="run again")

    def values(self, dataset: Dataset, columns: Sequence[str], selection: Selection) -> Iterator[tuple[Value, ...]]:
        """Yield the distinct combinations among the selected live rows; one may come more than once."""
        for combination, _ in self.tally(dataset, columns, selection):
            yield combination

    def tally(
        self, dataset: Dataset, columns: Sequence[str], selection: Selection
    ) -> Iterator[tuple[tuple[Value, ...], int]]:
        """Yield combinations with their counts; an object overwritten meanwhile is a ConcurrentWriteFailure."""
        require_columns(self._bucket, dataset, selection.where)
        for stored in self._bucket.live(self._bucket.pattern(dataset.location)):
            for part in self._tally_one(stored, columns, selection):
                yield from part.items()

    def in_object(self, stored: Stored, columns: Sequence[str]) -> Iterator[tuple[Value, ...]]:
        """Yield the distinct combinations of one object; one may come more than once."""
        for part in self._tally_one(stored, columns, Selection(Everything())):
            yield from part

    def _tally_one(
        self, stored: Stored, columns: Sequence[str], selection: Selection
    ) -> Iterator[Counter[tuple[Value, ...]]]:
        kind = format_of(stored.key)
        with opened(self._bucket, stored) as file:
            yield from kind.tally(self._bucket.title(stored), file, columns, selection)
