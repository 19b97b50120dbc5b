"""Keys in the column's own type: converted exactly, or refused, never silently another value.

A key is text or a whole number (`retention.model.subject`). A column of integers, decimals, floats, dates,
instants, booleans, bytes or UUIDs is asked with values of its own type; a key that cannot be one is an error,
and a number that is too large for the column is simply not in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import pyarrow as pa

from connectors.lake import arrays
from connectors.lake.membership import Members
from retention.errors import KeyTypeError
from retention.model.ids import KeySetId
from retention.model.subject import Key

_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_EXACT_IN_A_DOUBLE = 2**53
_UUID_BYTES = 16


_MADE: WeakKeyDictionary[frozenset[Key], dict[str, Members]] = WeakKeyDictionary()
"""By keys and type; gone as soon as nobody has the keys any more."""


class ValueSets:
    """The keys of one selection as Arrow arrays, made once for each type, however many files are asked."""

    def __init__(self, keys: Mapping[KeySetId, frozenset[Key]]) -> None:
        """Convert nothing yet."""
        self._keys = keys
        self._made: dict[tuple[KeySetId, str], Members] = {}

    def of(self, column: str, kind: pa.DataType, keyset: KeySetId) -> Members:
        """Return the keys of a set as values of a column; raises as `value_set` does."""
        wanted = keyset, str(kind)
        if wanted not in self._made:  # to find a set of many keys among others takes long
            keys = self._keys[keyset]
            made = _MADE.setdefault(keys, {})
            if str(kind) not in made:
                made[str(kind)] = Members(value_set(column, kind, keys))
            self._made[wanted] = made[str(kind)]
        return self._made[wanted]


def value_set(column: str, kind: pa.DataType, keys: frozenset[Key]) -> pa.Array:
    """Return the keys that can be values of the type, sorted.

    Raises:
        KeyTypeError: a key is no value of such a column, or the column is of a type that has no keys.

    """
    if pa.types.is_null(kind):
        return pa.nulls(0, kind)
    for holds, convert in _CONVERSIONS:
        if holds(kind):
            return arrays.column(sorted(convert(column, kind, keys)), kind)
    raise KeyTypeError(f"column {column}: keys are compared with integers or text, found a column of type {kind}")


def as_integer(key: Key) -> int | None:
    """Return the whole number a key is or spells; None if it is other text."""
    if isinstance(key, bool):
        return None
    if isinstance(key, int):
        return key
    return int(key) if _INTEGER.fullmatch(key) else None


def _whole(column: str, keys: frozenset[Key]) -> set[int]:
    numbers = {as_integer(key) for key in keys}
    if None in numbers:
        raise KeyTypeError(
            f"column {column} holds integers: expected whole numbers as keys, found another text",
            hint="check which identity key the data map ties to this column",
        )
    return {number for number in numbers if number is not None}


def _integers(column: str, kind: pa.DataType, keys: frozenset[Key]) -> list[int]:
    bits: int = kind.bit_width
    low, high = (0, 1 << bits) if pa.types.is_unsigned_integer(kind) else (-(1 << bits - 1), 1 << bits - 1)
    return [number for number in _whole(column, keys) if low <= number < high]


def _floats(column: str, _: pa.DataType, keys: frozenset[Key]) -> list[float]:
    return [float(number) for number in _whole(column, keys) if abs(number) <= _EXACT_IN_A_DOUBLE]


def _decimals(column: str, kind: pa.DataType, keys: frozenset[Key]) -> list[Decimal]:
    scale, digits = kind.scale, kind.precision - kind.scale
    found = {_read(column, "numbers", lambda key: Decimal(str(key)), key) for key in keys}
    if not all(number.is_finite() for number in found):
        raise _refused(column, "numbers")
    whole = (number for number in found if number == number.quantize(Decimal(1).scaleb(-max(scale, 0))))
    return [number for number in whole if abs(number) < Decimal(10) ** digits]


def _texts(_: str, __: pa.DataType, keys: frozenset[Key]) -> list[str]:
    return list(map(str, keys))


def _bytes(column: str, kind: pa.DataType, keys: frozenset[Key]) -> set[bytes]:
    if not pa.types.is_fixed_size_binary(kind):
        return {str(key).encode() for key in keys}
    if kind.byte_width == _UUID_BYTES:
        return {_read(column, "UUIDs", lambda key: UUID(str(key)).bytes, key) for key in keys}
    encoded = {str(key).encode() for key in keys}
    if any(len(key) != kind.byte_width for key in encoded):
        raise _refused(column, f"{kind.byte_width} bytes")
    return encoded


def _dates(column: str, _: pa.DataType, keys: frozenset[Key]) -> set[date]:
    return {_read(column, "dates (2026-11-23)", lambda key: date.fromisoformat(str(key)), key) for key in keys}


def _instants(column: str, kind: pa.DataType, keys: frozenset[Key]) -> set[datetime]:
    found = {_read(column, "instants", lambda key: datetime.fromisoformat(str(key)), key) for key in keys}
    if any((instant.tzinfo is None) != (kind.tz is None) for instant in found):
        raise _refused(column, "instants with a zone" if kind.tz else "instants without a zone")
    return {instant.astimezone(UTC) if instant.tzinfo else instant for instant in found}


def _read(column: str, expected: str, convert: Callable[[Key], Any], key: Key) -> Any:  # noqa: ANN401 -- of the column
    try:
        return convert(key)
    except (ValueError, InvalidOperation):
        # the parser's own message repeats the key
        raise _refused(column, expected) from None


def _refused(column: str, expected: str) -> KeyTypeError:
    return KeyTypeError(
        f"column {column}: expected {expected} as keys, found something else",
        hint="check which identity key the data map ties to this column",
    )


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)
    ) and not pa.types.is_decimal(kind)


_CONVERSIONS: tuple[tuple[Callable[[pa.DataType], bool], Callable[[str, pa.DataType, frozenset[Key]], Any]], ...] = (
    (pa.types.is_integer, _integers),
    (pa.types.is_decimal, _decimals),
    (pa.types.is_floating, _floats),
    (_is_text, _texts),
    (_is_bytes, _bytes),
    (pa.types.is_date, _dates),
    (pa.types.is_timestamp, _instants),
)
