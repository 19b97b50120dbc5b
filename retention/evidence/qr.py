"""Bytes → the modules of one QR code (ISO/IEC 18004), error correction L: as much as fits, for clean paper."""

from __future__ import annotations

import segno

QUIET = 4
"""Modules of white around the code that scanners need (ISO/IEC 18004, section 9.1)."""


def modules(content: bytes) -> tuple[tuple[bool, ...], ...]:
    """Return the code's modules, row by row, without the quiet zone; True is dark.

    Raises:
        ValueError: more than 2,953 bytes.

    """
    code = segno.make_qr(content, error="l", mode="byte", boost_error=False)
    return tuple(tuple(map(bool, row)) for row in code.matrix)


def runs(matrix: tuple[tuple[bool, ...], ...]) -> list[tuple[int, int, int]]:
    """Return the dark modules as horizontal runs: column, row, length."""
    found: list[tuple[int, int, int]] = []
    for y, row in enumerate(matrix):
        begin = None
        for x, dark in enumerate((*row, False)):
            if dark and begin is None:
                begin = x
            elif not dark and begin is not None:
                found.append((begin, y, x - begin))
                begin = None
    return found
