"""Looking again, for verification: plain reads that share nothing with finder and eraser but the client.

It lists, downloads and decodes by itself. A JSON Lines batch has one column per member that
occurs in it; values of different kinds in one column become their JSON text.
"""

from __future__ import annotations

import gzip
import json
import tempfile
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import islice
from typing import IO, TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from connectors.lake.client import make_client, translated
from connectors.lake.settings import LakeSettings
from retention.errors import TerminalFailure
from retention.model.datamap import Dataset
from retention.ports.inspector import SqlAddress

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_ROWS = 10_000


class LakeInspector:
    """Reads whole datasets; see `retention.ports.inspector.Inspector`."""

    def __init__(self, settings: LakeSettings) -> None:
        """Nothing is opened before first use."""
        self._settings = settings

    @cached_property
    def _client(self) -> S3Client:
        return make_client(self._settings)

    def close(self) -> None:
        """Give connections back."""
        if "_client" in self.__dict__:
            self._client.close()
            del self.__dict__["_client"]

    def scan(self, dataset: Dataset) -> Iterator[pa.RecordBatch]:
        """Yield all live rows."""
        return self._rows(dataset, latest=True)

    def past(self, dataset: Dataset) -> Iterator[pa.RecordBatch]:
        """Yield all rows of noncurrent versions, those behind a delete marker included."""
        return self._rows(dataset, latest=False)

    def address(self, dataset: Dataset) -> SqlAddress | None:  # noqa: ARG002 -- the port's signature
        """Return None: files have no SQL."""
        return None

    def _rows(self, dataset: Dataset, *, latest: bool) -> Iterator[pa.RecordBatch]:
        for key, version in self._listed(dataset, latest=latest):
            name = f"s3://{self._settings.bucket}/{key} version {version}"
            with tempfile.TemporaryFile() as file:
                self._download(name, key, version, file)
                try:
                    yield from _parquet(file) if key.endswith(".parquet") else _json_lines(file)
                except (pa.ArrowException, OSError, EOFError, ValueError) as error:
                    # the reader's own message may repeat a value
                    raise TerminalFailure(f"{name}: cannot be read ({type(error).__name__})") from None

    def _listed(self, dataset: Dataset, *, latest: bool) -> Iterator[tuple[str, str]]:
        pattern = self._settings.prefix + dataset.location
        pages = self._client.get_paginator("list_object_versions").paginate(
            Bucket=self._settings.bucket, Prefix=pattern.partition("*")[0]
        )
        with translated(f"list the versions of s3://{self._settings.bucket}/{pattern}"):
            for page in pages:
                for entry in page.get("Versions", ()):
                    if entry["IsLatest"] is latest and _matches(entry["Key"], pattern):
                        yield entry["Key"], entry["VersionId"]

    def _download(self, name: str, key: str, version: str, file: IO[bytes]) -> None:
        with translated(f"read {name}"):
            answer = self._client.get_object(Bucket=self._settings.bucket, Key=key, VersionId=version)
            for chunk in answer["Body"].iter_chunks(1 << 20):
                file.write(chunk)
        file.seek(0)


def _matches(key: str, pattern: str) -> bool:
    """Compare folder by folder, so that a star stays within one."""
    parts, shapes = key.split("/"), pattern.replace("[", "[[]").replace("?", "[?]").split("/")
    return len(parts) == len(shapes) and all(map(fnmatchcase, parts, shapes))


def _parquet(file: IO[bytes]) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(file) as source:
        yield from source.iter_batches(batch_size=_ROWS)


def _json_lines(file: IO[bytes]) -> Iterator[pa.RecordBatch]:
    packed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    lines: Any = gzip.open(file) if packed else file  # noqa: SIM115 -- closed with the file below it
    rows = (json.loads(line.decode("utf-8-sig")) for line in lines if line.strip())
    while chunk := list(islice(rows, _ROWS)):
        names = list(dict.fromkeys(name for row in chunk for name in row)) or [""]  # a row without members is a row
        for batch in _alike(chunk):
            columns = [_column([row.get(name) for row in batch]) for name in names]
            yield pa.RecordBatch.from_arrays(columns, names=names)


def _alike(rows: list[dict[str, Any]]) -> Iterable[list[dict[str, Any]]]:
    """Part rows by the kinds of their values: a value reads the same whatever stands beside it."""
    parts: dict[frozenset[tuple[str, str]], list[dict[str, Any]]] = {}
    for row in rows:
        kinds = frozenset((name, _kind(value)) for name, value in row.items() if value is not None)
        parts.setdefault(kinds, []).append(row)
    return parts.values()


def _kind(value: object) -> str:
    match value:
        case list() | dict():
            return "text of JSON"
        case int() if not isinstance(value, bool) and not -(2**63) <= value < 2**63:
            return "text of JSON"
        case _:
            return type(value).__name__


def _column(values: list[Any]) -> pa.Array:
    if any(_kind(value) == "text of JSON" for value in values):
        values = [None if value is None else json.dumps(value, ensure_ascii=False) for value in values]
    return pa.array(values)
