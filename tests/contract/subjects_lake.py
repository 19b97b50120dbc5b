"""The lake on an S3 server (moto behind our strict proxy), versioned: Parquet, JSON Lines and CSV."""

from __future__ import annotations

import importlib.util
import io
import json
import sys
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import ClassVar

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from connectors import lake
from retention.model.datamap import ColumnType, Dataset
from retention.model.ids import SystemId
from retention.model.transform import Value
from retention.ports.connector import Store, SystemSettings

Row = dict[str, Value]

_ARROW = {
    ColumnType.TEXT: pa.string(),
    ColumnType.INTEGER: pa.int64(),
    ColumnType.NUMBER: pa.float64(),
    ColumnType.BOOLEAN: pa.bool_(),
    ColumnType.DATE: pa.date32(),
    ColumnType.INSTANT: pa.timestamp("us", "UTC"),
}


def _server() -> ModuleType:
    name = "s3_server"
    if name not in sys.modules:
        path = Path(__file__).parent.parent / "s3" / "server.py"
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


class _Lake:
    """A versioned bucket; a dataset's rows lie in two objects, one a day."""

    end: ClassVar[str]

    def __init__(self, folder: Path) -> None:
        """Start a server."""
        del folder
        self.server = _server().S3Server()
        self.bucket = self.server.bucket(versioned=True)
        self._loaded: dict[str, tuple[object, list[tuple[str, str]]]] = {}

    def connect(self) -> Store:
        """Return a lake through the proxy."""
        return lake.connect(self.server.system(self.bucket))

    def unreachable(self) -> Store:
        """Return a lake at a port where nobody listens."""
        options = {**self.server.settings(self.bucket), "endpoint": "http://127.0.0.1:9"}
        return lake.connect(SystemSettings(SystemId("lake"), "lake", options))

    def location(self, table: str) -> str:
        """Return a path pattern."""
        return f"{table}/dt=*/*.{self.end}"

    def load(self, dataset: Dataset, rows: Sequence[Row], schema: Mapping[str, ColumnType]) -> None:
        """Remove everything, then write the rows in two objects, unless all versions are the ones it wrote of them."""
        folder = dataset.location.split("/", 1)[0]
        wanted = (list(rows), dict(schema))
        if self._loaded.get(folder) == (wanted, self.server.everything(self.bucket, f"{folder}/")):
            return
        self.server.clear(self.bucket, f"{folder}/")
        middle = len(rows) // 2
        for day, part in enumerate((rows[:middle], rows[middle:]), start=1):
            self.server.put(self.bucket, f"{folder}/dt=2026-01-0{day}/part-0.{self.end}", self.written(part, schema))
        self._loaded[folder] = (wanted, self.server.everything(self.bucket, f"{folder}/"))

    def rows(self, dataset: Dataset) -> list[Row]:
        """Read the live objects around the proxy."""
        folder = dataset.location.split("/", 1)[0]
        keys = [key for key in self.server.keys(self.bucket) if key.startswith(f"{folder}/")]
        return [row for key in keys for row in self.read(self.server.get(self.bucket, key))]

    def close(self) -> None:
        """Stop the server."""
        self.server.close()

    @abstractmethod
    def written(self, rows: Sequence[Row], schema: Mapping[str, ColumnType]) -> bytes:
        """Return a file of the rows."""

    @abstractmethod
    def read(self, content: bytes) -> list[Row]:
        """Return the file's rows."""


class LakeParquet(_Lake):
    """Parquet with small row groups."""

    name: ClassVar[str] = "lake-parquet"
    end: ClassVar[str] = "parquet"
    many: ClassVar[int] = 200  # a row group for every three rows

    def written(self, rows: Sequence[Row], schema: Mapping[str, ColumnType]) -> bytes:
        """Write row groups of three rows."""
        arrow = pa.schema([(name, _ARROW[kind]) for name, kind in schema.items()])
        sink = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(list(rows), schema=arrow), sink, row_group_size=3)
        return sink.getvalue()

    def read(self, content: bytes) -> list[Row]:
        """Read it with pyarrow."""
        rows: list[Row] = pq.read_table(io.BytesIO(content)).to_pylist()
        return rows


class LakeJsonLines(_Lake):
    """JSON Lines, dates as ISO 8601 text."""

    name: ClassVar[str] = "lake-jsonl"
    end: ClassVar[str] = "jsonl"

    def written(self, rows: Sequence[Row], schema: Mapping[str, ColumnType]) -> bytes:
        """Write one object a line, every member named."""
        del schema
        return b"".join(json.dumps(row, default=_iso, ensure_ascii=False).encode() + b"\n" for row in rows)

    def read(self, content: bytes) -> list[Row]:
        """Parse each line."""
        return [json.loads(line) for line in content.splitlines()]


class LakeCsv(_Lake):
    """CSV: nothing between delimiters is null, quotes around nothing are an empty text."""

    name: ClassVar[str] = "lake-csv"
    end: ClassVar[str] = "csv"

    def written(self, rows: Sequence[Row], schema: Mapping[str, ColumnType]) -> bytes:
        """Write a header and one record a row, every text quoted."""
        self.schema = schema
        lines = [",".join(schema), *(",".join(_cell(row.get(name)) for name in schema) for row in rows)]
        return "".join(f"{line}\r\n" for line in lines).encode()

    def read(self, content: bytes) -> list[Row]:
        """Read it with pyarrow, every column in its type."""
        kinds = {
            name: pa.string() if kind in {ColumnType.DATE, ColumnType.INSTANT} else _ARROW[kind]
            for name, kind in self.schema.items()
        }
        options = pc.ConvertOptions(
            column_types=kinds, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False
        )
        rows: list[Row] = pc.read_csv(io.BytesIO(content), convert_options=options).to_pylist()
        return rows


def _cell(value: Value) -> str:
    if isinstance(value, str):
        return '"' + value.replace('"', '""') + '"'
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else value.isoformat() if isinstance(value, date) else str(value)


def _iso(value: date) -> str:
    return value.isoformat()


SUBJECTS = (LakeParquet, LakeJsonLines, LakeCsv)
