"""Look again at a set for a joint user: the files as they lie there, read by code of its own."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from retention.errors import TerminalFailure
from retention.verification.canon import plain

_SHORTEST = 4
"""Shorter values say nothing of a person, and turn up everywhere by chance."""


@dataclass(frozen=True, slots=True)
class SharedLook:
    """What was found in the files. No personal value."""

    rows: int
    columns: tuple[str, ...]
    labels: tuple[str, ...]
    """What the files' metadata call themselves."""
    digests: Mapping[str, str]
    """SHA-256 (hex) of each file."""
    identifiers: int
    """Cells that hold a value which identifies someone in the original."""
    held: int
    """Rows that hold one of the tokens looked for."""

    def summary(self) -> str:
        """Return it as canonical JSON."""
        found = {
            "columns": self.columns,
            "files": dict(self.digests),
            "held": self.held,
            "identifiers": self.identifiers,
            "labels": self.labels,
            "rows": self.rows,
        }
        return json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def identifiers_in(batches: Iterable[pa.RecordBatch], columns: Sequence[str]) -> frozenset[str]:
    """Return, as text, every value of these columns of the original, so that it can be looked for."""
    found: set[str] = set()
    for batch in batches:
        for name in set(columns) & set(batch.schema.names):
            texts = (_text(value) for value in plain(batch.column(name)).unique().to_pylist())
            found.update(text for text in texts if text is not None and len(text) >= _SHORTEST)
    return frozenset(found)


def look_at_files(
    files: Mapping[str, bytes],
    identifiers: frozenset[str] = frozenset(),
    column: str | None = None,
    tokens: frozenset[str] = frozenset(),
) -> SharedLook:
    """Read the files.

    Args:
        files: Parquet by name.
        identifiers: values of the original that must not be there, in whatever column.
        column: where tokens are looked for.
        tokens: of people whose rows must be gone.

    Raises:
        TerminalFailure: a file is no Parquet.

    """
    rows, cells, held = 0, 0, 0
    columns: tuple[str, ...] = ()
    labels: set[str] = set()
    for name, content in sorted(files.items()):
        try:
            table = pq.ParquetFile(io.BytesIO(content)).read()
        except pa.ArrowInvalid:
            raise TerminalFailure(f"{name}: expected a Parquet file, found something else") from None
        rows += table.num_rows
        columns = tuple(table.column_names)
        labels.add((table.schema.metadata or {}).get(b"retention.label", b"none").decode())
        cells += sum(_identifying(table.column(each), identifiers) for each in table.column_names)
        if column is not None and tokens:
            held += int(pc.sum(pc.is_in(table.column(column), pa.array(sorted(tokens), pa.string()))).as_py() or 0)
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    return SharedLook(rows, columns, tuple(sorted(labels)), digests, cells, held)


def _identifying(column: pa.ChunkedArray, identifiers: frozenset[str]) -> int:
    if not identifiers:
        return 0
    counts = pc.value_counts(plain(column.combine_chunks())).to_pylist()
    return sum(entry["counts"] for entry in counts if _text(entry["values"]) in identifiers)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
