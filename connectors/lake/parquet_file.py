"""One Parquet object to be asked: its columns, row groups, and which groups can hold what is selected.

Row groups are ruled out by statistics and bloom filters, never by a guess: what is not said in the footer
may be anything.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property, lru_cache, partial
from typing import Any, TypeAlias, assert_never

import pyarrow as pa
import pyarrow.parquet as pq

from connectors.lake import arrays
from connectors.lake.keys import ValueSets
from connectors.lake.nested import tops_of
from connectors.lake.segments import Source
from connectors.lake.surgery import bloom, dictionary
from connectors.lake.surgery.column import decoded, from_start, statistics_alone
from connectors.lake.surgery.encode import is_numbered
from connectors.lake.surgery.fields import File, Meta, Physical, Stats
from connectors.lake.surgery.footer import MAGIC, DamagedParquetError, Footer, meta_of, read_footer, rows_of, span
from connectors.lake.surgery.memory import give_back
from connectors.lake.surgery.thrift import BINARY, I64, LIST, STRUCT, Struct, get, items, read_struct, write_struct
from retention.errors import TerminalFailure, TransientFailure
from retention.model.predicate import AllOf, Among, AmongTuples, AnyOf, Before, Everything, Not, Populated, Predicate

_SLICE = 1 << 20
"""Rows that are decoded at once where a row group has many."""
_LARGE_GROUP = 4 << 20
_FEW = 64
"""Keys up to which a bloom filter is asked: more would find one that may be there anyway."""
_SMALL_CHUNK = 1 << 20
"""Bytes of a chunk whose dictionary is asked before it is decoded."""
_VERY_FEW = 8
"""Keys up to which a dictionary is asked."""
_DAY = timedelta(days=1)
_CARRIED = b"ARROW:schema"

_Holds: TypeAlias = Callable[[int, pa.Array], bool]
"""Whether a leaf's chunk may hold one of the values."""


@dataclass(frozen=True)
class ParquetFile:
    """A Parquet object that was opened: nothing but its footer has been read."""

    name: str
    """For messages."""
    source: Source
    footer: Footer
    schema: pa.Schema

    @cached_property
    def _facts(self) -> dict[int, Any]:
        """By leaf, pyarrow's view of its statistics: in the column's own type."""
        return {}

    def has(self, columns: frozenset[str]) -> frozenset[str]:
        """Return those of the columns that the file has; names with dots lead into nested ones."""
        return frozenset(column for column in columns if tops_of(self.schema, [column]))

    def require(self, columns: frozenset[str]) -> None:
        """Raise TerminalFailure if a column that is compared is missing: its rows cannot be judged."""
        missing = sorted(columns - self.has(columns))
        if missing:
            raise TerminalFailure(
                f"{self.name}: expected the columns {', '.join(missing)} to compare, found none of that name",
                hint="rows of this object cannot be judged; correct the data map or move the object",
            )

    def tables(
        self, group: int, columns: frozenset[str], where: Predicate, sets: ValueSets
    ) -> Iterator[tuple[int, pa.Table]]:
        """Yield (first row, columns) of a row group: mostly all rows at once, of a large group some at a time.

        Nothing comes of a group of which the dictionaries of its columns say that no row is selected.

        Raises:
            DamagedParquetError: they cannot be decoded.

        """
        wanted, rows = tops_of(self.schema, columns), rows_of(self.footer.groups[group])
        read: dict[int, bytes] = {}
        if not self._may(group, where, sets, partial(self._dictionary_may_hold, group, read)):
            return
        if not wanted:
            yield 0, pa.table({"": pa.nulls(rows)})  # no column is needed, only the number of rows
            return
        with reading(self.name):
            if rows <= _LARGE_GROUP:
                yield 0, self._whole(group, wanted, read)
                return
            first = 0
            with pq.ParquetFile(pa.PythonFile(_AsFile(self.source), "r"), buffer_size=_SLICE) as file:
                for batch in file.iter_batches(_SLICE, row_groups=[group], columns=wanted, use_threads=False):
                    yield first, pa.Table.from_batches([batch])
                    first += batch.num_rows

    def _whole(self, group: int, wanted: Sequence[str], read: Mapping[int, bytes]) -> pa.Table:
        numbers = {name: number for number, name in enumerate(self.footer.tops)}
        tops = [numbers[name] for name in wanted]
        tree = self.footer.groups[group]
        chunks = {
            leaf: (from_start(meta_of(tree, leaf)), read.get(leaf) or self.source.read(*span(meta_of(tree, leaf))))
            for top in tops
            for leaf in self.footer.leaves_of(top)
        }
        arrow = pa.schema([self.schema.field(name) for name in wanted])
        return decoded(self.footer, tops, rows_of(tree), chunks, arrow=arrow)

    def without_nulls(self, group: int, columns: Iterable[str]) -> frozenset[str]:
        """Return those of the columns that have a value in every row of the group, as its statistics say."""
        return frozenset(column for column in columns if self._nulls(group, column) == 0)

    def _nulls(self, group: int, column: str) -> int | None:
        leaf = self._leaf(column)
        if leaf is None:
            return None
        statistics = get(meta_of(self.footer.groups[group], leaf), Meta.STATISTICS, {})
        nulls: int | None = get(statistics, Stats.NULLS)
        return nulls

    # -- ruling out

    def candidates(self, where: Predicate, sets: ValueSets) -> list[int]:
        """Return the row groups that may hold a selected row."""
        groups = range(len(self.footer.groups))
        return [group for group in groups if self._may(group, where, sets, partial(self._may_hold, group))]

    def _may(self, group: int, where: Predicate, sets: ValueSets, holds: _Holds) -> bool:
        match where:
            case Everything() | AmongTuples() | Not() | Populated():
                return True  # what a part may hold says nothing about what it may not
            case Among(column, keys):
                leaf = self._leaf(column)
                if leaf is None:
                    return True
                values = sets.of(column, _compared_type(self.schema.field(column).type), keys.keyset_id).values
                return holds(leaf, values)
            case Before(column, at):
                leaf = self._leaf(column)
                return leaf is None or self._may_be_before(group, leaf, at)
            case AllOf(parts):
                return all(self._may(group, part, sets, holds) for part in parts)
            case AnyOf(parts):
                return any(self._may(group, part, sets, holds) for part in parts)
            case _:
                assert_never(where)

    def _leaf(self, column: str) -> int | None:
        """Return the leaf of a column that is not nested."""
        found = [number for number, leaf in enumerate(self.footer.leaves) if leaf.path == (column,)]
        return found[0] if found and self.footer.leaves[found[0]].max_repetition == 0 else None

    def _bounds(self, group: int, leaf: int, kind: pa.DataType | None = None) -> tuple[Any, Any] | None:
        """Return least and greatest value as the statistics have them; those of a whole number need no reader."""
        if kind is not None and pa.types.is_signed_integer(kind):
            statistics = get(meta_of(self.footer.groups[group], leaf), Meta.STATISTICS, {})
            spelled = get(statistics, Stats.MIN, b""), get(statistics, Stats.MAX, b"")
            if {len(bound) for bound in spelled} == {self.footer.leaves[leaf].width}:
                return _number(spelled[0]), _number(spelled[1])
        try:
            if leaf not in self._facts:
                self._facts[leaf] = statistics_alone(self.footer, leaf)
            found = self._facts[leaf].row_group(group).column(0).statistics
            bounds = (found.min, found.max) if found is not None and found.has_min_max else None
        except (pa.ArrowException, OSError, ValueError, OverflowError):
            return None  # bounds that are no values of the column: the rows themselves are looked at
        return bounds

    def _may_hold(self, group: int, leaf: int, values: pa.Array) -> bool:
        if not len(values):
            return False
        bounds = self._bounds(group, leaf, values.type)
        if bounds is not None and not _some_between(values, *bounds):
            return False
        if len(values) > _FEW:
            return True
        raw = _plain_bytes(values, self.footer.leaves[leaf].physical)
        return raw is None or bloom.may_hold(self.source, meta_of(self.footer.groups[group], leaf), raw)

    def _dictionary_may_hold(self, group: int, read: dict[int, bytes], leaf: int, values: pa.Array) -> bool:
        """Look into a small chunk's dictionary for a few keys; what was read for it is kept in `read`."""
        meta = meta_of(self.footer.groups[group], leaf)
        small = is_numbered(meta) and get(meta, Meta.COMPRESSED) <= _SMALL_CHUNK
        raw = _plain_bytes(values, self.footer.leaves[leaf].physical) if small and len(values) <= _VERY_FEW else None
        if raw is None:
            return True
        read[leaf] = self.source.read(*span(meta))
        return dictionary.may_hold(meta, read[leaf], raw)

    def _may_be_before(self, group: int, leaf: int, at: datetime) -> bool:
        bounds = self._bounds(group, leaf)
        if bounds is None:
            return True
        least = bounds[0]
        if isinstance(least, datetime):
            # a zone moves a clock by a day at most; the rows themselves are compared exactly
            return least.replace(tzinfo=None) <= at.replace(tzinfo=None) + _DAY
        return least <= at.date() + _DAY if isinstance(least, date) else True


def open_parquet(name: str, source: Source) -> ParquetFile:
    """Read and check the footer.

    Raises:
        DamagedParquetError: it is no whole Parquet file, or says things of itself that are not so.
        EncryptedParquetError: it is encrypted, whole or in part.

    """
    give_back()
    with reading(name):
        footer = read_footer(name, source)
        carried = [entry for entry in items(footer.tree, File.METADATA) if get(entry, 1) == _CARRIED]
        return ParquetFile(name, source, footer, _arrow_schema(footer.schema.head, *(get(e, 2) for e in carried[:1])))


@lru_cache(maxsize=16)
def _arrow_schema(head: bytes, carried: bytes | None = None) -> pa.Schema:
    """Return the schema of files whose footers begin with `head` as Arrow reads it: files of one writer have one."""
    begun, _ = read_struct(head + b"\0")
    entry: Struct = {1: (BINARY, _CARRIED), 2: (BINARY, carried)}
    metadata: Struct = {} if carried is None else {File.METADATA: (LIST, (STRUCT, [entry]))}
    tree = {**begun, File.ROWS: (I64, 0), File.GROUPS: (LIST, (STRUCT, [])), **metadata}
    return pq.read_schema(pa.BufferReader(_as_file(write_struct(tree))))


def _as_file(footer: bytes) -> bytes:
    """Return a file without rows that has this footer."""
    return MAGIC + footer + len(footer).to_bytes(4, "little") + MAGIC


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Raise what Arrow or the system say about a file as ours: their messages may repeat a value."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        if getattr(error, "errno", None) is not None:  # the system's, not the reader's
            message = f"{name}: the local temporary file failed ({type(error).__name__})"
            raise TransientFailure(message, hint="free disk space, then run again") from error
        raise DamagedParquetError(
            f"{name}: cannot be read ({type(error).__name__}); it may be damaged, it was not touched",
            hint="restore or remove the object, or narrow the dataset's path",
        ) from None


class _AsFile:
    """A source as a file to be read."""

    def __init__(self, source: Source) -> None:
        self._source, self._at = source, 0
        self.closed = False

    def read(self, size: int = -1) -> bytes:
        stop = self._source.size if size < 0 else min(self._at + size, self._source.size)
        content = self._source.read(self._at, stop)
        self._at += len(content)
        return content

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + {0: 0, 1: self._at, 2: self._source.size}[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def size(self) -> int:
        return self._source.size

    def close(self) -> None:
        self.closed = True


def _compared_type(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _some_between(values: pa.Array, least: Any, greatest: Any) -> bool:  # noqa: ANN401 -- of the column's type
    """Whether some value lies between the bounds; `values` are sorted."""
    if isinstance(least, int | Decimal | str | bytes | date) and not isinstance(least, datetime | bool):
        if isinstance(least, int) and pa.types.is_integer(values.type):
            numbers = arrays.in_numpy(values)
            first = int(numbers.searchsorted(least))
            return first < len(numbers) and int(numbers[first]) <= greatest
        ordered = values.to_pylist()
        if type(ordered[0]) is not type(least):
            return True
        at = bisect_left(ordered, least)
        return at < len(ordered) and bool(ordered[at] <= greatest)
    return True


def _number(spelled: bytes) -> int:
    return int.from_bytes(spelled, "little", signed=True)


def _plain_bytes(values: pa.Array, physical: int) -> list[bytes] | None:
    """Return values as a filter hashes them; None for types that Arrow spells otherwise than Parquet."""
    if pa.types.is_integer(values.type) and physical in (Physical.INT32, Physical.INT64):
        size = 4 if physical == Physical.INT32 else 8
        return [(value & (1 << 8 * size) - 1).to_bytes(size, "little") for value in values.to_pylist()]
    if physical == Physical.BYTES and not pa.types.is_decimal(values.type):
        return [value.encode() if isinstance(value, str) else value for value in values.to_pylist()]
    return None
