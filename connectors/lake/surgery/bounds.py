"""Least and greatest values in statistics and indexes: whether they name what went, and new ones.

A bound that equals a value that went is a trace of it. Writers may shorten long texts: a shortened
bound is a trace of every value that begins like it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from connectors.lake.surgery.fields import Physical, Stats
from connectors.lake.surgery.footer import Leaf
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
    if leaf.physical == Physical.BYTES and not exact and (exact is False or len(bound) >= _SHORTENED_FROM):
        start = bound[: max(0, len(bound) - (_LAST_LETTER if exact is False else 1))]
        return any(value.startswith(start) for value in gone)
    return bound in gone


def statistics_name(leaf: Leaf, gone: Raw, statistics: Struct) -> bool:
    """Whether a chunk's statistics name a value that went."""
    exact = {
        Stats.MAX: get(statistics, Stats.MAX_EXACT),
        Stats.MAX_OLD: get(statistics, Stats.MAX_EXACT),
        Stats.MIN: get(statistics, Stats.MIN_EXACT),
        Stats.MIN_OLD: get(statistics, Stats.MIN_EXACT),
    }
    return any(
        names(leaf, gone, statistics[field][1], exact=flag) for field, flag in exact.items() if field in statistics
    )


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
