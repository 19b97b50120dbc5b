"""Sets as Parquet: the label and what else must travel with the data stand in each file's metadata."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from retention.deidentify.tokens import Keys, tokenize

Table: TypeAlias = pa.Table
"""So that those who may not see pyarrow can name what they carry from here to there."""
PART_ROWS = 1_000_000
_PREFIX = b"retention."


def table_of(batches: Iterable[pa.RecordBatch], columns: Sequence[str]) -> Table:
    """Return the columns of all batches as one table; empty of rows if there is no batch.

    Raises:
        KeyError: a batch lacks a column.

    """
    chosen = [batch.select(list(columns)) for batch in batches]
    if not chosen:
        return pa.table({name: pa.nulls(0, pa.string()) for name in columns})
    return pa.Table.from_batches(chosen)


def as_files(table: Table, metadata: Mapping[str, str], part_rows: int = PART_ROWS) -> dict[str, bytes]:
    """Return the table as Parquet files by name, at least one; each carries the metadata."""
    labelled = _decoded(table).replace_schema_metadata(
        {_PREFIX + name.encode(): value.encode() for name, value in metadata.items()}
    )
    starts = range(0, max(table.num_rows, 1), part_rows)
    return {f"part-{n:05}.parquet": _written(labelled.slice(start, part_rows)) for n, start in enumerate(starts)}


def without(content: bytes, column: str, tokens: frozenset[str]) -> tuple[bytes, int, int]:
    """Return the file without the rows that hold one of the tokens, how many those were, and how many stay.

    The metadata stays; a file without such rows stays byte by byte.
    """
    table = pq.read_table(io.BytesIO(content))
    hit = pc.is_in(table.column(column), value_set=pa.array(sorted(tokens), pa.string()))
    kept = table.filter(pc.invert(hit))
    gone = table.num_rows - kept.num_rows
    return _written(kept) if gone else content, gone, kept.num_rows


def count_tokens(content: bytes, column: str, tokens: frozenset[str]) -> int:
    """Return how many of the file's rows hold one of the tokens."""
    values = pq.read_table(io.BytesIO(content), columns=[column]).column(column)
    return int(pc.sum(pc.is_in(values, value_set=pa.array(sorted(tokens), pa.string()))).as_py() or 0)


def tokens_of(values: Iterable[str | int], keys: Keys, column: str) -> frozenset[str]:
    """Return the tokens that these values have in a set made under the keys."""
    texts = pa.array(sorted({str(value) for value in values}), pa.string())
    return frozenset(tokenize(texts, keys.of(column)).to_pylist())


def _decoded(table: Table) -> Table:
    """Return the table without dictionary types: whoever reads it gets plain columns."""
    for place, column in enumerate(table.schema):
        if pa.types.is_dictionary(column.type):
            plain = table.column(place).cast(column.type.value_type)
            table = table.set_column(place, column.name, plain)
    return table


def _written(table: Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()
