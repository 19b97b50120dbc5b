"""Rows as numbers: equal rows get the same number, and null is a value like any other.

A measure that leaves nulls out reports more likeness than there is: of `x, null, x, x, null`
it says 3, and the rows without a value are only two.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from retention.deidentify.pieces import PIECE, in_pieces, pieces, side_by_side, spans

Codes: TypeAlias = npt.NDArray[Any]
"""Whole numbers from 0, one a row, in as few bytes as hold them."""

SMALL_TABLE = 1 << 22
"""Look-up tables up to this many entries, or one a row, are quicker than hashing."""
SAMPLE, MOSTLY = 20_000, 0.3
"""Rows looked at, and the share of distinct values from which on each row is worked on alone."""
INDEX_TYPES = tuple(map(np.dtype, ("i1", "i2", "i4", "i8")))
WIDEST = 1 << 62
"""Numbers of combinations stay below this: they are held in 64 bits."""


@dataclass(frozen=True, slots=True)
class Coded:
    """A column as codes into its distinct values; null, where there is one, has a code of its own."""

    codes: Codes
    values: pa.Array
    """The distinct values by code; never dictionary-encoded, null at its own code."""

    @property
    def count(self) -> int:
        """How many distinct values there are."""
        return len(self.values)


@dataclass(frozen=True, slots=True)
class Classes:
    """Rows that are equal on some columns, numbered from 0."""

    of: Codes
    """The class of each row."""
    sizes: npt.NDArray[np.int64]
    """Rows in each class; every class has at least one."""

    @property
    def count(self) -> int:
        """How many classes there are."""
        return len(self.sizes)

    def any_rows(self) -> Codes:
        """Return a row of each class."""
        places = row_numbers(len(self.of))
        found = np.empty(self.count, places.dtype)

        def fill(piece: slice) -> None:
            found[self.of[piece]] = places[piece]

        in_pieces(len(self.of), fill)
        return found


def code(column: pa.ChunkedArray | pa.Array) -> Coded:
    """Number a column's distinct values."""
    whole = column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])
    if pa.types.is_dictionary(whole.type):
        return _recoded(whole)
    parts = spans(len(whole))
    if len(parts) > 1 and not mostly_distinct(whole):
        encoded = side_by_side(lambda part: _encoded(whole[part]), parts, len(whole))
        return _recoded(pa.chunked_array([chunk for part in encoded for chunk in part.chunks]))
    whole = _encoded(whole)
    values = whole.chunk(0).dictionary if whole.num_chunks else pa.array([], whole.type.value_type)
    return Coded(_joined((chunk.indices.to_numpy() for chunk in whole.chunks), len(whole), len(values)), values)


def _encoded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.dictionary_encode(null_encoding="encode")


def mostly_distinct(column: pa.ChunkedArray) -> bool:
    """Say whether a dictionary would cost more than it saves, by how often values of a sample meet again.

    Of D equally frequent values a sample of s has about s^2/2D repetitions (the birthday problem).
    """
    size = min(SAMPLE, len(column))
    places = np.arange(size) * len(column) // max(size, 1)
    repeated = size - pc.count_distinct(column.take(pa.array(places)), mode="all").as_py()
    many = size - repeated >= MOSTLY * size
    return bool(many and size * size > 2 * max(repeated, 1) * MOSTLY * len(column))


def code_all(columns: Sequence[pa.ChunkedArray]) -> list[Coded]:
    """Number several columns side by side."""
    return side_by_side(code, columns, len(columns[0]) if columns else 0)


def encoded(column: Coded, order: Codes) -> pa.DictionaryArray:
    """Return a column as Arrow has it, its dictionary in this order of the codes, null the last if there is one."""
    place = np.empty(len(order), column.codes.dtype)
    place[order] = np.arange(len(order))
    as_it_is = np.array_equal(order, np.arange(len(order)))
    indices = pa.array(column.codes if as_it_is else looked_up(place, column.codes))
    known = column.count - column.values.null_count
    if known < column.count:
        indices = pc.if_else(pc.less(indices, pa.scalar(known, indices.type)), indices, None)
    return pa.DictionaryArray.from_arrays(indices, column.values.take(pa.array(order)).slice(0, known))


def narrowest(count: int) -> np.dtype[Any]:
    """Return the signed type of fewest bytes that numbers so many things."""
    return next(kind for kind in INDEX_TYPES if count <= 1 << (8 * kind.itemsize - 1))


def _recoded(column: pa.ChunkedArray) -> Coded:
    """Bring dictionaries of others to one in which no value stands twice, none is unused, and null is one."""
    dictionaries = [chunk.dictionary for chunk in column.chunks]
    united = code(pa.chunked_array(dictionaries, column.type.value_type))
    values = united.values
    null = pc.index(values.is_null(), value=True).as_py()
    if null < 0 and any(chunk.indices.null_count for chunk in column.chunks):
        null = len(values)
        values = pa.concat_arrays([values, pa.nulls(1, values.type)])
    codes = united.codes
    if len(dictionaries) == 1 and null < 0 and len(codes) == len(values):  # numbered as it is
        return _used_only(column.chunk(0).indices.to_numpy(), values)
    renamed = np.split(codes.astype(narrowest(len(values))), np.cumsum([*map(len, dictionaries)]))
    pairs = zip(renamed, column.chunks, strict=False)
    found = (_renamed(names, chunk.indices, null) for names, chunk in pairs)
    return _used_only(_joined(found, len(column), len(values)), values)


def _renamed(names: Codes, indices: pa.Array, null: int) -> Codes:
    """Return the name of each index; of a missing one, null's."""
    found = pa.array(names).take(indices)
    codes: Codes = (found.fill_null(null) if found.null_count else found).to_numpy()
    return codes


def _joined(parts: Iterable[Codes], rows: int, count: int) -> Codes:
    """Put codes one after the other, in as few bytes as hold them."""
    codes, start = np.empty(rows, narrowest(count)), 0
    for part in parts:
        codes[start : start + len(part)] = part
        start += len(part)
    return codes


def _used_only(codes: Codes, values: pa.Array) -> Coded:
    """Leave out values that no row has."""
    used = _used(codes, len(values))
    if used.all():
        return Coded(codes, values)
    renamed = (np.cumsum(used) - 1).astype(narrowest(int(used.sum())))
    return Coded(looked_up(renamed, codes), values.filter(pa.array(used)))


def _used(codes: Codes, count: int) -> npt.NDArray[np.bool_]:
    """Say which codes some row has; most often few rows have all of them."""
    used = np.zeros(count, bool)
    for piece in pieces(len(codes)):
        used[codes[piece]] = True
        if used.all():
            break
    return used


def classes(columns: Sequence[Coded], rows: int) -> Classes:
    """Number the combinations of the columns; without a column all rows are one class."""
    key, radix = combined([(column.codes, column.count) for column in columns], rows)
    of, count = dense(key, radix)
    return Classes(of, tally(of, count))


def tally(codes: Codes, count: int) -> npt.NDArray[np.int64]:
    """Count each code; few ones piece by piece, since numpy widens what it counts to 64 bits first."""
    if count * 8 > PIECE:
        return np.bincount(codes, minlength=count)
    counted = in_pieces(len(codes), lambda piece: np.bincount(codes[piece], minlength=count))
    return np.sum(counted, axis=0, dtype=np.int64) if counted else np.zeros(count, np.int64)


def row_numbers(rows: int) -> Codes:
    """Return 0, 1, 2, in as few bytes as hold them: ten million rows are 40 MB and not 80."""
    return np.arange(rows, dtype=np.int32 if rows < 1 << 31 else np.int64)


def combined(columns: Sequence[tuple[Codes, int]], rows: int) -> tuple[Codes, int]:
    """Return one number for each row's combination of codes, and how many numbers there may be."""
    ahead: list[tuple[Codes, int]] = []
    radix = 1
    for codes, count in columns:
        if radix * count > WIDEST:
            key, radix = dense(_mixed(ahead, rows, radix), radix)
            ahead = [(key, radix)]
        ahead.append((codes, count))
        radix *= count
    return _mixed(ahead, rows, radix), radix


def _mixed(columns: Sequence[tuple[Codes, int]], rows: int, radix: int) -> Codes:
    """Return each row's codes as one number of mixed radix."""
    key = np.zeros(rows, np.int32 if radix < 1 << 31 else np.int64)

    def fill(piece: slice) -> None:
        part: Codes = key[piece]
        for codes, count in columns:
            np.multiply(part, count, out=part)
            np.add(part, codes[piece], out=part, casting="unsafe")  # it fits: it is below the radix

    in_pieces(rows, fill)
    return key


def dense(key: Codes, radix: int) -> tuple[Codes, int]:
    """Renumber so that every number below the count is used; return numbers and count."""
    if radix > max(SMALL_TABLE, len(key)):
        coded = pa.array(key).dictionary_encode()
        return coded.indices.to_numpy(), len(coded.dictionary)
    seen = np.zeros(radix, bool)

    def mark(piece: slice) -> None:
        seen[key[piece]] = True

    in_pieces(len(key), mark)
    rank = np.cumsum(seen, dtype=np.int32)
    rank -= 1
    return looked_up(rank, key), int(rank[-1]) + 1 if radix else 0


def looked_up(table: Codes, codes: Codes) -> Codes:
    """Return the table's entry for each code."""
    found = np.empty(len(codes), table.dtype)

    def fill(piece: slice) -> None:
        np.take(table, codes[piece], out=found[piece], mode="clip")

    in_pieces(len(codes), fill)
    return found
