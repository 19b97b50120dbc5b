"""Types of columns: of Arrow's, and in text files joined over all their values."""

from __future__ import annotations

import re
from datetime import datetime

import pyarrow as pa

from retention.model.datamap import ColumnType


def text_type(value: str) -> ColumnType:
    """Return DATE or INSTANT for ISO 8601, else TEXT."""
    if not re.match(r"\d{4}-\d{2}-\d{2}", value):
        return ColumnType.TEXT
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return ColumnType.TEXT
    return ColumnType.DATE if len(value) == len("2026-11-23") else ColumnType.INSTANT


def joined(one: ColumnType | None, other: ColumnType | None) -> ColumnType | None:
    """Return the type of a column that has values of both; None is no value yet."""
    if one is None or other is None or one is other:
        return one or other
    kinds = {one, other}
    if kinds <= {ColumnType.INTEGER, ColumnType.NUMBER}:
        return ColumnType.NUMBER
    if kinds <= {ColumnType.TEXT, ColumnType.DATE, ColumnType.INSTANT}:
        return ColumnType.TEXT
    return ColumnType.OTHER


def column_type(kind: pa.DataType) -> ColumnType:
    """Return the type of an Arrow column."""
    if pa.types.is_dictionary(kind):
        return column_type(kind.value_type)
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
