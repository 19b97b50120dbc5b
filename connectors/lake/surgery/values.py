"""The values of one data page: some are left out, in the encoding that they are in."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from connectors.lake.surgery import hybrid
from connectors.lake.surgery.fields import Encoding, Physical
from connectors.lake.surgery.footer import Leaf
from connectors.lake.surgery.hybrid import Numbers
from connectors.lake.surgery.pages import CorruptPageError, UnknownPageError

Mask: TypeAlias = NDArray[np.bool_]
Raw: TypeAlias = NDArray[Any] | Sequence[bytes]
"""Plain values: an array of fixed-width items, or a list of byte strings."""

_ENOUGH: Final = 31
"""Bits of the numbers that stand in for entries that are gone."""
_LENGTH: Final = struct.Struct("<I").unpack_from
_DICTIONARY: Final = frozenset({Encoding.PLAIN_DICTIONARY, Encoding.RLE_DICTIONARY})


@dataclass(frozen=True, slots=True)
class Numbered:
    """Values by their numbers in the dictionary: those that stay, and those that went."""

    kept: Numbers
    dropped: Numbers


@dataclass(frozen=True, slots=True)
class Spelled:
    """Values that went, themselves."""

    dropped: Raw


def is_numbered(encoding: int) -> bool:
    """Whether pages in this encoding hold dictionary numbers."""
    return encoding in _DICTIONARY


def dtype_of(leaf: Leaf) -> np.dtype[Any]:
    """Return how numpy sees one fixed-width value; floats as floats, so that zeros of both signs are equal."""
    if leaf.physical in (Physical.FLOAT, Physical.DOUBLE):
        return np.dtype(f"<f{leaf.width}")
    return np.dtype(f"<u{leaf.width}" if leaf.width in (4, 8) else f"V{leaf.width}")


def without(leaf: Leaf, encoding: int, content: bytes, at: int, keep: Mask) -> tuple[bytes, Numbered | Spelled]:
    """Return the values at `keep` in their encoding, and what went; `at` is where values begin.

    Raises:
        UnknownPageError: an encoding whose values depend on one another.
        CorruptPageError: there are fewer values than there should be.

    """
    if encoding in _DICTIONARY:
        return _without_numbers(content, at, keep)
    if encoding == Encoding.PLAIN and leaf.physical == Physical.BYTES:
        return _without_texts(content, at, keep)
    if leaf.physical == Physical.BOOLEAN:
        return _without_bits(encoding, content, at, keep)
    if encoding == Encoding.PLAIN:
        found = fixed(leaf, content, at, len(keep))
        return found[keep].tobytes(), Spelled(found[~keep])
    if encoding == Encoding.STREAM_SPLIT:
        return _without_split(leaf, content, at, keep)
    raise UnknownPageError(f"encoding {encoding}")


def fixed(leaf: Leaf, content: bytes, at: int, count: int) -> NDArray[Any]:
    """Return `count` plain values of one width."""
    if leaf.width == 0 or at + count * leaf.width > len(content):
        raise CorruptPageError("fewer values than its header says")
    return np.frombuffer(content, dtype_of(leaf), count, at)


def numbers(content: bytes, at: int, count: int) -> Numbers:
    """Return a page's dictionary numbers."""
    if count == 0:
        return np.zeros(0, np.uint32)
    if at >= len(content):
        raise CorruptPageError("fewer values than its header says")
    return hybrid.decode(content, at + 1, len(content), content[at], count)


def texts(content: bytes, count: int, at: int = 0) -> list[bytes]:
    """Return `count` plain byte strings."""
    found: list[bytes] = []
    for _ in range(count):
        at, start = _next(content, at), at + 4
        found.append(content[start:at])
    return found


def plain_texts(values: Sequence[bytes]) -> bytes:
    """Return byte strings in plain encoding."""
    return b"".join(len(value).to_bytes(4, "little") + value for value in values)


def _without_numbers(content: bytes, at: int, keep: Mask) -> tuple[bytes, Numbered]:
    found = numbers(content, at, len(keep))
    width = content[at] if at < len(content) else 0
    kept = found[keep]
    return bytes([width]) + hybrid.encode(kept, width), Numbered(kept, found[~keep])


def _next(content: bytes, at: int) -> int:
    if at + 4 > len(content):
        raise CorruptPageError("fewer values than its header says")
    stop = at + 4 + int(_LENGTH(content, at)[0])
    if stop > len(content):
        raise CorruptPageError("a value that goes beyond its page")
    return stop


def _without_texts(content: bytes, at: int, keep: Mask) -> tuple[bytes, Spelled]:
    kept: list[bytes] = []
    dropped: list[bytes] = []
    number, begun = 0, at
    for drop in np.flatnonzero(~keep).tolist():
        while number < drop:
            at = _next(content, at)
            number += 1
        kept.append(content[begun:at])
        start, at = at + 4, _next(content, at)
        dropped.append(content[start:at])
        begun = at
        number += 1
    kept.append(content[begun:])
    return b"".join(kept), Spelled(dropped)


def _without_bits(encoding: int, content: bytes, at: int, keep: Mask) -> tuple[bytes, Spelled]:
    count = len(keep)
    if encoding == Encoding.RLE:
        found = hybrid.decode(content, at + 4, len(content), 1, count)
        runs = hybrid.encode(found[keep], 1)
        return len(runs).to_bytes(4, "little") + runs, Spelled([bytes([bit]) for bit in np.unique(found[~keep])])
    if encoding != Encoding.PLAIN:
        raise UnknownPageError(f"encoding {encoding}")
    bits = np.unpackbits(np.frombuffer(content, np.uint8, -1, at), bitorder="little")[:count]
    if len(bits) != count:
        raise CorruptPageError("fewer values than its header says")
    packed = np.packbits(bits[keep], bitorder="little").tobytes()
    return packed, Spelled([bytes([bit]) for bit in np.unique(bits[~keep])])


def _without_split(leaf: Leaf, content: bytes, at: int, keep: Mask) -> tuple[bytes, Spelled]:
    count = len(keep)
    if leaf.width == 0 or at + count * leaf.width > len(content):
        raise CorruptPageError("fewer values than its header says")
    streams = np.frombuffer(content, np.uint8, count * leaf.width, at).reshape(leaf.width, count)
    dropped = np.ascontiguousarray(streams[:, ~keep].T).reshape(-1).view(dtype_of(leaf))
    return streams[:, keep].tobytes(), Spelled(dropped)


def overwritten(leaf: Leaf, entries: Raw, dead: Numbers) -> bytes:
    """Return a dictionary's plain values with others in the place of those that nothing has any more.

    The others are small numbers that the dictionary does not have: readers that take over the dictionary as
    it is do not bear an entry twice.
    """
    if isinstance(entries, np.ndarray):
        if leaf.width in (4, 8):
            new = entries.view(f"<u{leaf.width}").copy()
            new[dead] = _unknown_numbers(new, len(dead))
            return new.tobytes()
        raw = entries.view(f"V{leaf.width}")
        known = {bytes(value) for value in raw.tolist()}
        fillers = (number.to_bytes(leaf.width, "little") for number in range(1 << min(8 * leaf.width, _ENOUGH)))
        other = raw.copy()
        for number, filler in zip(dead.tolist(), _others(fillers, known), strict=False):
            other[number] = np.void(filler)
        return other.tobytes()
    texts_now = list(entries)
    fillers = (str(number).encode() for number in range(1 << _ENOUGH))
    for number, filler in zip(dead.tolist(), _others(fillers, set(entries)), strict=False):
        texts_now[number] = filler
    return plain_texts(texts_now)


def _unknown_numbers(known: NDArray[Any], count: int) -> NDArray[Any]:
    """Return the smallest numbers that are not known."""
    most = count + len(known)
    free = np.ones(most, np.bool_)
    free[known[known < most]] = False
    return np.flatnonzero(free)[:count].astype(known.dtype)


def _others(fillers: Iterator[bytes], known: set[bytes]) -> Iterator[bytes]:
    """Return the fillers that are not known; when all are used up, the first again."""
    first = next(fillers)
    return chain((filler for filler in chain([first], fillers) if filler not in known), repeat(first))
