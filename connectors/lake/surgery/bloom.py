"""Bloom filters of column chunks: whether one of some values may be in it.

Split-block filters with XXH64 of a value's plain bytes. Source: Apache Parquet format, "BloomFilter".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from connectors.lake.segments import Source
from connectors.lake.surgery.fields import Meta
from connectors.lake.surgery.thrift import CorruptThriftError, Struct, get, read_struct

_WORD: Final = (1 << 64) - 1
_P1: Final = 0x9E3779B185EBCA87
_P2: Final = 0xC2B2AE3D27D4EB4F
_P3: Final = 0x165667B19E3779F9
_P4: Final = 0x85EBCA77C2B2AE63
_P5: Final = 0x27D4EB2F165667C5
_SALTS: Final = (
    0x47B6137B,
    0x44974D91,
    0x8824AD5B,
    0xA2B7289D,
    0x705495C7,
    0x2DF1424B,
    0x9EFC4947,
    0x5C6BFB31,
)
_BLOCK: Final = 32
_STRIPE: Final = 32
_HEADER: Final = 64
_LARGEST: Final = 128 << 20


def may_hold(source: Source, meta: Struct, values: Iterable[bytes]) -> bool:
    """Whether a chunk may hold one of the values, by its filter; yes if it has none that can be read."""
    at = get(meta, Meta.BLOOM)
    if not at:
        return True
    try:
        header, length = read_struct(source.read(at, min(at + _HEADER, source.size)))
        size = get(header, 1)
    except CorruptThriftError:
        return True
    if not isinstance(size, int) or size % _BLOCK or not 0 < size <= _LARGEST or at + length + size > source.size:
        return True
    bits = source.read(at + length, at + length + size)
    return any(_is_in(bits, xxh64(value)) for value in values)


def _is_in(bits: bytes, hashed: int) -> bool:
    block = ((hashed >> 32) * (len(bits) // _BLOCK)) >> 32
    low = hashed & 0xFFFFFFFF
    for word, salt in enumerate(_SALTS):
        at = block * _BLOCK + word * 4
        bit = ((low * salt) & 0xFFFFFFFF) >> 27
        if not int.from_bytes(bits[at : at + 4], "little") >> bit & 1:
            return False
    return True


def xxh64(data: bytes) -> int:
    """Return the XXH64 hash with seed 0. Source: the xxHash specification, 0.1.1."""
    at, length = 0, len(data)
    if length >= _STRIPE:
        lanes = [(_P1 + _P2) & _WORD, _P2, 0, -_P1 & _WORD]
        while at + _STRIPE <= length:
            lanes = [_round(lane, data[at + 8 * n : at + 8 * n + 8]) for n, lane in enumerate(lanes)]
            at += _STRIPE
        found = sum(_rotated(lane, by) for lane, by in zip(lanes, (1, 7, 12, 18), strict=True)) & _WORD
        for lane in lanes:
            found = ((found ^ _round(0, lane.to_bytes(8, "little"))) * _P1 + _P4) & _WORD
    else:
        found = _P5
    return _avalanche(_rest(data, at, (found + length) & _WORD))


def _rest(data: bytes, at: int, found: int) -> int:
    while at + 8 <= len(data):
        found = (_rotated(found ^ _round(0, data[at : at + 8]), 27) * _P1 + _P4) & _WORD
        at += 8
    if at + 4 <= len(data):
        found ^= int.from_bytes(data[at : at + 4], "little") * _P1 & _WORD
        found = (_rotated(found, 23) * _P2 + _P3) & _WORD
        at += 4
    for byte in data[at:]:
        found = _rotated(found ^ byte * _P5 & _WORD, 11) * _P1 & _WORD
    return found


def _round(lane: int, eight: bytes) -> int:
    return _rotated((lane + int.from_bytes(eight, "little") * _P2) & _WORD, 31) * _P1 & _WORD


def _rotated(number: int, by: int) -> int:
    return ((number << by) | (number >> (64 - by))) & _WORD


def _avalanche(found: int) -> int:
    found = (found ^ found >> 33) * _P2 & _WORD
    found = (found ^ found >> 29) * _P3 & _WORD
    return found ^ found >> 32
