"""Canonical bytes of a row, and a digest of many rows that does not depend on their order.

A row's bytes are its non-null fields, by name in sorted order, each as
`<tag><length of name>:<name><length of value>:<value>`. So a null and an absent field are the
same, and the order of columns means nothing. Numbers are written by value (JSON Lines gives
`1` and `1.0` for the same number); that types stay as they were is the schema's matter.

The digest of a multiset of rows is the sum of SHA-256 of each row's bytes modulo 2^256
(AdHash: Bellare and Micciancio, 1997): additive, so a dataset is digested batch by batch. It
guards against mistakes and losses, not against someone who crafts rows to collide.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from retention.errors import TerminalFailure

_MODULUS = 1 << 256
_BYTES = pa.large_binary()
_NANOSECONDS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}

Column: TypeAlias = Any
"""A `pyarrow.Array`; pyarrow ships no types."""


def digest_sum(rows: Iterable[bytes]) -> int:
    """Return the sum of the rows' SHA-256 digests modulo 2^256."""
    return sum(int.from_bytes(sha256(row).digest()) for row in rows) % _MODULUS


def digest_hex(total: int) -> str:
    """Return a sum of digests as 64 hex digits."""
    return f"{total % _MODULUS:064x}"


def rows_as_bytes(batch: pa.RecordBatch, columns: Iterable[str] | None = None) -> list[bytes]:
    """Return every row's canonical bytes, over all columns or the named ones.

    Raises:
        TerminalFailure: a column's type has no canonical form.

    """
    names = sorted(batch.schema.names if columns is None else set(columns) & set(batch.schema.names))
    parts = [_field(name, plain(batch.column(name))) for name in names]
    if not parts:
        return [b""] * batch.num_rows
    joined: list[bytes] = pc.binary_join_element_wise(*parts, pa.scalar(b"", _BYTES)).to_pylist()
    return joined


def plain(column: Column) -> Column:
    """Return the column without dictionary coding or extension types."""
    if isinstance(column.type, pa.BaseExtensionType):
        column = column.cast(column.type.storage_type)
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _field(name: str, column: Column) -> Column:
    """Return the field's bytes for every row; empty where it is null."""
    tag, values = _encoded(name, column)
    name_bytes = name.encode()
    head = pa.scalar(tag + f"{len(name_bytes)}:".encode() + name_bytes, _BYTES)
    lengths = pc.cast(pc.cast(pc.binary_length(values), pa.large_string()), _BYTES)
    colon, nothing = pa.scalar(b":", _BYTES), pa.scalar(b"", _BYTES)
    whole = pc.binary_join_element_wise(head, lengths, colon, values, nothing, null_handling="emit_null")

    return pc.coalesce(whole, nothing)


def _encoded(name: str, column: Column) -> tuple[bytes, Column]:
    kind = column.type
    for matches, tag, encode in _QUICK:
        if matches(kind):
            return tag, encode(column)
    try:
        values = [None if value is None else _value(value) for value in _to_python(column)]
    except TypeError:
        message = f"column {name}: expected a type that can be digested, found {kind}"
        raise TerminalFailure(message, hint="verification cannot vouch for this column") from None
    return b"v", pa.array(values, _BYTES)


def _text_of(column: Column) -> Column:
    return pc.cast(pc.cast(column, pa.large_string()), _BYTES)


def _raw(column: Column) -> Column:
    return pc.cast(column, _BYTES)


def _instants(column: Column) -> Column:
    unit = _NANOSECONDS[column.type.unit]
    counts = pc.cast(column, pa.int64()).to_pylist()
    return pa.array([None if count is None else str(count * unit).encode() for count in counts], _BYTES)


def _number(value: float | Decimal) -> bytes:
    """Write a number by value: 1, 1.0 and Decimal("1.00") are the same."""
    if math.isnan(value):
        return b"nan"
    if math.isinf(value):
        return b"inf" if value > 0 else b"-inf"
    if value == int(value):
        return str(int(value)).encode()
    return repr(value).encode() if isinstance(value, float) else str(value.normalize()).encode()


def _numbers(column: Column) -> Column:
    return pa.array([None if v is None else _number(v) for v in column.to_pylist()], _BYTES)


def _to_python(column: Column) -> list[Any]:
    if pa.types.is_duration(column.type) or pa.types.is_time64(column.type):
        # Nanoseconds have no Python type: count units instead, with the unit beside them.
        return [None if v is None else [str(column.type), v] for v in pc.cast(column, pa.int64()).to_pylist()]
    return list(column.to_pylist())


def _value(value: object) -> bytes:
    """Encode a nested value, every part with tag and length."""
    match value:
        case None:
            return b"0"
        case bool():
            return b"t1" if value else b"t0"
        case int() | float() | Decimal():
            return _framed(b"n", _number(value))
        case str():
            return _framed(b"s", value.encode())
        case bytes():
            return _framed(b"b", value)
        case datetime() | date() | time() | timedelta():
            return _framed(type(value).__name__.encode(), str(value).encode())
        case Mapping():
            fields = sorted((str(k), v) for k, v in value.items() if v is not None)
            return _framed(b"m", b"".join(_value(name) + _value(part) for name, part in fields))
        case list() | tuple():
            return _framed(b"l", b"".join(_value(part) for part in value))
        case _:
            raise TypeError(type(value).__name__)


def _framed(tag: bytes, content: bytes) -> bytes:
    return tag + f"{len(content)}:".encode() + content


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_bytes(kind: pa.DataType) -> bool:
    return any(
        is_kind(kind) for is_kind in (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary)
    )


def _is_instant(kind: pa.DataType) -> bool:
    return bool(pa.types.is_timestamp(kind) and kind.tz is not None)


def _is_fraction(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_decimal(kind))


_QUICK: tuple[tuple[Callable[[pa.DataType], bool], bytes, Callable[[Column], Column]], ...] = (
    (_is_text, b"s", _raw),
    (pa.types.is_integer, b"n", _text_of),
    (_is_fraction, b"n", _numbers),
    (pa.types.is_boolean, b"t", _text_of),
    (_is_bytes, b"b", _raw),
    (pa.types.is_date, b"d", lambda column: _text_of(pc.cast(column, pa.date32()))),
    (_is_instant, b"u", _instants),
    (pa.types.is_timestamp, b"i", _instants),
    (pa.types.is_null, b"0", _raw),
)
"""Types that need no Python object a value; the rest goes through `_value`."""
