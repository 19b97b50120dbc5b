"""Whether the bounds of a column's pages are in order, by the column's own way of comparing."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, Final

from connectors.lake.surgery.column import schema_element
from connectors.lake.surgery.fields import Element, Physical
from connectors.lake.surgery.footer import Footer
from connectors.lake.surgery.thrift import Struct, get

UNORDERED: Final = 0
_ASCENDING: Final = 1
_DESCENDING: Final = 2
_UNSIGNED: Final = frozenset({11, 12, 13, 14})
"""Converted types UINT_8 to UINT_64."""
_DECIMAL: Final = 5


def boundary_order(footer: Footer, leaf: int, bounds: Sequence[tuple[bytes, bytes]]) -> int:
    """Return the order of pages by their bounds; UNORDERED, which is never wrong, if it is not known."""
    value = _value_of(schema_element(footer, leaf))
    if value is None:
        return UNORDERED
    try:
        pairs = [(value(least), value(greatest)) for least, greatest in bounds]
    except struct.error:
        return UNORDERED
    steps = list(pairwise(pairs))
    if all(one[0] <= other[0] and one[1] <= other[1] for one, other in steps):
        return _ASCENDING
    if all(one[0] >= other[0] and one[1] >= other[1] for one, other in steps):
        return _DESCENDING
    return UNORDERED


def _value_of(element: Struct) -> Callable[[bytes], Any] | None:
    physical = get(element, Element.TYPE)
    logical = get(element, Element.LOGICAL, {})
    unsigned = get(element, Element.CONVERTED) in _UNSIGNED or not get(get(logical, 10, {}), 2, True)
    if physical in (Physical.INT32, Physical.INT64):
        return lambda raw: int.from_bytes(raw, "little", signed=not unsigned)
    if physical in (Physical.FLOAT, Physical.DOUBLE):
        return lambda raw: struct.unpack("<f" if physical == Physical.FLOAT else "<d", raw)[0]
    if physical == Physical.BYTES and get(element, Element.CONVERTED) != _DECIMAL and _DECIMAL not in logical:
        return lambda raw: raw
    return None
