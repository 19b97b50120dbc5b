"""Parquet: read row group by row group, write the same schema, codecs and row-group boundaries.

A plain rewrite: every value is decoded and encoded again, so no dictionary, statistic or
bloom filter of the output knows an erased value. Bloom filters are left out. What can't be
written back with the same physical and logical types is refused, never converted.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from connectors.lake.change import Altered, Anonymize, Change, Counts, Erase, Gone, Redact, columns_of, fate
from connectors.lake.predicate import compared, constant, mask, needed, plain
from retention.errors import TerminalFailure, TransientFailure
from retention.model.datamap import ColumnType
from retention.model.predicate import Selection
from retention.model.transform import Drop, Value

_LONG_ENOUGH_TO_MEAN_SOMEONE = 8


@dataclass(frozen=True, slots=True)
class _Decision:
    """What a change does to one row group."""

    counts: Counts
    gone: pa.ChunkedArray
    columns: Mapping[str, Any]
    """New content by column."""


def describe(name: str, file: IO[bytes]) -> dict[str, ColumnType]:
    """Return the file's columns; raises TerminalFailure if it cannot be read."""
    with _opened(name, file) as source:
        return {field.name: _column_type(field.type) for field in source.schema_arrow}


def tally(
    name: str, file: IO[bytes], columns: Sequence[str], selection: Selection
) -> Iterator[Counter[tuple[Value, ...]]]:
    """Yield, a row group at a time, how many selected rows have each combination of the columns' values."""
    with _opened(name, file) as source:
        _require(name, source, compared(selection.where))
        wanted = _present(source, needed(selection.where) | frozenset(columns))
        for table in _groups(source, wanted):
            chosen = table.filter(mask(table, selection))
            cells = [_values(chosen, column) for column in columns]
            yield Counter(zip(*cells, strict=True)) if cells else Counter({(): chosen.num_rows})


def measure(name: str, file: IO[bytes], selection: Selection, change: Change) -> Counts:
    """Return what the change would do; reads only the columns that decide it."""
    with _opened(name, file) as source:
        _require(name, source, compared(selection.where))
        wanted = _present(source, needed(selection.where) | columns_of(change))
        decisions = (_decide(table, selection, change) for table in _groups(source, wanted))
        return sum((decision.counts for decision in decisions), Counts())


def rewrite(name: str, file: IO[bytes], sink: IO[bytes], selection: Selection, change: Change) -> Counts:
    """Write the file again with the change made; memory is bounded by one row group.

    Raises:
        TerminalFailure: it cannot be read, or not be written back as the same kind of file.
        KeyTypeError: a key cannot be a value of its column.

    """
    counts = Counts()
    with _opened(name, file) as source:
        _require(name, source, compared(selection.where))
        _refuse_required(name, source, change)
        _refuse_telling_metadata(name, source, selection)
        schema = _without_inner_dictionaries(source.schema_arrow)
        with pq.ParquetWriter(sink, schema, **_like(source, change)) as writer:
            for table in _groups(source, None):
                decision = _decide(table, selection, change)
                counts += decision.counts
                kept = _applied(table, decision)
                if kept.num_rows:
                    writer.write_table(_written_as(kept, schema), row_group_size=kept.num_rows)
        sink.seek(0)
        if _shape(source) != _shape(pq.ParquetFile(sink)):
            raise TerminalFailure(f"{name}: a column's type would not survive the rewrite; nothing was changed")
    return counts


# -- reading


@contextmanager
def _opened(name: str, file: IO[bytes]) -> Iterator[pq.ParquetFile]:
    try:
        with pq.ParquetFile(file) as source:
            names = source.schema_arrow.names
            if len(set(names)) != len(names):
                raise TerminalFailure(f"{name}: expected each column once, found a name twice")
            yield source
    except (pa.ArrowException, OSError) as error:
        if getattr(error, "errno", None) is not None:  # the system's, not the reader's
            message = f"{name}: the local temporary file failed ({type(error).__name__})"
            raise TransientFailure(message, hint="free disk space, then run again") from error
        # the library's own message may repeat a value
        message = (
            f"{name}: not a Parquet file that can be read ({type(error).__name__}); it may be encrypted or damaged"
        )
        raise TerminalFailure(message, hint="decrypt or remove the object, or narrow the dataset's path") from None


def _groups(source: pq.ParquetFile, columns: Sequence[str] | None) -> Iterator[pa.Table]:
    for index in range(source.num_row_groups):
        if columns:
            yield source.read_row_group(index, columns=columns)
        elif columns is None:
            yield source.read_row_group(index)
        else:
            rows = source.metadata.row_group(index).num_rows
            yield pa.table({"": pa.nulls(rows)})  # no column is needed, only the number of rows


def _present(source: pq.ParquetFile, columns: frozenset[str]) -> list[str]:
    return sorted(columns & frozenset(source.schema_arrow.names))


def _require(name: str, source: pq.ParquetFile, columns: frozenset[str]) -> None:
    missing = sorted(columns - frozenset(source.schema_arrow.names))
    if missing:
        raise TerminalFailure(
            f"{name}: expected the columns {', '.join(missing)} to compare, found none of that name",
            hint="rows of this object cannot be judged; correct the data map or move the object",
        )


def _values(table: pa.Table, column: str) -> list[Value]:
    if column not in table.column_names:
        return [None] * table.num_rows
    values = plain(table.column(column))
    if pa.types.is_timestamp(values.type) and values.type.unit == "ns":
        values = pc.cast(values, pa.timestamp("us", values.type.tz), safe=False)
    cells = values.to_pylist()
    if pa.types.is_nested(values.type):
        return [None if cell is None else json.dumps(cell, default=str, ensure_ascii=False) for cell in cells]
    return list(cells)


def _column_type(kind: pa.DataType) -> ColumnType:
    if pa.types.is_dictionary(kind):
        return _column_type(kind.value_type)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return ColumnType.TEXT
    if pa.types.is_integer(kind):
        return ColumnType.INTEGER
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return ColumnType.NUMBER
    if pa.types.is_boolean(kind):
        return ColumnType.BOOLEAN
    if pa.types.is_date(kind):
        return ColumnType.DATE
    return ColumnType.INSTANT if pa.types.is_timestamp(kind) else ColumnType.OTHER


# -- deciding


def _decide(table: pa.Table, selection: Selection, change: Change) -> _Decision:
    selected = mask(table, selection)
    nothing = constant(table, value=False)
    match change:
        case Erase():
            return _Decision(Counts(table.num_rows, gone=_number(selected)), selected, {})
        case Redact(fields):
            present = [name for name in fields if name in table.column_names]
            filled = reduce(pc.or_, (pc.is_valid(table.column(name)) for name in present), nothing)
            altered = _number(pc.and_(selected, filled))
            new = {name: _emptied(table.column(name), selected) for name in present} if altered else {}
            return _Decision(Counts(table.num_rows, altered=altered), nothing, new)
        case Anonymize():
            return _decide_anonymize(table, selected, change)


def _decide_anonymize(table: pa.Table, selected: pa.ChunkedArray, change: Anonymize) -> _Decision:
    chosen = table.filter(selected)
    columns = sorted(columns_of(change))
    cells = zip(*(_values(chosen, column) for column in columns), strict=True)
    rows = [dict(zip(columns, row, strict=True)) for row in cells]
    decide = fate(change)
    fates = [decide(row) for row in rows]
    gone = [isinstance(what, Gone) for what in fates]
    altered = sum(isinstance(what, Altered) and bool(what.values) for what in fates)
    counts = Counts(table.num_rows, sum(gone), altered, sum(gone))
    leaving = pc.replace_with_mask(
        constant(table, value=False).combine_chunks(), selected.combine_chunks(), pa.array(gone, type=pa.bool_())
    )
    new: dict[str, Any] = {}
    for column, how in change.transforms.items():
        if column not in table.column_names:
            continue
        if isinstance(how, Drop):
            new[column] = _emptied(table.column(column), selected)
        else:
            values = [_new(what, column, row[column]) for what, row in zip(fates, rows, strict=True)]
            new[column] = _replaced(table.column(column), selected, values)
    return _Decision(counts, leaving, new if counts.touched else {})


def _new(what: Gone | Altered, column: str, old: Value) -> Value:
    return what.values.get(column, old) if isinstance(what, Altered) else None


def _number(flags: Any) -> int:  # noqa: ANN401 -- pyarrow has no types
    return int(pc.sum(flags, min_count=0).as_py())


def _emptied(column: pa.ChunkedArray, selected: pa.ChunkedArray) -> Any:  # noqa: ANN401 -- pyarrow has no types
    values = plain(column)
    return pc.if_else(selected, pa.scalar(None, type=values.type), values)


def _replaced(column: pa.ChunkedArray, selected: pa.ChunkedArray, new: list[Value]) -> Any:  # noqa: ANN401 -- same
    values = plain(column)
    return pc.replace_with_mask(values.combine_chunks(), selected.combine_chunks(), pa.array(new, type=values.type))


def _applied(table: pa.Table, decision: _Decision) -> pa.Table:
    for name, content in decision.columns.items():
        table = table.set_column(table.column_names.index(name), table.field(name).with_type(content.type), content)
    return table.filter(pc.invert(decision.gone)) if decision.counts.gone else table


# -- writing


def _like(source: pq.ParquetFile, change: Change) -> dict[str, Any]:
    """Return the writer's options that make the same kind of file."""
    if not source.num_row_groups:
        return {}
    group = source.metadata.row_group(0)
    chunks = [group.column(index) for index in range(group.num_columns)]
    with_dictionary = [chunk.path_in_schema for chunk in chunks if chunk.has_dictionary_page]
    physical = {chunk.physical_type for chunk in chunks}
    logical = [source.schema.column(index) for index in range(group.num_columns)]
    as_integer = any(c.logical_type.type == "DECIMAL" and c.physical_type.startswith("INT") for c in logical)
    return {
        "version": "2.6",
        "compression": {chunk.path_in_schema: _codec(chunk.compression) for chunk in chunks},
        "use_dictionary": with_dictionary or False,
        "use_deprecated_int96_timestamps": "INT96" in physical,
        "store_decimal_as_integer": as_integer,
        "use_compliant_nested_type": False,  # keep the names of list elements as they are in the file
        "write_page_index": any(chunk.has_offset_index for chunk in chunks),
        # a column that is emptied or coarsened may not be sorted any more
        "sorting_columns": group.sorting_columns or None if isinstance(change, Erase) else None,
    }


def _codec(name: str) -> str:
    return {"UNCOMPRESSED": "NONE"}.get(name, name)


def _shape(source: pq.ParquetFile) -> list[tuple[object, ...]]:
    columns = (source.schema.column(index) for index in range(len(source.schema)))
    names = ("path", "physical_type", "length", "precision", "scale", "max_definition_level", "max_repetition_level")
    return [(c.logical_type.type, *(getattr(c, name) for name in names)) for c in columns]


def _written_as(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return the table with fresh dictionaries: the old ones still hold the values of rows that went."""
    columns = [_fresh(table.column(index), field.type) for index, field in enumerate(schema)]
    return pa.Table.from_arrays(columns, schema=schema)


def _fresh(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    if not pa.types.is_dictionary(kind):
        return column if column.type == kind else column.cast(kind)
    encoded = [_encoded(chunk, kind) for chunk in plain(column).chunks]
    return pa.chunked_array(encoded, type=kind)


def _encoded(values: pa.Array, kind: pa.DataType) -> pa.Array:
    found = values.dictionary_encode()
    return pa.DictionaryArray.from_arrays(found.indices.cast(kind.index_type), found.dictionary, ordered=kind.ordered)


def _without_inner_dictionaries(schema: pa.Schema) -> pa.Schema:
    fields = [
        field if pa.types.is_dictionary(field.type) else field.with_type(_plain_type(field.type)) for field in schema
    ]
    return pa.schema(fields, metadata=schema.metadata)


def _plain_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        return kind.value_type
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_plain_type(field.type)) for field in kind])
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_plain_type(kind.value_type)))
    if pa.types.is_large_list(kind):
        return pa.large_list(kind.value_field.with_type(_plain_type(kind.value_type)))
    return kind


def _refuse_required(name: str, source: pq.ParquetFile, change: Change) -> None:
    """Refuse to empty a column that the file says is never null."""
    match change:
        case Erase():
            emptied: frozenset[str] = frozenset()
        case Redact(fields):
            emptied = frozenset(fields)
        case Anonymize(transforms, _, _):
            emptied = frozenset(column for column, how in transforms.items() if isinstance(how, Drop))
    required = sorted(field.name for field in source.schema_arrow if field.name in emptied and not field.nullable)
    if required:
        raise TerminalFailure(f"{name}: the columns {', '.join(required)} are required and cannot be emptied")


def _refuse_telling_metadata(name: str, source: pq.ParquetFile, selection: Selection) -> None:
    """Refuse a file whose key-value metadata, which is kept, holds one of the keys (pandas writes `attrs` there)."""
    texts = [key.encode() for keys in selection.keys.values() for key in keys if isinstance(key, str)]
    long = [text for text in texts if len(text) >= _LONG_ENOUGH_TO_MEAN_SOMEONE]
    for label, content in (source.schema_arrow.metadata or {}).items():
        if any(text in content for text in long):
            where = label.decode(errors="replace")
            raise TerminalFailure(
                f"{name}: the file's metadata {where} holds a person's key; it has to be cleaned first"
            )
