"""Arrow's arrays from numpy's and from Python's values, and back, without pandas.

`pa.array`, `pa.scalar` and `to_numpy` load pandas where it is installed, to see whether they were given something of
it: 39 MB and half a second of a process that has no other use for it. They stay for types that are rarely met.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

_OFFSETS: Final[dict[pa.DataType, np.dtype[np.signedinteger[Any]]]] = {
    pa.string(): np.dtype(np.int32),
    pa.binary(): np.dtype(np.int32),
    pa.large_string(): np.dtype(np.int64),
    pa.large_binary(): np.dtype(np.int64),
}


def numbers(values: NDArray[Any]) -> pa.Array:
    """Return whole numbers as an array of the same type, which shares their memory."""
    whole = np.ascontiguousarray(values)
    return pa.Array.from_buffers(_type(whole.dtype), len(whole), [None, pa.py_buffer(whole)], 0)


def flags(values: NDArray[np.bool_]) -> pa.Array:
    """Return truth values as an array."""
    packed = np.packbits(values, bitorder="little")
    return pa.Array.from_buffers(pa.bool_(), len(values), [None, pa.py_buffer(packed)], 0)


def column(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """Return values, none of them null, as an array of a type.

    Raises:
        pyarrow.ArrowException, OverflowError: they are no values of it.

    """
    if pa.types.is_integer(kind):
        return numbers(np.array(values, str(kind)))
    if kind not in _OFFSETS:
        return pa.array(values, type=kind)
    spelled = [value.encode() if isinstance(value, str) else value for value in values]
    offsets = np.fromiter(accumulate(map(len, spelled), initial=0), np.int64, len(spelled) + 1)
    if offsets[-1] >> 8 * _OFFSETS[kind].itemsize - 1:  # more bytes than it can count
        return pa.array(values, type=kind)
    places = offsets.astype(_OFFSETS[kind])
    return pa.Array.from_buffers(kind, len(spelled), [None, pa.py_buffer(places), pa.py_buffer(b"".join(spelled))], 0)


def nothing(kind: pa.DataType) -> pa.Scalar:
    """Return a null of a type."""
    return pa.nulls(1, kind)[0]


def in_numpy(array: pa.Array) -> NDArray[Any]:
    """Return an array of whole numbers, none of them null, as numpy's; it shares their memory."""
    if array.null_count:
        raise TypeError("expected no nulls")
    return raw(array)


def raw(array: pa.Array) -> NDArray[Any]:
    """Return an array of whole numbers as numpy's; what stands where it is null means nothing."""
    if not pa.types.is_integer(array.type):
        raise TypeError(f"expected whole numbers, found {array.type}")
    kind = np.dtype(str(array.type))
    data = array.buffers()[1]
    return np.frombuffer(data, kind, len(array), array.offset * kind.itemsize) if len(array) else np.zeros(0, kind)


def true_at(array: pa.Array | pa.ChunkedArray) -> NDArray[np.bool_]:
    """Return truth values as numpy's; null is false."""
    if isinstance(array, pa.ChunkedArray):
        return np.concatenate([np.zeros(0, np.bool_), *map(true_at, array.chunks)])
    known = pc.and_kleene(array, array.is_valid()) if array.null_count else array
    if not len(known):
        return np.zeros(0, np.bool_)
    bits = np.unpackbits(np.frombuffer(known.buffers()[1], np.uint8), bitorder="little")
    return bits[known.offset : known.offset + len(known)].view(np.bool_)


def _type(kind: np.dtype[Any]) -> pa.DataType:
    return pa.type_for_alias(kind.name)
