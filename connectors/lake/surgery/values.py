"""The values of one data page: some are left out, in the encoding that they are in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count, islice, repeat
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from connectors.lake.surgery import hybrid
from connectors.lake.surgery.fields import Encoding, Physical
from connectors.lake.surgery.hybrid import Numbers
from connectors.lake.surgery.pages import CorruptPageError, UnknownPageError
from connectors.lake.surgery.schema import Leaf
from connectors.lake.surgery.texts import Texts, texts_in

Mask: TypeAlias = NDArray[np.bool_]
Raw: TypeAlias = NDArray[Any] | Sequence[bytes]
"""Plain values: an array of fixed-width items, or a list of byte strings."""

_ENOUGH: Final = 31
"""Bits of the numbers that stand in for entries that are gone."""
_DIGITS: Final = 10
"""Of the longest number that stands in for a text."""
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


def fixed(leaf: Leaf, content: bytes, at: int, values: int) -> NDArray[Any]:
    """Return so many plain values of one width."""
    if leaf.width == 0 or at + values * leaf.width > len(content):
        raise CorruptPageError("fewer values than its header says")
    return np.frombuffer(content, dtype_of(leaf), values, at)


def numbers(content: bytes, at: int, values: int) -> Numbers:
    """Return a page's dictionary numbers."""
    if values == 0:
        return np.zeros(0, np.uint32)
    if at >= len(content):
        raise CorruptPageError("fewer values than its header says")
    return hybrid.decode(content, at + 1, len(content), content[at], values)


def _without_numbers(content: bytes, at: int, keep: Mask) -> tuple[bytes, Numbered]:
    found = numbers(content, at, len(keep))
    width = content[at] if at < len(content) else 0
    kept = found[keep]
    return bytes([width]) + hybrid.encode(kept, width), Numbered(kept, found[~keep])


def _without_texts(content: bytes, at: int, keep: Mask) -> tuple[bytes, Spelled]:
    found, dropped = texts_in(content, at, len(keep)), np.flatnonzero(~keep).tolist()
    return found.without(dropped), Spelled(found.pick(dropped))


def _without_bits(encoding: int, content: bytes, at: int, keep: Mask) -> tuple[bytes, Spelled]:
    entries = len(keep)
    if encoding == Encoding.RLE:
        found = hybrid.decode(content, at + 4, len(content), 1, entries)
        runs = hybrid.encode(found[keep], 1)
        return len(runs).to_bytes(4, "little") + runs, Spelled([bytes([bit]) for bit in np.unique(found[~keep])])
    if encoding != Encoding.PLAIN:
        raise UnknownPageError(f"encoding {encoding}")
    bits = np.unpackbits(np.frombuffer(content, np.uint8, -1, at), bitorder="little")[:entries]
    if len(bits) != entries:
        raise CorruptPageError("fewer values than its header says")
    packed = np.packbits(bits[keep], bitorder="little").tobytes()
    return packed, Spelled([bytes([bit]) for bit in np.unique(bits[~keep])])


def _without_split(leaf: Leaf, content: bytes, at: int, keep: Mask) -> tuple[bytes, Spelled]:
    entries = len(keep)
    if leaf.width == 0 or at + entries * leaf.width > len(content):
        raise CorruptPageError("fewer values than its header says")
    streams = np.frombuffer(content, np.uint8, entries * leaf.width, at).reshape(leaf.width, entries)
    dropped = np.ascontiguousarray(streams[:, ~keep].T).reshape(-1).view(dtype_of(leaf))
    return streams[:, keep].tobytes(), Spelled(dropped)


def entries_of(leaf: Leaf, content: bytes, values: int) -> NDArray[Any] | Texts:
    """Return a dictionary's plain values."""
    return fixed(leaf, content, 0, values) if leaf.width else texts_in(content, 0, values)


def pick(entries: NDArray[Any] | Texts, numbers: Numbers) -> Raw:
    """Return some of a dictionary's values."""
    return entries.pick(numbers.tolist()) if isinstance(entries, Texts) else entries[numbers]


def overwritten(leaf: Leaf, entries: NDArray[Any] | Texts, dead: Numbers) -> bytes:
    """Return a dictionary's plain values with others in the place of those that nothing has any more.

    The others are small numbers that the dictionary does not have: readers that take over the dictionary as
    it is do not bear an entry twice. `dead` ascends.
    """
    if isinstance(entries, Texts):
        short = np.flatnonzero(entries.stops - entries.starts <= _DIGITS)
        fillers = _others((str(number).encode() for number in count()), set(entries.pick(short.tolist())))
        return entries.replaced(dead.tolist(), list(islice(fillers, len(dead))))
    if leaf.width in (4, 8):
        new = entries.view(f"<u{leaf.width}").copy()
        new[dead] = _unknown_numbers(new, len(dead))
        return new.tobytes()
    raw = entries.view(f"V{leaf.width}")
    small = (number.to_bytes(leaf.width, "little") for number in range(1 << min(8 * leaf.width, _ENOUGH)))
    other = raw.copy()
    for number, filler in zip(dead.tolist(), _others(small, {bytes(value) for value in raw.tolist()}), strict=False):
        other[number] = np.void(filler)
    return other.tobytes()


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
