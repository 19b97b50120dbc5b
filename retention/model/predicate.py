"""Which rows. A closed union, two-valued: a comparison with null is false, never unknown.

A predicate holds no personal value: keys are named by their key set, and the values travel
beside it in a `Selection`. So a predicate can stand in a plan, a log line and in evidence.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import TypeAlias

from retention.model.subject import KeySet, KeyValues


@dataclass(frozen=True, slots=True)
class Everything:
    """Every row."""


@dataclass(frozen=True, slots=True)
class Among:
    """Rows whose column holds one of the keys."""

    column: str
    keys: KeySet


@dataclass(frozen=True, slots=True)
class Before:
    """Rows whose instant is earlier than `at`.

    A date column is compared with `at`'s local date; a time-stamp without a zone is read in
    `at`'s zone (the policy's). Null is not before anything.
    """

    column: str
    at: datetime
    """Aware."""


@dataclass(frozen=True, slots=True)
class Populated:
    """Rows in which at least one of the columns is not null."""

    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Rows that the part does not select (null comparisons included)."""

    part: Predicate


@dataclass(frozen=True, slots=True)
class AllOf:
    """Rows that every part selects; at least one part."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Rows that some part selects; at least one part."""

    parts: tuple[Predicate, ...]


Predicate: TypeAlias = Everything | Among | Before | Populated | Not | AllOf | AnyOf


@dataclass(frozen=True, slots=True)
class Selection:
    """A predicate together with the keys it names: what a connector is given."""

    where: Predicate
    keys: KeyValues = field(default_factory=lambda: MappingProxyType({}), repr=False)
