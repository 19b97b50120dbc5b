"""Least and greatest values in statistics and indexes: whether they name what went, and new ones.

A bound that equals a value that went is a trace of it. Writers may shorten long texts: a shortened
bound is a trace of every value that begins like it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.lake import arrays
from connectors.lake.surgery.fields import Physical, Stats
from connectors.lake.surgery.schema import Leaf
from connectors.lake.surgery.thrift import BINARY, I64, TRUE, Struct, get
from connectors.lake.surgery.values import Raw, dtype_of

_SHORTENED_FROM: Final = 8
"""A bound of so many bytes may be shortened where the writer does not say that it is exact."""
_LONGEST: Final = 4096
_LAST_LETTER: Final = 4
"""The greatest bytes of one UTF-8 letter, which a writer raises when it shortens a greatest value."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Least and greatest value, as statistics spell them."""

    least: bytes
    greatest: bytes


def names(leaf: Leaf, gone: Raw, bound: bytes, *, exact: bool | None) -> bool:
    """Whether a bound is one of the values that went, or was made of one; when unsure, yes."""
    if len(gone) == 0:
        return False
    if isinstance(gone, np.ndarray):
        if len(bound) != leaf.width:
            return True
        return bool((gone == np.frombuffer(bound, dtype_of(leaf))[0]).any())
    start = _start(bound, exact=exact) if leaf.physical == Physical.BYTES else None
    return bound in gone if start is None else any(value.startswith(start) for value in gone)


def texts_name(gone: pa.Array, bound: bytes, *, exact: bool | None) -> bool:
    """Whether a bound is one of the byte strings that went, as `names`: of many at once."""
    start = _start(bound, exact=exact)
    if start is None:
        return bool(pc.any(pc.is_in(gone, value_set=arrays.column([bound], gone.type))).as_py())
    return bool(pc.any(pc.starts_with(gone, start)).as_py())


def _start(bound: bytes, *, exact: bool | None) -> bytes | None:
    """Return how the texts begin that a bound may have been made of; None where it is the text itself."""
    if exact or (exact is None and len(bound) < _SHORTENED_FROM):
        return None
    return bound[: max(0, len(bound) - (_LAST_LETTER if exact is False else 1))]


def statistics_name(is_named: Callable[[bytes, bool | None], bool], statistics: Struct) -> bool:
    """Whether a chunk's statistics have a bound of a value that went; `is_named` gets the bound, and if it is exact."""
    exact = {
        Stats.MAX: get(statistics, Stats.MAX_EXACT),
        Stats.MAX_OLD: get(statistics, Stats.MAX_EXACT),
        Stats.MIN: get(statistics, Stats.MIN_EXACT),
        Stats.MIN_OLD: get(statistics, Stats.MIN_EXACT),
    }
    return any(is_named(statistics[field][1], flag) for field, flag in exact.items() if field in statistics)


def with_bounds(statistics: Struct, new: Bounds | None) -> Struct:
    """Return statistics with new bounds, or with none."""
    fields = (Stats.MAX_OLD, Stats.MIN_OLD, Stats.MAX, Stats.MIN, Stats.MAX_EXACT, Stats.MIN_EXACT)
    kept = {field: value for field, value in statistics.items() if field not in fields}
    if new is None:
        return kept
    kept |= {Stats.MAX: (BINARY, new.greatest), Stats.MIN: (BINARY, new.least)}
    if Stats.MAX_EXACT in statistics or Stats.MIN_EXACT in statistics:
        kept |= {Stats.MAX_EXACT: (TRUE, True), Stats.MIN_EXACT: (TRUE, True)}
    if Stats.MAX_OLD in statistics:
        kept |= {Stats.MAX_OLD: (BINARY, new.greatest), Stats.MIN_OLD: (BINARY, new.least)}
    return kept


def with_nulls(statistics: Struct, more: int) -> Struct:
    """Return statistics with so many more nulls (or fewer), and no number of distinct values."""
    kept = {field: value for field, value in statistics.items() if field != Stats.DISTINCT}
    if Stats.NULLS in kept:
        kept[Stats.NULLS] = (I64, get(kept, Stats.NULLS) + more)
    return kept
