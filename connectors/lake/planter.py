"""Adds a canary's row to a lake: one new object beside the newest one, of the same shape."""

from __future__ import annotations

import io
import json
import posixpath
import secrets
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq

from connectors.lake.blocks import packed, packing_of
from connectors.lake.formats import opened
from connectors.lake.objects import Bucket, Stored
from connectors.lake.sources import opened as as_file
from retention.errors import TerminalFailure
from retention.model.datamap import Dataset
from retention.model.transform import Value


class LakePlanter:
    """The planting side; see `retention.ports.planter.Planter`."""

    def __init__(self, bucket: Bucket) -> None:
        """Write to this bucket."""
        self._bucket = bucket

    def plant(self, dataset: Dataset, row: Mapping[str, Value]) -> None:
        """Add one object with one row.

        Raises:
            TerminalFailure: the dataset has no object yet, its path leaves no room for another, or the
                row does not fit the newest object's schema.

        """
        pattern = self._bucket.pattern(dataset.location)
        like = max(self._bucket.live(pattern), key=lambda stored: stored.modified_at, default=None)
        if like is None:
            raise TerminalFailure(f"dataset {dataset.dataset_id}: no object yet that a canary could look like")
        folder, name = posixpath.split(like.key)
        stem, dot, end = name.partition(".")
        key = posixpath.join(folder, f"{stem}-{secrets.token_hex(4)}{dot}{end}")
        if not pattern.matches(key):
            raise TerminalFailure(
                f"dataset {dataset.dataset_id}: its path takes no second object beside {name}",
                hint="a canary needs a star in the last part of the path",
            )
        self._bucket.create(key, self._content(like, row))

    def _content(self, like: Stored, row: Mapping[str, Value]) -> bytes:
        if like.key.endswith(".parquet"):
            with opened(self._bucket, like) as source:
                schema = pq.read_schema(as_file(source))
            return _parquet(schema, row)
        line = json.dumps({name: _plain(value) for name, value in row.items()}, ensure_ascii=False).encode() + b"\n"
        with opened(self._bucket, like) as source:
            return b"".join(packed([line], packing_of(source)))


def _parquet(schema: pa.Schema, row: Mapping[str, Value]) -> bytes:
    sink = io.BytesIO()
    try:
        arrays = [
            pa.scalar(row.get(part.name)).cast(part.type) if row.get(part.name) is not None else None for part in schema
        ]
        columns = [
            pa.array([None if cell is None else cell.as_py()], part.type)
            for cell, part in zip(arrays, schema, strict=True)
        ]
        pq.write_table(pa.Table.from_arrays(columns, schema=schema), sink)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, ValueError):
        # the value stands in the original message, so that message goes no further
        raise TerminalFailure("a canary's row does not fit the schema of the dataset's newest object") from None
    return sink.getvalue()


def _plain(value: Value) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal | bytes) else value
