"""The files of the lake: a quarter a file; Parquet for viewing, JSON Lines for web requests."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from datetime import datetime
from itertools import groupby
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from demo.world.traces import HttpRequest, View

VIEWING_SCHEMA = pa.schema(
    [
        ("user_id", pa.string()),
        ("device_id", pa.string()),
        ("title_id", pa.string()),
        ("watched_at", pa.timestamp("us", tz="UTC")),
        ("position_s", pa.int32()),
        ("ip", pa.string()),
        ("prefecture", pa.string()),
        ("device_kind", pa.string()),
    ]
)

_Row = TypeVar("_Row")


def lake_files(viewing: Sequence[View], http: Sequence[HttpRequest]) -> Iterator[tuple[str, bytes]]:
    """Yield (key, content) of every file; both inputs are sorted by time."""
    for quarter, views in _parts(viewing, lambda view: quarter_of(view.watched_at)):
        yield f"viewing/dt={quarter}/part-0.parquet", _parquet(views)
    for quarter, lines in _parts(http, lambda line: quarter_of(line.requested_at)):
        yield f"http/dt={quarter}/part-0.jsonl", _json_lines(lines)


def quarter_of(at: datetime) -> str:
    """Return the calendar quarter in UTC, as in the names of the files: `2026-Q3`."""
    return f"{at.year}-Q{(at.month + 2) // 3}"


def _parts(rows: Sequence[_Row], part: Callable[[_Row], str]) -> Iterator[tuple[str, list[_Row]]]:
    for name, members in groupby(rows, key=part):
        yield name, list(members)


def _parquet(views: Sequence[View]) -> bytes:
    columns = [[getattr(view, name) for view in views] for name in VIEWING_SCHEMA.names]
    table = pa.table(columns, schema=VIEWING_SCHEMA)
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def _json_lines(lines: Sequence[HttpRequest]) -> bytes:
    names = [field.name for field in fields(HttpRequest)]
    rows = ({name: getattr(line, name) for name in names} for line in lines)
    return "".join(json.dumps(row, ensure_ascii=False, default=datetime.isoformat) + "\n" for row in rows).encode()
