"""Which rows. A closed union, two-valued: a comparison with null is false, never unknown.

A predicate holds no personal value: keys are named by their key set, and the values travel
beside it in a `Selection`. So a predicate can stand in a plan, a log line and in evidence.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import TypeAlias

from retention.model.subject import Key, KeySet, KeyValues


def tuple_key(values: Sequence[Key]) -> str:
    """Return a key of several columns as one text: a JSON array, every value as text."""
    return json.dumps([str(value) for value in values], ensure_ascii=False)


def tuple_values(key: Key) -> tuple[str, ...]:
    """Read what `tuple_key` wrote."""
    return tuple(json.loads(str(key)))


@dataclass(frozen=True, slots=True)
class Everything:
    """Every row."""


@dataclass(frozen=True, slots=True)
class Among:
    """Rows whose column holds one of the keys."""

    column: str
    keys: KeySet


@dataclass(frozen=True, slots=True)
class AmongTuples:
    """Rows whose columns together hold one of the keys: a key of several columns.

    Each key of the set is the `tuple_key` of the values; a row with a null among them has none.
    """

    columns: tuple[str, ...]
    """Two or more."""
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


Predicate: TypeAlias = Everything | Among | AmongTuples | Before | Populated | Not | AllOf | AnyOf


@dataclass(frozen=True, slots=True)
class Selection:
    """A predicate together with the keys it names: what a connector is given."""

    where: Predicate
    keys: KeyValues = field(default_factory=lambda: MappingProxyType({}), repr=False)
