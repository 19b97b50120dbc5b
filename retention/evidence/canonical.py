"""Canonical JSON (RFC 8785) for text, whole numbers, truth values, null, lists and objects.

Fractions are refused: their canonical form is the hard part of RFC 8785, and evidence has no use for them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

Json: TypeAlias = str | int | bool | Sequence["Json"] | Mapping[str, "Json"] | None
"""What may stand in a canonical document."""

LARGEST = 2**53 - 1
"""The largest whole number that every JSON reader keeps exact (RFC 8785, section 3.2.2.3)."""


def canonical(value: Json) -> bytes:
    """Return the one byte string that stands for the value.

    Raises:
        TypeError: a fraction, bytes, a key that is not text, or another type JSON has no exact form for.
        ValueError: a whole number beyond 2^53 - 1, or text with half a surrogate pair.

    """
    return json.dumps(_ordered(value), ensure_ascii=False, separators=(",", ":")).encode()


def _ordered(value: Json) -> object:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return _exact(value)
    if isinstance(value, Mapping):
        return {key: _ordered(value[key]) for key in sorted(value, key=_utf16)}
    if isinstance(value, list | tuple):
        return [_ordered(item) for item in value]
    raise TypeError(f"canonical JSON: expected text, whole number, list or object, found {type(value).__name__}")


def _exact(number: int) -> int:
    if abs(number) > LARGEST:
        raise ValueError("canonical JSON: expected a whole number within 2^53 - 1, found a larger one")
    return int(number)


def _utf16(key: object) -> bytes:
    """Order keys by UTF-16 code units, as RFC 8785 (section 3.2.3) does."""
    if not isinstance(key, str):
        raise TypeError(f"canonical JSON: expected text as key, found {type(key).__name__}")
    return key.encode("utf-16-be")
