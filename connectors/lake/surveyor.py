"""Reads everything under a prefix or a folder: shapes of files, their columns, and some rows of each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Protocol

from connectors.lake.client import make_client, translated
from connectors.lake.objects import Bucket
from connectors.lake.pattern import Pattern
from connectors.lake.rows import is_readable, read_rows
from connectors.lake.settings import LakeSettings
from connectors.lake.shapes import shapes
from connectors.lake.sources import opened
from retention.errors import TerminalFailure
from retention.model.datamap import ColumnType
from retention.ports.surveyor import LiveDataset, Sampled

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_FILES: Final = 40
"""Files of one shape that are opened: the first, the last, and those spread between."""


class Files(Protocol):
    """Where the files lie."""

    def keys(self, *, past: bool) -> Iterator[str]:
        """Yield the key of every file that is not empty; with `past`, those of old versions too."""
        ...

    def open(self, key: str) -> AbstractContextManager[IO[bytes]]:
        """Give the file's content, seekable."""
        ...

    def close(self) -> None:
        """Give connections back."""
        ...


class LakeSurveyor:
    """See `retention.ports.surveyor.Surveyor`."""

    def __init__(self, files: Files) -> None:
        """Nothing is opened before first use."""
        self._files = files

    def survey(self, rows: int) -> tuple[LiveDataset, ...]:
        """Return every shape of files; of each, the columns of some files and their first rows."""
        found = shapes(self._files.keys(past=False))
        return tuple(self._live(shape, keys, rows) for shape, keys in found.items())

    def beside(self, locations: Collection[str]) -> tuple[str, ...]:
        """Return the shapes of files that no location covers."""
        covers = [_Cover(location) for location in sorted(locations)]
        loose = (key for key in self._files.keys(past=True) if not any(cover.has(key) for cover in covers))
        return tuple(shapes(set(loose)))

    def close(self) -> None:
        """Give connections back."""
        self._files.close()

    def _live(self, shape: str, keys: tuple[str, ...], rows: int) -> LiveDataset:
        columns: dict[str, ColumnType] = {}
        values: dict[str, set[Sampled]] = {}
        for key in _spread(keys) if is_readable(shape) else ():
            with self._files.open(key) as file:
                for column, kind, some in read_rows(shape, key, file, rows):
                    columns[column] = kind if columns.setdefault(column, kind) is kind else ColumnType.OTHER
                    seen = values.setdefault(column, set())
                    seen.update(some if len(seen) < rows else ())
        found = {column: frozenset(some) for column, some in values.items()}
        return LiveDataset(shape, is_path=True, columns=columns, values=found)


class BucketFiles:
    """A bucket under a prefix."""

    def __init__(self, settings: LakeSettings) -> None:
        """Nothing is opened before first use."""
        self._settings = settings
        self._bucket = Bucket(settings)

    @cached_property
    def _client(self) -> S3Client:
        return make_client(self._settings)

    def keys(self, *, past: bool) -> Iterator[str]:
        """Yield keys relative to the prefix; folder markers and other empty objects hold nothing."""
        root = self._settings.prefix
        pages = self._client.get_paginator("list_object_versions").paginate(Bucket=self._settings.bucket, Prefix=root)
        with translated(f"list the versions of {self._settings.url}"):
            for page in pages:
                for entry in page.get("Versions", ()):
                    if entry["Size"] and (past or entry["IsLatest"]):
                        yield entry["Key"].removeprefix(root)

    def open(self, key: str) -> AbstractContextManager[IO[bytes]]:
        """Give the live object; it is read part by part."""
        return opened(self._bucket.source(self._bucket.stat(self._settings.prefix + key)))

    def close(self) -> None:
        """Give connections back."""
        self._bucket.close()
        if "_client" in self.__dict__:
            self._client.close()


class FolderFiles:
    """One file, or a folder with everything below it, on this machine."""

    def __init__(self, path: Path) -> None:
        """Keep the path."""
        self._path = path
        self._root = path if path.is_dir() else path.parent

    def keys(self, *, past: bool) -> Iterator[str]:
        """Yield paths relative to the folder."""
        del past  # a folder keeps no versions
        below: Iterable[Path] = sorted(self._path.rglob("*")) if self._path.is_dir() else (self._path,)
        for path in below:
            if path.is_file() and path.stat().st_size:
                yield path.relative_to(self._root).as_posix()

    def open(self, key: str) -> AbstractContextManager[IO[bytes]]:
        """Give the file; raises TerminalFailure if it cannot be opened."""
        try:
            return (self._root / key).open("rb")
        except OSError as error:
            raise TerminalFailure(f"a file of {self._root.name}/ cannot be opened ({error.strerror})") from None

    def close(self) -> None:
        """Do nothing: no connection is held."""


class _Cover:
    """Which keys a location covers: those its pattern matches, and all below a folder."""

    def __init__(self, location: str) -> None:
        self._pattern = Pattern(location)
        self._folder = location.rstrip("/") + "/"

    def has(self, key: str) -> bool:
        return self._pattern.matches(key) or key.startswith(self._folder)


def _spread(keys: tuple[str, ...]) -> tuple[str, ...]:
    if len(keys) <= _FILES:
        return keys
    step = (len(keys) - 1) / (_FILES - 1)
    return tuple(keys[round(index * step)] for index in range(_FILES))
