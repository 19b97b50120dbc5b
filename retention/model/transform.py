"""What anonymization does to one value. A closed union, applied by connectors.

Verification does not use `apply`: it computes the expected result its own way.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_FLOOR, Decimal
from typing import TypeAlias, assert_never

_HEAD, _MARK = 24, 8
"""Hex digits of a token, and of what shows that it is one."""

Value: TypeAlias = str | int | float | bool | bytes | Decimal | date | datetime | None
"""One cell. Nested values (lists, structs) are never transformed, only dropped."""


@dataclass(frozen=True, slots=True)
class Drop:
    """Replace by null: identifiers, codes, linking codes (APPI Enforcement Rules 34 (i)-(iii))."""


@dataclass(frozen=True, slots=True)
class ToMonth:
    """Keep year and month of a date or instant; the rest becomes the first day at 00:00."""


@dataclass(frozen=True, slots=True)
class ToYear:
    """Keep the year of a date or instant."""


@dataclass(frozen=True, slots=True)
class Prefix:
    """Keep the first characters of a text (a postal code's region)."""

    length: int


@dataclass(frozen=True, slots=True)
class Band:
    """Round a number down to a multiple of `width`."""

    width: int


@dataclass(frozen=True, slots=True)
class Tokenize:
    """Put a keyed token in the value's place. Never part of a plan: a plan holds no key.

    A token is 24 hex digits of HMAC-SHA-256 and 8 more that only the key's holder can tell from
    others: so a token is known as one, and tokenizing it again leaves it as it is.
    """

    key: bytes = field(repr=False)
    """32 bytes; of one rule, dataset and column."""


Transform: TypeAlias = Drop | ToMonth | ToYear | Prefix | Band | Tokenize


def apply(transform: Transform, value: Value) -> Value:
    """Return the value after the transform; null stays null.

    Instants keep their type and zone; ISO 8601 text (JSON Lines) stays text.

    Raises:
        TypeError: the value is of a type the transform has no meaning for.
        ValueError: the text is not an ISO 8601 date.

    """
    if value is None:
        return None
    match transform:
        case Drop():
            return None
        case ToMonth():
            return _truncated(value, day_only=True)
        case ToYear():
            return _truncated(value, day_only=False)
        case Prefix(length):
            return str(value)[:length]
        case Band(width):
            return _banded(value, width)
        case Tokenize(key):
            return token(key, str(value))
        case _:
            assert_never(transform)


def token(key: bytes, text: str) -> str:
    """Return the text's token under the key; a token of this key stays as it is."""
    head = text[:_HEAD]
    if len(text) == _HEAD + _MARK and head + _mark(key, head) == text:
        return text
    head = hmac.digest(key, b"token\0" + text.encode(), "sha256").hex()[:_HEAD]
    return head + _mark(key, head)


def _mark(key: bytes, head: str) -> str:
    return hmac.digest(key, b"mark\0" + head.encode(), "sha256").hex()[:_MARK]


def class_of(row: Mapping[str, Value], quasi: Sequence[str]) -> str:
    """Name the equivalence class of a transformed row by its quasi-identifiers.

    The name is a JSON array of texts: dates and instants in ISO 8601 with the zone as given.
    """
    return json.dumps([_text(row[column]) for column in quasi], ensure_ascii=False)


def _truncated(value: Value, *, day_only: bool) -> Value:
    if isinstance(value, datetime):
        month = value.month if day_only else 1
        return value.replace(month=month, day=1, hour=0, minute=0, second=0, microsecond=0)
    if isinstance(value, date):
        return value.replace(day=1) if day_only else value.replace(month=1, day=1)
    if isinstance(value, str):
        return _truncated_text(value, day_only=day_only)
    raise TypeError(_no_meaning("a date", value))


def _truncated_text(value: str, *, day_only: bool) -> str:
    parsed = datetime.fromisoformat(value)
    shorter = _truncated(parsed, day_only=day_only)
    assert isinstance(shorter, datetime)  # noqa: S101 -- narrows the type; always true
    is_plain_date = len(value) == len("2026-11-23")
    return shorter.date().isoformat() if is_plain_date else shorter.isoformat()


def _banded(value: Value, width: int) -> Value:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise TypeError(_no_meaning("a number", value))
    if isinstance(value, Decimal):
        return (value / width).to_integral_value(ROUND_FLOOR) * width
    return type(value)(value // width * width)


def _text(value: Value) -> str | None:
    if isinstance(value, date):
        return value.isoformat()
    return None if value is None else str(value)


def _no_meaning(expected: str, value: Value) -> str:
    return f"expected {expected}, found a value of type {type(value).__name__}"
