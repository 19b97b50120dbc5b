"""Look again at published counts: are they large enough, do they add up, and can what was left out be computed?

The published table is read from its files and the linear system of its totals is solved anew: a cell that was
left out is exposed if every solution gives it the same value (its row of the null space is zero).
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict, dataclass

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from retention.errors import TerminalFailure

_TOTAL = "*"
_ZERO = 1e-9


@dataclass(frozen=True, slots=True)
class CountsLook:
    """What was found."""

    cells: int
    hidden: int
    exposed: int
    """Cells left out that have only one value which fits everything published."""
    small: int
    """Published cells of fewer people than promised."""
    smallest: int | None
    """People in the smallest published cell that is not empty."""
    adds_up: bool
    """Whether published totals are the sums of their cells, and both files say the same."""

    def summary(self) -> str:
        """Return it as canonical JSON."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))


def look_at_counts(text: str, parquet: bytes, at_least: int) -> CountsLook:
    """Read both files.

    Raises:
        TerminalFailure: one of them is not what its name says.

    """
    _, *lines = csv.reader(io.StringIO(text))
    counts = {tuple(cell): int(count) if count else None for *cell, count in lines}
    try:
        table = pq.ParquetFile(io.BytesIO(parquet)).read()
    except pa.ArrowInvalid:
        raise TerminalFailure("counts: expected a Parquet file, found something else") from None
    same = table.column("people").to_pylist() == list(counts.values())
    published = [count for count in counts.values() if count]
    matrix, sums = _system(counts)
    return CountsLook(
        cells=len(counts),
        hidden=sum(count is None for count in counts.values()),
        exposed=_exposed(matrix),
        small=sum(count < at_least for count in published),
        smallest=min(published, default=None),
        adds_up=same and sums,
    )


def _system(counts: dict[tuple[str, ...], int | None]) -> tuple[np.ndarray, bool]:
    """Return the equations over the cells left out, and whether those without any hold."""
    places = {cell: n for n, cell in enumerate(cell for cell, count in counts.items() if count is None)}
    groups: dict[tuple[int, tuple[str, ...]], list[tuple[str, ...]]] = {}
    for cell in counts:
        for n, value in enumerate(cell):
            if value != _TOTAL:
                groups.setdefault((n, (*cell[:n], _TOTAL, *cell[n + 1 :])), []).append(cell)
    rows, holds = [], True
    for (_, total), cells in groups.items():
        row = np.zeros(len(places))
        for cell, sign in [(total, -1.0), *((each, 1.0) for each in cells)]:
            if cell in places:
                row[places[cell]] += sign
        if row.any():
            rows.append(row)
        else:
            holds &= sum(counts[cell] or 0 for cell in cells) == counts[total]
    return np.array(rows).reshape(len(rows), len(places)), holds


def _exposed(matrix: np.ndarray) -> int:
    """Count the unknowns that the equations determine."""
    if not matrix.shape[1]:
        return 0
    _, singular, right = np.linalg.svd(matrix, full_matrices=True)
    rank = int((singular > _ZERO * max(matrix.shape)).sum())
    free = right[rank:]
    return int((np.abs(free).max(axis=0, initial=0.0) < _ZERO).sum())
