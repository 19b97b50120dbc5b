"""What is to become of selected rows: a closed union, the same for every format."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, assert_never

from retention.errors import TerminalFailure
from retention.model.transform import Drop, Transform, Value, apply, class_of

_NAMED = 20


@dataclass(frozen=True, slots=True)
class Erase:
    """The row goes."""


@dataclass(frozen=True, slots=True)
class Redact:
    """The fields become null."""

    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Anonymize:
    """The transforms are applied; rows whose class is rare go."""

    transforms: Mapping[str, Transform]
    quasi: tuple[str, ...]
    rare: frozenset[str]


Change: TypeAlias = Erase | Redact | Anonymize


@dataclass(frozen=True, slots=True)
class Counts:
    """What a change does, or did, to one object."""

    rows: int = 0
    """All rows before."""
    gone: int = 0
    altered: int = 0
    suppressed: int = 0
    """Of `gone`, rows of rare classes."""
    unclear: tuple[int, ...] = ()
    """Numbers (from 1) of lines that may be meant and cannot be read: they stay. At most `_NAMED` are named."""

    @property
    def touched(self) -> int:
        """Return how many rows the change concerns; zero when there is nothing (left) to do."""
        return self.gone + self.altered

    @property
    def remaining(self) -> int:
        """Return how many rows are left afterwards."""
        return self.rows - self.gone

    def __add__(self, other: Counts) -> Counts:
        """Add up the counts of parts."""
        return Counts(
            self.rows + other.rows,
            self.gone + other.gone,
            self.altered + other.altered,
            self.suppressed + other.suppressed,
            (self.unclear + other.unclear)[:_NAMED],
        )


@dataclass(frozen=True, slots=True)
class Unclear:
    """The line cannot be read, so nobody knows whose it is: it stays, and is reported."""


@dataclass(frozen=True, slots=True)
class Gone:
    """The row is to be left out."""

    suppressed: bool


@dataclass(frozen=True, slots=True)
class Altered:
    """The row stays with these new values; none: it is as it should be."""

    values: Mapping[str, Value]


def columns_of(change: Change) -> frozenset[str]:
    """Return the columns that must be read to know what the change does."""
    match change:
        case Erase():
            return frozenset()
        case Redact(fields):
            return frozenset(fields)
        case Anonymize(transforms, quasi, _):
            return frozenset({*transforms, *quasi})
        case _:
            assert_never(change)


def fate(change: Change) -> Callable[[Mapping[str, Any]], Gone | Altered]:
    """Return what happens to one selected row; absent columns are null.

    Raises:
        TerminalFailure: (the function) a value is of a type its transform has no meaning for.

    """
    match change:
        case Erase():
            return lambda _: Gone(suppressed=False)
        case Redact(fields):
            return lambda row: Altered({name: None for name in fields if row.get(name) is not None})
        case Anonymize():
            return lambda row: _anonymized(change, row)
        case _:
            assert_never(change)


def _anonymized(change: Anonymize, row: Mapping[str, Any]) -> Gone | Altered:
    new = {column: _transformed(column, how, row.get(column)) for column, how in change.transforms.items()}
    if (
        change.rare
        and class_of({name: new.get(name, row.get(name)) for name in change.quasi}, change.quasi) in change.rare
    ):
        return Gone(suppressed=True)
    return Altered({column: value for column, value in new.items() if value != row.get(column)})


def _transformed(column: str, how: Transform, value: Any) -> Value:  # noqa: ANN401 -- a cell of any type
    if isinstance(how, Drop):
        return None
    try:
        return apply(how, value)
    except (TypeError, ValueError):
        # the parser's own message repeats the value
        message = f"column {column}: a value of type {type(value).__name__} has no {type(how).__name__}"
        raise TerminalFailure(message, hint="choose a transform that fits the column in the data map") from None
