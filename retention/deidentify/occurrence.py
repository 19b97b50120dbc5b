"""Whether one of many texts stands anywhere in some bytes: what was to be gone is looked for, not believed.

A text of eight bytes or more is looked for by its first eight, a shorter one by its first four:
all places of the bytes are compared at once, and only where those match is the whole text compared.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

SHORTEST, SHORTEST_WIDE = 4, 3
"""Characters from which on a text is looked for inside others: shorter ones stand there by chance.
Fewer are enough beyond ASCII, where each says more (a Japanese name)."""
TABLE_BITS = 20


def normalized(text: str) -> str:
    """Bring a text to the form in which two that read alike are equal (NFKC, case folded, trimmed)."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def long_enough(text: str) -> bool:
    """Say whether a text's occurrence inside another means anything."""
    return len(text) >= (SHORTEST if text.isascii() else SHORTEST_WIDE)


class Needles:
    """Texts to look for, arranged for looking."""

    def __init__(self, texts: Iterable[str]) -> None:
        """Keep the texts that are long enough, as UTF-8."""
        self.by_start: dict[int, dict[bytes, list[bytes]]] = {8: defaultdict(list), 4: defaultdict(list)}
        for raw in {text.encode() for text in texts if long_enough(text)}:
            width = 8 if len(raw) >= 8 else 4  # noqa: PLR2004 -- the two widths above
            self.by_start[width][raw[:width]].append(raw)

    def found_in(self, data: bytes | memoryview) -> set[bytes]:
        """Return the texts that stand somewhere in the bytes."""
        found: set[bytes] = set()
        for width, starts in self.by_start.items():
            for place in _places(data, width, [*starts]):
                start = bytes(data[place : place + width])
                found.update(raw for raw in starts.get(start, ()) if bytes(data[place : place + len(raw)]) == raw)
        return found


def _places(data: bytes | memoryview, width: int, starts: list[bytes]) -> list[int]:
    """Return places where one of the starts may stand."""
    if not starts or len(data) < width:
        return []
    kind = np.uint64 if width == 8 else np.uint32  # noqa: PLR2004 -- bytes of the two types
    wanted = np.zeros(1 << TABLE_BITS, bool)
    wanted[_slot(np.frombuffer(b"".join(starts), kind))] = True
    raw = np.frombuffer(data, np.uint8)
    places: list[int] = []
    for shift in range(width):
        whole = (len(raw) - shift) // width
        if whole:
            words = np.frombuffer(raw[shift : shift + whole * width].tobytes(), kind)
            places += (np.flatnonzero(wanted[_slot(words)]) * width + shift).tolist()
    return places


def _slot(words: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    mixed = words.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return (mixed >> np.uint64(64 - TABLE_BITS)).astype(np.int64)
