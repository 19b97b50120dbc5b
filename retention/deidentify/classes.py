"""Rows as numbers: equal rows get the same number, and null is a value like any other.

A measure that leaves nulls out reports more likeness than there is: of `x, null, x, x, null`
it says 3, and the rows without a value are only two.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Codes: TypeAlias = npt.NDArray[Any]
"""Whole numbers from 0, one a row."""

SMALL_TABLE = 1 << 22
"""Look-up tables up to this many entries stay near the processor; longer ones lose to hashing."""
AT_ONCE = 1 << 20
"""Rows that are counted together."""
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

    def first_rows(self) -> Codes:
        """Return a row of each class."""
        places = row_numbers(len(self.of))
        first = np.empty(self.count, places.dtype)
        first[self.of[::-1]] = places[::-1]
        return first


def code(column: pa.ChunkedArray | pa.Array) -> Coded:
    """Number a column's distinct values."""
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(whole, pa.ChunkedArray):  # more than one array can hold: over 2 GiB of text
        whole = whole.dictionary_encode(null_encoding="encode").combine_chunks()
    if not pa.types.is_dictionary(whole.type):
        whole = whole.dictionary_encode(null_encoding="encode")
        return Coded(whole.indices.to_numpy(), whole.dictionary)
    return _recoded(whole)


def code_all(columns: Sequence[pa.ChunkedArray]) -> list[Coded]:
    """Number several columns side by side: the work is done outside the interpreter's lock."""
    with ThreadPoolExecutor() as pool:
        return list(pool.map(code, columns))


def _recoded(column: pa.DictionaryArray) -> Coded:
    """Bring a dictionary of others to one in which no value stands twice, none is unused, and null is one."""
    dictionary = column.dictionary.dictionary_encode(null_encoding="encode")
    values, renamed = dictionary.dictionary, dictionary.indices.to_numpy()
    indices = column.indices
    if indices.null_count:
        null = pc.index(values.is_null(), value=True).as_py()
        if null < 0:
            null = len(values)
            values = pa.concat_arrays([values, pa.nulls(1, values.type)])
        renamed = np.append(renamed, null)
        indices = indices.fill_null(len(renamed) - 1) if _fits(len(renamed), indices.type) else _wide(indices, renamed)
    codes = indices.to_numpy()
    if not np.array_equal(renamed, np.arange(len(renamed))):
        codes = renamed[codes]
    used = np.zeros(len(values), bool)
    used[codes] = True
    if used.all():
        return Coded(codes, values)
    return Coded((np.cumsum(used, dtype=np.int32) - 1)[codes], values.filter(pa.array(used)))


def _fits(count: int, kind: pa.DataType) -> bool:
    return bool(count <= np.iinfo(kind.to_pandas_dtype()).max)


def _wide(indices: pa.Array, renamed: Codes) -> pa.Array:
    return indices.cast(pa.int64()).fill_null(len(renamed) - 1)


def classes(columns: Sequence[Coded], rows: int) -> Classes:
    """Number the combinations of the columns; without a column all rows are one class."""
    key, radix = combined([(column.codes, column.count) for column in columns], rows)
    of, count = dense(key, radix)
    return Classes(of, tally(of, count))


def tally(codes: Codes, count: int) -> npt.NDArray[np.int64]:
    """Count each code; piece by piece, since numpy widens what it counts to 64 bits first."""
    total = np.zeros(count, np.int64)
    for at in range(0, len(codes), AT_ONCE):
        total += np.bincount(codes[at : at + AT_ONCE], minlength=count)
    return total


def row_numbers(rows: int) -> Codes:
    """Return 0, 1, 2, in as few bytes as hold them: ten million rows are 40 MB and not 80."""
    return np.arange(rows, dtype=np.int32 if rows < 1 << 31 else np.int64)


def combined(columns: Sequence[tuple[Codes, int]], rows: int) -> tuple[Codes, int]:
    """Return one number for each row's combination of codes, and how many numbers there may be."""
    key, radix = np.zeros(rows, np.int64), 1
    for codes, count in columns:
        if radix * count > WIDEST:
            key, radix = dense(key, radix)
            key = key.astype(np.int64)
        key *= count
        key += codes
        radix *= count
    return key, radix


def dense(key: Codes, radix: int) -> tuple[Codes, int]:
    """Renumber so that every number below the count is used; return numbers and count."""
    if radix <= SMALL_TABLE:
        seen = np.zeros(radix, bool)
        seen[key] = True
        rank = np.cumsum(seen, dtype=np.int32)
        return (rank - 1)[key], int(rank[-1]) if radix else 0
    coded = pa.array(key).dictionary_encode()
    return coded.indices.to_numpy(), len(coded.dictionary)
