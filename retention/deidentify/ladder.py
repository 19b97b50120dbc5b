"""A hierarchy put to the values a column really has: for each level, which label each value gets.

`build` is the way in. A value the hierarchy does not know is an error, never a guess; two values
that meet at a level must stay together above it, or a wider level would tell more than a
narrower one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, assert_never

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from retention.deidentify.classes import Codes
from retention.deidentify.hierarchy import EVERYTHING, Dates, Hierarchy, Listed, Numbers, PostalCodes, Prefixes
from retention.errors import InputError, Problem

Label: TypeAlias = str | None

ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:$|[T ])")
POSTAL_CODE = re.compile(r"\d{3}-?\d{4}")


@dataclass(frozen=True, slots=True)
class Rung:
    """One level: the group of each value, and each group's label."""

    group: npt.NDArray[np.int32]
    """By the value's code."""
    labels: tuple[Label, ...]
    """By group; None is the group of the null."""
    loss: npt.NDArray[np.float64]
    """By the value's code: (values in its group - 1) / (values of the column - 1), 0 to 1.

    The normalized certainty penalty of a hierarchy (Xu et al., 2006)."""

    @property
    def count(self) -> int:
        """How many groups there are."""
        return len(self.labels)


@dataclass(frozen=True, slots=True)
class Ladder:
    """The levels of one column, the values themselves first, everything last."""

    rungs: tuple[Rung, ...]


def build(column: str, hierarchy: Hierarchy, values: pa.Array) -> Ladder:
    """Put the hierarchy to a column's distinct values.

    Raises:
        InputError: a value is not in the hierarchy or cannot be read, or the hierarchy is not one.

    """
    match hierarchy:
        case Listed(rows):
            levels = _listed(column, rows, values)
        case Numbers(widths):
            levels = _bands(column, widths, values)
        case Dates():
            levels = _dates(column, values)
        case Prefixes(lengths):
            levels = _prefixes(column, lengths, _texts(values))
        case PostalCodes():
            levels = _postal(column, hierarchy, values)
        case _:
            assert_never(hierarchy)
    levels = [*levels, [EVERYTHING] * len(values)] if set(levels[-1]) != {EVERYTHING} else levels
    ladder = Ladder(tuple(_rung(level) for level in levels))
    _check_nested(column, ladder)
    return ladder


def _rung(labels: Sequence[Label]) -> Rung:
    numbers: dict[Label, int] = {}
    group = np.array([numbers.setdefault(label, len(numbers)) for label in labels], np.int32)
    sizes = np.bincount(group)
    return Rung(group, tuple(numbers), (sizes[group] - 1) / max(1, len(labels) - 1))


def _check_nested(column: str, ladder: Ladder) -> None:
    """Values that share a label share all wider ones."""
    for level, (narrow, wide) in enumerate(zip(ladder.rungs, ladder.rungs[1:], strict=False), 1):
        leader = np.empty(narrow.count, np.int32)
        leader[narrow.group] = wide.group
        if not np.array_equal(leader[narrow.group], wide.group):
            raise _wrong(
                column,
                f"values together at level {level - 1} to be together at level {level}",
                f"{int((leader[narrow.group] != wide.group).sum())} that part",
                "each level must only join groups of the one below",
            )


def _listed(column: str, rows: Sequence[Sequence[str]], values: pa.Array) -> list[list[Label]]:
    lengths = {len(row) for row in rows}
    if len(lengths) != 1:
        raise _wrong(
            column, "rows of one length", f"lengths {sorted(lengths)}", "repeat a label where a level is short"
        )
    known = {row[0]: row for row in rows}
    if len(known) != len(rows):
        raise _wrong(column, "one row a value", f"{len(rows) - len(known)} values twice", "keep one of them")
    texts = _texts(values)
    missing = sum(text is not None and text not in known for text in texts)
    if missing:
        raise _wrong(column, "a row for every value", f"{missing} values without one", "add them to the hierarchy")
    top = len(rows[0]) - 1
    widest = {row[top] for row in rows}
    # Null has no row: it stays null until everything is one.
    nothing = [None] * top + ([EVERYTHING] if widest == {EVERYTHING} else [None])
    return [[nothing[level] if text is None else known[text][level] for text in texts] for level in range(top + 1)]


def _bands(column: str, widths: Sequence[int], values: pa.Array) -> list[list[Label]]:
    if not (pa.types.is_integer(values.type) or pa.types.is_floating(values.type) or pa.types.is_decimal(values.type)):
        raise _wrong(column, "numbers", str(values.type), "numbers are banded; texts need a listed hierarchy")
    for narrow, wide in zip((1, *widths), widths, strict=False):
        if wide < 1 or wide % narrow:
            raise _wrong(column, "widths that each divide the next", str(list(widths)), "for example 5, 10, 20")
    numbers = [None if value is None else float(value) for value in values.to_pylist()]
    levels: list[list[Label]] = [_texts(values)]
    for width in widths:
        floors = [None if number is None else int(number // width * width) for number in numbers]
        levels.append([None if floor is None else f"[{floor}, {floor + width})" for floor in floors])
    return levels


def _dates(column: str, values: pa.Array) -> list[list[Label]]:
    texts = _iso(values)
    wrong = sum(text is not None and not ISO_DATE.match(text) for text in texts)
    if wrong:
        raise _wrong(column, "dates as in 2026-11-23", f"{wrong} values that are not", "or use a listed hierarchy")
    cuts: list[Callable[[str], str]] = [lambda t: t[:10], lambda t: t[:7], lambda t: t[:4], lambda t: t[:3] + "0s"]
    levels: list[list[Label]] = [[None if text is None else cut(text) for text in texts] for cut in cuts]
    return levels if levels[0] == texts else [[*texts], *levels]


def _iso(values: pa.Array) -> list[Label]:
    """Write dates and instants as people of their own time zone read them."""
    if pa.types.is_timestamp(values.type):
        in_micros = values.cast(pa.timestamp("us", values.type.tz), safe=False)
        return [None if value is None else value.isoformat() for value in in_micros.to_pylist()]
    return _texts(values)


def _prefixes(column: str, lengths: Sequence[int], texts: Sequence[Label]) -> list[list[Label]]:
    if sorted(set(lengths), reverse=True) != [*lengths] or not lengths or lengths[-1] < 1:
        raise _wrong(column, "lengths of at least 1 that fall", str(list(lengths)), "for example 5, 3, 2")
    longest = max((len(text) for text in texts if text is not None), default=0)
    cut = [[None if text is None else text[:length] for text in texts] for length in lengths if length < longest]
    return [[*texts], *cut]


def _postal(column: str, hierarchy: PostalCodes, values: pa.Array) -> list[list[Label]]:
    texts = [None if text is None else unicodedata.normalize("NFKC", text).strip() for text in _texts(values)]
    wrong = sum(text is not None and not POSTAL_CODE.fullmatch(text) for text in texts)
    if wrong:
        raise _wrong(column, "postal codes of 7 digits", f"{wrong} values that are not", "clear them (cell deletion)")
    digits = [None if text is None else text.replace("-", "") for text in texts]
    if not hierarchy.places:
        return _prefixes(column, (5, 3, 2), digits)
    missing = sum(code is not None and code not in hierarchy.places for code in digits)
    if missing:
        raise _wrong(column, "postal codes in use", f"{missing} without a place", "use digits alone, or clear them")
    places = [None if code is None else hierarchy.places[code] for code in digits]
    towns: list[Label] = [None if place is None else f"{place[1]}{place[0]}" for place in places]
    return [[*digits], towns, [None if place is None else place[1] for place in places]]


def _texts(values: pa.Array) -> list[Label]:
    texts: list[Label] = pc.cast(values, pa.string()).to_pylist()
    return texts


def _wrong(column: str, expected: str, found: str, hint: str) -> InputError:
    problem = Problem(where=f"hierarchy of {column}", expected=expected, found=found, hint=hint)
    return InputError("the hierarchy does not fit the column", problems=(problem,))


def groups_of(ladder: Ladder) -> list[Codes]:
    """Return the groups of each level below everything, as distances along the hierarchy need them."""
    return [rung.group for rung in ladder.rungs[:-1]]
