"""Leaves of Arrow columns, in the order of the schema: their values, and dictionaries that name nothing that went.

Only columns made of structs and lists are looked into; of others (maps) nothing is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.lake import arrays

_AT_ONCE: Final = 1 << 15


def plain_nesting(kind: pa.DataType) -> bool:
    """Whether a type is made of structs, lists and what has no parts."""
    if pa.types.is_struct(kind):
        return all(plain_nesting(kind.field(number).type) for number in range(kind.num_fields))
    if pa.types.is_list(kind):
        return plain_nesting(kind.value_type)
    return not pa.types.is_nested(kind)


def leaves_in(column: pa.ChunkedArray) -> Iterator[pa.ChunkedArray]:
    """Yield the leaves of a column of plain nesting: one entry for each place that may have a value."""
    if pa.types.is_struct(column.type):
        for number in range(column.type.num_fields):
            yield from leaves_in(pc.struct_field(column, [number]))
    elif pa.types.is_list(column.type):
        yield from leaves_in(pc.list_flatten(column))
    else:
        yield column


@dataclass(slots=True)
class Dictionaries:
    """What became of the dictionaries of one leaf, chunk by chunk; nothing of a leaf without."""

    used: list[pa.Array] = field(default_factory=list)
    dead: list[pa.Array] = field(default_factory=list)


def compacted(column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, list[Dictionaries]]:
    """Return a column whose dictionaries have no entry that no value has, and what became of them, by leaf.

    A writer takes a dictionary over as it is: entries of rows that went would stay in the file.
    """
    chunks: list[pa.Array] = []
    found: list[Dictionaries] = []
    for chunk in column.chunks:
        leaves = iter(_Growing(found))
        chunks.append(_compacted(chunk, leaves))
    return pa.chunked_array(chunks, column.type), found


class _Growing:
    """One `Dictionaries` a leaf: the first chunk makes them, the others go over them again."""

    def __init__(self, made: list[Dictionaries]) -> None:
        self._made = made

    def __iter__(self) -> Iterator[Dictionaries]:
        number = 0
        while True:
            if number == len(self._made):
                self._made.append(Dictionaries())
            yield self._made[number]
            number += 1


def _compacted(array: pa.Array, leaves: Iterator[Dictionaries]) -> pa.Array:
    kind = array.type
    if pa.types.is_struct(kind):
        parts = [_compacted(array.field(number), leaves) for number in range(kind.num_fields)]
        return pa.Array.from_buffers(kind, len(array), array.buffers()[:1], array.null_count, children=parts)
    if pa.types.is_list(kind):
        part = _compacted(array.values, leaves)
        return pa.Array.from_buffers(kind, len(array), array.buffers()[:2], array.null_count, children=[part])
    about = next(leaves)
    return _without_dead(array, about) if pa.types.is_dictionary(kind) else array


def _without_dead(array: pa.DictionaryArray, about: Dictionaries) -> pa.DictionaryArray:
    numbers = array.indices.drop_null() if array.null_count else array.indices
    used = _used(arrays.in_numpy(numbers), len(array.dictionary))
    if used.all():
        about.used.append(array.dictionary)
        return array
    about.used.append(array.dictionary.filter(arrays.flags(used)))
    about.dead.append(array.dictionary.filter(arrays.flags(~used)))
    renumbered = arrays.numbers((np.cumsum(used) - 1).astype(np.int32))
    return pa.DictionaryArray.from_arrays(renumbered.take(array.indices), about.used[-1])


def _used(numbers: np.ndarray[Any, np.dtype[Any]], entries: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return which entries of a dictionary the numbers name; looks no further once all are named."""
    used = np.zeros(entries, np.bool_)
    for start in range(0, len(numbers), _AT_ONCE):
        used[numbers[start : start + _AT_ONCE]] = True
        if used.all():
            break
    return used
