"""Listing again, for verification: plain listings that share nothing with finder and eraser but the client."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from connectors.lake.client import connected, translated
from connectors.lake.settings import LakeSettings
from retention.model.datamap import Dataset
from retention.ports.inspector import SqlAddress

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_ROWS = 10_000


class KeyedInspector:
    """Reads whole datasets; see `retention.ports.inspector.Inspector`. Key and entity tag make a change seen."""

    def __init__(self, settings: LakeSettings) -> None:
        """Nothing is opened before first use."""
        self._settings = settings

    @cached_property
    def _client(self) -> S3Client:
        return connected(self._settings)

    def close(self) -> None:
        """Give connections back."""
        if "_client" in self.__dict__:
            self._client.close()
            del self.__dict__["_client"]

    def scan(self, dataset: Dataset) -> Iterator[pa.RecordBatch]:
        """Yield all live objects."""
        return self._batches(dataset, latest=True)

    def past(self, dataset: Dataset) -> Iterator[pa.RecordBatch]:
        """Yield all noncurrent versions, those behind a delete marker included."""
        return self._batches(dataset, latest=False)

    def address(self, dataset: Dataset) -> SqlAddress | None:  # noqa: ARG002 -- the port's signature
        """Return None: objects have no SQL."""
        return None

    def _batches(self, dataset: Dataset, *, latest: bool) -> Iterator[pa.RecordBatch]:
        rows = self._rows(dataset, latest=latest)
        while chunk := list(islice(rows, _ROWS)):
            yield pa.RecordBatch.from_pylist(chunk)

    def _rows(self, dataset: Dataset, *, latest: bool) -> Iterator[dict[str, Any]]:
        location = self._settings.prefix + dataset.location
        shape = _expression(location)
        pages = self._client.get_paginator("list_object_versions").paginate(
            Bucket=self._settings.bucket, Prefix=re.split(r"[*{]", location)[0]
        )
        with translated(f"list the versions of s3://{self._settings.bucket}/{location}"):
            for page in pages:
                for entry in page.get("Versions", ()):
                    match = shape.fullmatch(entry["Key"])
                    if match and entry["IsLatest"] is latest:
                        about = {"modified_at": entry["LastModified"], "key": entry["Key"], "etag": entry["ETag"]}
                        yield match.groupdict() | about


def _expression(location: str) -> re.Pattern[str]:
    """Return the pattern as an expression: a part in braces ends at the first sign that comes after it."""
    text = re.escape(location).replace(r"\*", "[^/]*")
    named = re.sub(r"\\\{(\w+)\\\}(\\?.|$)", lambda m: f"(?P<{m[1]}>[^/{m[2] or '/'}]+){m[2]}", text)
    return re.compile(named)
