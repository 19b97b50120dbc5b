"""Thrift's compact protocol, both ways, without a schema: a struct is {field number: (type, value)}.

Parquet's footer, page headers and indexes are written in it. Fields that we do not know survive
unchanged, so a file of a newer format keeps what it says. Source: Apache Thrift, compact protocol.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

TRUE: Final = 1
FALSE: Final = 2
BYTE: Final = 3
I16: Final = 4
I32: Final = 5
I64: Final = 6
DOUBLE: Final = 7
BINARY: Final = 8
LIST: Final = 9
SET: Final = 10
MAP: Final = 11
STRUCT: Final = 12

Struct: TypeAlias = dict[int, tuple[int, Any]]
"""Lists are `(element type, [values])`, maps `(key type, value type, [(key, value)])`."""

_DEEPEST = 40
_LONGEST_VARINT = 70
_INLINE_LENGTH = 15
_MORE = 0x80
_LOW = 0x7F


class CorruptThriftError(ValueError):
    """The bytes are no such struct."""


def get(struct: Struct, field: int, default: Any = None) -> Any:  # noqa: ANN401 -- a value of any of Thrift's types
    """Return a field's value, or the default if the struct does not have it."""
    found = struct.get(field)
    return default if found is None else found[1]


def items(struct: Struct, field: int) -> list[Any]:
    """Return a list field's elements; none if the struct does not have it."""
    found = struct.get(field)
    return [] if found is None else found[1][1]


def read_struct(data: bytes | memoryview, at: int = 0, begun: Struct | None = None) -> tuple[Struct, int]:
    """Return the struct that begins at `at`, and where it ends; one that is `begun` goes on there with later fields.

    Raises:
        CorruptThriftError: it ends early, nests too deeply, or claims more elements than there are bytes.

    """
    try:
        return _struct(data, at, 0, begun)
    except (IndexError, TypeError) as error:
        raise CorruptThriftError("the bytes end inside a struct") from error


def _varint(data: bytes | memoryview, at: int) -> tuple[int, int]:
    byte = data[at]
    at += 1
    number, shift = byte & _LOW, 7
    while byte >= _MORE:
        byte = data[at]
        at += 1
        number |= (byte & _LOW) << shift
        shift += 7
        if shift > _LONGEST_VARINT:
            raise CorruptThriftError("a number has too many bytes")
    return number, at


def _struct(data: bytes | memoryview, at: int, depth: int, begun: Struct | None = None) -> tuple[Struct, int]:
    if depth > _DEEPEST:
        raise CorruptThriftError("structs nest too deeply")
    found: Struct = {}
    field = 0
    if begun:
        found, field = {**begun}, max(begun)
    while True:
        head = data[at]
        at += 1
        if head == 0:
            return found, at
        kind, step = head & 15, head >> 4
        if step:
            field += step
        else:
            number, at = _varint(data, at)
            field = (number >> 1) ^ -(number & 1)
        if I16 <= kind <= I64:  # most fields are numbers, and most of those one byte
            number = data[at]
            at += 1
            if number >= _MORE:
                number, at = _varint(data, at - 1)
            found[field] = (kind, (number >> 1) ^ -(number & 1))
        elif kind == STRUCT:
            value, at = _struct(data, at, depth + 1)
            found[field] = (STRUCT, value)
        elif kind in (TRUE, FALSE):
            found[field] = (TRUE, kind == TRUE)
        else:
            value, at = _value(data, at, kind, depth)
            found[field] = (kind, value)


def _value(data: bytes | memoryview, at: int, kind: int, depth: int) -> tuple[Any, int]:
    if kind in (I16, I32, I64):
        number, at = _varint(data, at)
        return (number >> 1) ^ -(number & 1), at
    if kind == BINARY:
        length, at = _varint(data, at)
        if at + length > len(data):
            raise CorruptThriftError("a text is longer than what is left")
        return bytes(data[at : at + length]), at + length
    if kind == STRUCT:
        return _struct(data, at, depth + 1)
    if kind in (LIST, SET):
        return _list(data, at, depth)
    if kind in (BYTE, TRUE, FALSE):
        return data[at], at + 1
    if kind == DOUBLE:
        if at + 8 > len(data):
            raise CorruptThriftError("a number is longer than what is left")
        return bytes(data[at : at + 8]), at + 8
    if kind == MAP:
        return _map(data, at, depth)
    raise CorruptThriftError(f"there is no type {kind}")


def _list(data: bytes | memoryview, at: int, depth: int) -> tuple[tuple[int, list[Any]], int]:
    head = data[at]
    at += 1
    kind, length = head & 15, head >> 4
    if length == _INLINE_LENGTH:
        length, at = _varint(data, at)
    if length > len(data) - at:
        raise CorruptThriftError("a list claims more elements than there are bytes")
    elements = []
    for _ in range(length):
        value, at = _struct(data, at, depth + 1) if kind == STRUCT else _value(data, at, kind, depth)
        elements.append(value)
    return (kind, elements), at


def _map(data: bytes | memoryview, at: int, depth: int) -> tuple[tuple[int, int, list[tuple[Any, Any]]], int]:
    length, at = _varint(data, at)
    if length == 0:
        return (0, 0, []), at
    if length > len(data) - at:
        raise CorruptThriftError("a map claims more entries than there are bytes")
    kinds = data[at]
    at += 1
    entries = []
    for _ in range(length):
        key, at = _value(data, at, kinds >> 4, depth)
        value, at = _value(data, at, kinds & 15, depth)
        entries.append((key, value))
    return (kinds >> 4, kinds & 15, entries), at


def write_struct(struct: Struct) -> bytes:
    """Return the struct's bytes, fields by their number."""
    out = bytearray()
    _put_struct(out, struct)
    return bytes(out)


def _put_varint(out: bytearray, number: int) -> None:
    while number >= _MORE:
        out.append((number & _LOW) | _MORE)
        number >>= 7
    out.append(number)


def _zigzag(number: int) -> int:
    return number << 1 if number >= 0 else (-number << 1) - 1


def _put_struct(out: bytearray, struct: Struct) -> None:
    last = 0
    for field in sorted(struct):
        kind, value = struct[field]
        if kind == TRUE and not value:
            kind = FALSE
        step = field - last
        if 0 < step <= _INLINE_LENGTH:
            out.append((step << 4) | kind)
        else:
            out.append(kind)
            _put_varint(out, _zigzag(field))
        last = field
        if I16 <= kind <= I64:  # as in reading
            number = value << 1 if value >= 0 else (-value << 1) - 1
            if number < _MORE:
                out.append(number)
            else:
                _put_varint(out, number)
        elif kind > FALSE:
            _put_value(out, kind, value)
    out.append(0)


def _put_value(out: bytearray, kind: int, value: Any) -> None:  # noqa: ANN401 -- one case a type
    if kind in (I16, I32, I64):
        _put_varint(out, _zigzag(value))
    elif kind == BINARY:
        _put_varint(out, len(value))
        out += value
    elif kind == STRUCT:
        _put_struct(out, value)
    elif kind in (LIST, SET):
        _put_list(out, value)
    elif kind in (BYTE, TRUE, FALSE):
        out.append(value)
    elif kind == DOUBLE:
        out += value
    else:
        _put_map(out, value)


def _put_list(out: bytearray, value: tuple[int, list[Any]]) -> None:
    kind, elements = value
    if len(elements) < _INLINE_LENGTH:
        out.append((len(elements) << 4) | kind)
    else:
        out.append(0xF0 | kind)
        _put_varint(out, len(elements))
    for element in elements:
        _put_value(out, kind, element)


def _put_map(out: bytearray, value: tuple[int, int, list[tuple[Any, Any]]]) -> None:
    key_kind, value_kind, entries = value
    _put_varint(out, len(entries))
    if entries:
        out.append((key_kind << 4) | value_kind)
    for key, content in entries:
        _put_value(out, key_kind, key)
        _put_value(out, value_kind, content)
