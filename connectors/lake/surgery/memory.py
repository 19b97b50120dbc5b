"""Where Arrow's buffers come from while a file is taken apart."""

from __future__ import annotations

import os
from functools import cache
from typing import Final

import pyarrow as pa

_CHOSEN_OUTSIDE: Final = "ARROW_DEFAULT_MEMORY_POOL"
"""Arrow's own variable."""
_KEPT_FOR_MS: Final = 300
"""What is freed returns to the system so much later: at once costs a third of the time."""
_INSIDE = pa.default_memory_pool()
"""Parquet's reader and writer take their working memory from here, whatever is chosen for arrays."""


@cache
def give_back() -> None:
    """Let this process's Arrow use an allocator that returns memory to the system, unless somebody chose another.

    Of those it comes with, jemalloc was measured to hold least of what is no longer used
    (ADR 0141). Buffers that exist stay where they are.
    """
    if _CHOSEN_OUTSIDE not in os.environ and "jemalloc" in pa.supported_memory_backends():
        pa.set_memory_pool(pa.jemalloc_memory_pool())
        pa.jemalloc_set_decay_ms(_KEPT_FOR_MS)


def after_a_chunk() -> None:
    """Return what Parquet's reader and writer worked with; arrays' memory goes by itself."""
    _INSIDE.release_unused()
