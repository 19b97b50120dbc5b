"""How long a list may be over which Airflow maps a task: beyond `core.max_map_length` it refuses all of it."""

from __future__ import annotations

from collections.abc import Sequence

MOST = 64
"""Of groups of steps, however long Airflow would let the list be: each names its own and all earlier steps."""


def longest() -> int:
    """Return how many instances of a mapped task Airflow allows."""
    from airflow.sdk.configuration import conf  # noqa: PLC0415 -- where a task runs

    return max(1, conf.getint("core", "max_map_length", fallback=1024))


def grouped(groups: Sequence[Sequence[str]], at_most: int | None = None) -> list[list[str]]:
    """Join neighbours so that there are at most so many groups; nothing is left out and the order stays."""
    bound = min(MOST, longest()) if at_most is None else at_most
    size = -(-len(groups) // bound)
    return [[step for group in groups[n : n + size] for step in group] for n in range(0, len(groups), size or 1)]


def first_runs(runs: Sequence[dict[str, object]]) -> list[dict[str, object]]:
    """Return as many as can be begun at once; the next look names the rest."""
    return list(runs[: longest()])
