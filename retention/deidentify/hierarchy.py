"""What a value becomes when it is said less exactly: given by lists, or derived."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

EVERYTHING = "*"
"""The widest label of every hierarchy: any value at all."""


@dataclass(frozen=True, slots=True)
class Listed:
    """Labels written down, one row a value: the value itself first, then wider and wider."""

    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Numbers:
    """Bands of a number: `[20, 30)` for a width of 10. Each width must divide the next."""

    widths: tuple[int, ...] = (5, 10, 20)


@dataclass(frozen=True, slots=True)
class Dates:
    """Day, month, year, decade, of dates, instants or their ISO 8601 text."""


@dataclass(frozen=True, slots=True)
class Prefixes:
    """The first characters of a text; lengths fall."""

    lengths: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PostalCodes:
    """Japanese postal codes: by places (code, municipality, prefecture) where given, else 7, 5, 3, 2 digits."""

    places: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Code of seven digits to municipality and prefecture; empty where nothing is installed that knows them."""


Hierarchy: TypeAlias = Listed | Numbers | Dates | Prefixes | PostalCodes
