"""Reading a whole schema: what is there, mapped or not. Not part of `Store`: `Capabilities.surveys` says which can.

A survey reads values as well, to guess what a column means. They stay in memory: whoever takes
them writes down counts and rules' names, never a value.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol, TypeAlias

from retention.model.datamap import ColumnType
from retention.ports.connector import Store, SystemSettings

Sampled: TypeAlias = str | int | float | bool | date | datetime


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Rows of a table refer to rows of another, or of the same."""

    table: str
    """The table referred to."""
    columns: tuple[tuple[str, str], ...]
    """(column here, column there); several pairs for a composite key."""


@dataclass(frozen=True, slots=True)
class LiveDataset:
    """A table, or files of the same shape, as they are now."""

    location: str
    """A table's name, or a path pattern."""
    is_path: bool
    columns: Mapping[str, ColumnType]
    primary_key: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    values: Mapping[str, frozenset[Sampled]] = field(default_factory=dict, repr=False)
    """Column → distinct values of some rows, nulls left out; values inside nested ones stand by themselves."""


class Surveyor(Protocol):
    """Looks at everything a system holds.

    Every method raises TransientFailure (could not be reached) or TerminalFailure (refused, or a
    file cannot be read).
    """

    def survey(self, rows: int) -> tuple[LiveDataset, ...]:
        """Return every table or shape of files by location, with values of at most so many rows of each."""
        ...

    def beside(self, locations: Collection[str]) -> tuple[str, ...]:
        """Return what none of the locations covers: tables, or shapes of files (also of old versions only).

        A location may be a table, a path pattern, or a folder (`tmp/`) with everything below it.
        """
        ...

    def close(self) -> None:
        """Give connections back."""
        ...


class SurveyingStore(Store, Protocol):
    """A store whose capabilities say that it surveys."""

    def surveyor(self) -> Surveyor:
        """Return the side that reads the whole schema."""
        ...


Survey: TypeAlias = Callable[[SystemSettings], Surveyor]
"""The type of entry points `retention.surveyors`: by an address's scheme. It does not touch the network."""
