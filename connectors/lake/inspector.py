"""Looking again, for verification: plain reads that share nothing with finder and eraser but the client.

It lists and downloads by itself; `rereading` decodes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cached_property
from typing import IO, TYPE_CHECKING

import pyarrow as pa

from connectors.lake.client import connected, translated
from connectors.lake.rereading import decoded
from connectors.lake.settings import LakeSettings
from retention.errors import TerminalFailure
from retention.model.datamap import Dataset
from retention.ports.inspector import SqlAddress

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class LakeInspector:
    """Reads whole datasets; see `retention.ports.inspector.Inspector`."""

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
                    yield from decoded(key, file, dataset)
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
