"""The bytes of a file that goes out: whether anything that was to be gone is still in them.

A table can be clean and its file not: dictionaries hold values no row uses, statistics hold the
least and the largest, metadata holds what a library of others put there.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from retention.deidentify.criteria import distinct_texts
from retention.deidentify.occurrence import Needles, long_enough
from retention.deidentify.recipe import Aim, Recipe, Role
from retention.deidentify.verdict import Criterion, Reason

GONE = {
    Role.IDENTIFIER: Criterion.IDENTIFYING,
    Role.CODE: Criterion.CODE,
    Role.DAMAGE: Criterion.DAMAGE,
    Role.LINK: Criterion.LINK,
}


def leaks(file: bytes, original: pa.Table, recipe: Recipe) -> tuple[Reason, ...]:
    """Look for the original's identifiers in a Parquet file: in its bytes as they are, and unpacked.

    Linking codes count for anonymous outputs only (Rules 34 (iii)); numbers of fewer than four digits
    are not looked for, they stand anywhere by chance.
    """
    roles = [role for role in GONE if role is not Role.LINK or recipe.aim is Aim.ANONYMOUS]
    sought = [(role, name) for role in roles for name in recipe.having(role)]
    unpacked = b"\0".join(_unpacked(file)) if sought else b""
    reasons = []
    for role, name in sought:
        needles = Needles(text for text in distinct_texts(original.column(name)) if long_enough(text))
        count = len(needles.found_in(file) | needles.found_in(unpacked))
        if count:
            reasons.append(Reason(GONE[role], f"{count} values of {name} are in the file's bytes", None, count))
    return tuple(reasons)


def _unpacked(file: bytes) -> Iterator[bytes]:
    """Yield everything in a Parquet file that a reader can see: values, dictionaries, statistics, metadata."""
    reader = pq.ParquetFile(pa.BufferReader(file))
    yield from (part for pair in (reader.schema_arrow.metadata or {}).items() for part in pair)
    for group in range(reader.metadata.num_row_groups):
        for place in range(reader.metadata.num_columns):
            yield _statistics(reader.metadata.row_group(group).column(place))
    texts = [each.name for each in reader.schema_arrow if not pa.types.is_nested(each.type)]
    packed = pq.ParquetFile(pa.BufferReader(file), read_dictionary=texts)
    for batch in packed.iter_batches():
        for column in batch.columns:
            values = column.dictionary if pa.types.is_dictionary(column.type) else column.unique()
            yield "\0".join(str(value) for value in values.to_pylist() if value is not None).encode()


def _statistics(column: pq.ColumnChunkMetaData) -> bytes:
    found = column.statistics
    return b"" if found is None or not found.has_min_max else f"{found.min}\0{found.max}".encode()
