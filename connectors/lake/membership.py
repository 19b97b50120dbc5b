"""Which values are among some keys. Arrow's `is_in` makes a table of all keys for every column it is asked about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from connectors.lake import arrays

_Test: TypeAlias = Callable[[NDArray[Any]], NDArray[np.bool_]]

_FEW: Final = 4
"""Keys that are compared one by one."""
_AT_ONCE: Final = 1 << 16
"""Numbers that are looked up while they are in the processor's cache."""
_WIDEST: Final = 16 << 20
"""From the least to the greatest whole number: for so many, one byte each says whether it is a key."""


class Members:
    """Keys in the type of a column, ready to be asked for; they may be asked for many columns at once."""

    def __init__(self, values: pa.Array) -> None:
        """Take the keys, sorted, none of them null."""
        self.values = values
        self._is_key = _test(arrays.in_numpy(values)) if pa.types.is_integer(values.type) else None

    def among(self, column: pa.ChunkedArray) -> pa.ChunkedArray:
        """Return for each value of a column whether it is a key; null is none."""
        if self._is_key is None or column.type != self.values.type:
            return pc.is_in(column, value_set=self.values)
        return pa.chunked_array([_looked_up(chunk, self._is_key) for chunk in column.chunks], pa.bool_())


def _looked_up(chunk: pa.Array, is_key: _Test) -> pa.Array:
    found = is_key(arrays.raw(chunk))
    return arrays.flags(found & arrays.true_at(chunk.is_valid()) if chunk.null_count else found)


def _test(keys: NDArray[Any]) -> _Test | None:
    """Return a function of numbers of the keys' type; None where Arrow's is better."""
    if len(keys) <= _FEW:
        return lambda numbers: np.isin(numbers, keys, kind="sort")
    width = int(keys[-1]) - int(keys[0]) + 1
    unsigned = np.dtype(f"u{keys.dtype.itemsize}")
    if width > min(_WIDEST, np.iinfo(unsigned).max):
        return None
    table = np.zeros(width + 1, np.bool_)  # at its end, that all others are none
    least, beyond = keys[:1].view(unsigned), unsigned.type(width)
    table[(keys.view(unsigned) - least).astype(np.int64)] = True  # a difference may be too large for the keys' own type

    def is_key(numbers: NDArray[Any]) -> NDArray[np.bool_]:
        found = np.empty(len(numbers), np.bool_)
        for start in range(0, len(numbers), _AT_ONCE):
            distance = numbers[start : start + _AT_ONCE].view(unsigned) - least  # wraps: what is less is far away
            np.minimum(distance, beyond, out=distance)
            found[start : start + _AT_ONCE] = table.take(distance.astype(np.int64, copy=False))
        return found

    return is_key
