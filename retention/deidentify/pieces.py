"""Long columns cut into pieces: each stays near the processor, and as many as there are cores are worked on at once.

numpy and pyarrow let go of the interpreter's lock while they count and look up, so that threads
are enough. Short columns are done where they are, since a thread costs more than they do; and a
thread that is one of several works alone, since the cores are taken.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import local
from typing import TypeVar

PIECE = 1 << 16
"""Rows of a piece."""
_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")
_thread = local()


def pieces(rows: int) -> list[slice]:
    """Cut so many rows."""
    return [slice(at, min(at + PIECE, rows)) for at in range(0, rows, PIECE)]


def spans(rows: int) -> list[slice]:
    """Cut so many rows into one part for each core that is free."""
    if _alone(rows):
        return [slice(0, rows)]
    size = -(-rows // (os.cpu_count() or 1))
    return [slice(at, min(at + size, rows)) for at in range(0, rows, size)]


def in_pieces(rows: int, work: Callable[[slice], _Answer]) -> list[_Answer]:
    """Do the work on each piece of so many rows; return the answers in order."""
    return side_by_side(work, pieces(rows), rows)


def side_by_side(work: Callable[[_Item], _Answer], items: Iterable[_Item], rows: int) -> list[_Answer]:
    """Do the work on each item, several at once where there are many rows; return the answers in order."""
    if _alone(rows):
        return [work(item) for item in items]
    with ThreadPoolExecutor(initializer=_enter) as pool:
        return list(pool.map(work, items))


def _alone(rows: int) -> bool:
    return rows <= PIECE or getattr(_thread, "is_one_of_several", False)


def _enter() -> None:
    _thread.is_one_of_several = True
