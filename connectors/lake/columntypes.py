"""Types of columns in text files, joined over all their values."""

from __future__ import annotations

import re
from datetime import datetime

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
