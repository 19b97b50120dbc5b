"""Sets as Parquet: the label and what else must travel with the data stand in each file's metadata."""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from retention.deidentify.classes import code, encoded
from retention.deidentify.pieces import side_by_side
from retention.deidentify.tokens import Keys, tokenize

Table: TypeAlias = pa.Table
"""So that those who may not see pyarrow can name what they carry from here to there."""
PART_ROWS = 1_000_000
_PREFIX = b"retention."
_ARROW_SCHEMA = b"ARROW:schema"
"""Where Parquet files carry what Arrow knows of their columns."""


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
    labels = {_PREFIX + name.encode(): value.encode() for name, value in metadata.items()}
    labelled = table.replace_schema_metadata(labels)
    parts = [labelled.slice(start, part_rows) for start in range(0, max(table.num_rows, 1), part_rows)]
    contents = side_by_side(_written, parts, table.num_rows)
    return {f"part-{n:05}.parquet": content for n, content in enumerate(contents)}


def without(content: bytes, column: str, tokens: frozenset[str]) -> tuple[bytes, int, int]:
    """Return the file without the rows that hold one of the tokens, how many those were, and how many stay.

    The metadata stays; a file without such rows stays byte by byte.
    """
    table = pq.ParquetFile(io.BytesIO(content)).read()
    hit = pc.is_in(table.column(column), value_set=pa.array(sorted(tokens), pa.string()))
    kept = table.filter(pc.invert(hit))
    gone = table.num_rows - kept.num_rows
    return _written(kept) if gone else content, gone, kept.num_rows


def count_tokens(content: bytes, column: str, tokens: frozenset[str]) -> int:
    """Return how many of the file's rows hold one of the tokens."""
    values = pq.ParquetFile(io.BytesIO(content)).read([column]).column(column)
    return int(pc.sum(pc.is_in(values, value_set=pa.array(sorted(tokens), pa.string()))).as_py() or 0)


def tokens_of(values: Iterable[str | int], keys: Keys, column: str) -> frozenset[str]:
    """Return the tokens that these values have in a set made under the keys."""
    texts = pa.array(sorted({str(value) for value in values}), pa.string())
    return frozenset(tokenize(texts, keys.of(column)).to_pylist())


def _written(table: Table) -> bytes:
    """Write a file whose schema has no dictionaries: whoever reads it gets plain columns.

    Values that repeat are written from their dictionary as they are, which saves time and not bytes.
    Least and greatest values are left out: rows come in random order, so that they help no reader.
    """
    plain = pa.schema([_plain(column) for column in table.schema], table.schema.metadata)
    compact = pa.table({name: _own_values(table.column(name)) for name in table.column_names})
    sink = io.BytesIO()
    with pq.ParquetWriter(
        sink, compact.schema, compression="zstd", write_statistics=False, store_schema=False
    ) as writer:
        writer.write_table(compact)
        writer.add_key_value_metadata({**(plain.metadata or {}), _ARROW_SCHEMA: b64encode(plain.serialize())})
    return sink.getvalue()


def _plain(column: pa.Field) -> pa.Field:
    return column.with_type(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _own_values(column: pa.ChunkedArray) -> pa.ChunkedArray | pa.Array:
    """Leave out of a dictionary what no row of these has: it may be a person of another file."""
    if not pa.types.is_dictionary(column.type):
        return column
    coded = code(column)
    return encoded(coded, np.argsort(coded.values.is_null().to_numpy(zero_copy_only=False), kind="stable"))
