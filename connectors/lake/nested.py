"""Columns inside columns: a name with dots leads into structs, and through lists to their elements.

`members.id` selects a row if one element of its list does; with `members[].id` the data map says that only the
element is the person's: it goes, and the row stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

ELEMENT = "[]"
"""Behind a list's name: its elements are erased by themselves."""


def plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the values themselves, without a dictionary."""
    return pc.cast(column, column.type.value_type) if pa.types.is_dictionary(column.type) else column


def top_of(table: pa.Table | pa.Schema, column: str) -> str | None:
    """Return the top-level column that a name with dots begins with, if all of its way is there; else None."""
    schema = table if isinstance(table, pa.Schema) else table.schema
    column = column.replace(ELEMENT, "")
    if column in schema.names:
        return column
    top, _, rest = column.partition(".")
    return top if rest and top in schema.names and _leads(schema.field(top).type, rest.split(".")) else None


def tops_of(schema: pa.Schema, columns: Iterable[str]) -> list[str]:
    """Return the top-level columns that have to be read to have these columns, as far as they are there."""
    return sorted({top for column in columns if (top := top_of(schema, column)) is not None})


def _leads(kind: pa.DataType, way: Sequence[str]) -> bool:
    if not way:
        return True
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _leads(kind.value_type, way)
    if not pa.types.is_struct(kind):
        return False
    index = kind.get_field_index(way[0])
    return index >= 0 and _leads(kind.field(index).type, way[1:])


def way_below(top: str, column: str) -> list[str]:
    """Return the names that lead from a top-level column to a nested one."""
    column = column.replace(ELEMENT, "")
    return [] if top == column else column.removeprefix(f"{top}.").split(".")


def any_within(table: pa.Table, column: str, test: Callable[[pa.ChunkedArray], Any]) -> pa.ChunkedArray:
    """Return for each row whether the test is true of its value, or of some element of its list.

    Raises:
        KeyError: the table has no such column.

    """
    top = top_of(table, column)
    if top is None:
        raise KeyError(column)
    way = way_below(top, column)
    values = plain(table.column(top))
    if not way and not _is_list(values.type):
        found = test(values)
        return found if isinstance(found, pa.ChunkedArray) else pa.chunked_array([found])
    return pa.chunked_array([_any(_whole(values), way, test)])


def without_elements(values: pa.Array, way: Sequence[str], test: Callable[[pa.ChunkedArray], Any]) -> pa.Array:
    """Return lists without the elements of which the test is true; `way` leads from an element to what is tested.

    Lists keep their type; a list that loses all its elements is empty, not null.
    """
    offsets, inner = _elements(values)
    going = _numpy(_any(inner, way, test))
    lost = np.concatenate([[0], np.cumsum(going)])
    valid = values.is_valid()
    new_offsets = pa.array(offsets - lost[offsets], values.offsets.type)
    kept = inner.filter(pa.array(~going))
    if values.null_count:
        marks = pc.if_else(pa.concat_arrays([valid, pa.array([True])]), new_offsets, pa.scalar(None, new_offsets.type))
        return type(values).from_arrays(marks, kept, type=values.type)
    return type(values).from_arrays(new_offsets, kept, type=values.type)


def _any(values: pa.Array, way: Sequence[str], test: Callable[[pa.ChunkedArray], Any]) -> pa.Array:
    if _is_list(values.type):
        offsets, inner = _elements(values)
        hits = np.concatenate([[0], np.cumsum(_numpy(_any(inner, way, test)))])
        return pa.array(hits[offsets[1:]] > hits[offsets[:-1]])
    if way:
        return _any(pc.struct_field(values, way[0]), way[1:], test)
    return _whole(test(pa.chunked_array([plain(pa.chunked_array([values])).combine_chunks()])))


def _elements(values: pa.Array) -> tuple[np.ndarray[Any, np.dtype[np.int64]], pa.Array]:
    """Return where each list begins among the elements (nulls: nowhere), and the elements of these lists only."""
    lengths = pc.fill_null(pc.list_value_length(values), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    return np.concatenate([[0], np.cumsum(lengths)]), values.flatten()


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


def _whole(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    if isinstance(values, pa.ChunkedArray):
        return values.chunk(0) if values.num_chunks == 1 else values.combine_chunks()
    return values


def _numpy(flags: pa.Array) -> np.ndarray[Any, np.dtype[np.bool_]]:
    return pc.fill_null(flags, fill_value=False).to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]
