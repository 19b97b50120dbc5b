"""Delta: the table is written again without the rows, as a stream; then tombstoned files and old log entries go.

No predicate is given to the library: it would stand in the log. The log's entries hold least and greatest values of
files, so those before the newest checkpoint go too. Only files with a tombstone are removed, never those nobody knows:
they may be another writer's, not committed yet.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.fs as pafs
import pyarrow.parquet as pq
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from connectors.lake.keys import ValueSets
from connectors.lake.predicate import mask
from connectors.lake.tables.files import Files
from connectors.lake.tables.settings import TableSettings
from retention.errors import ConcurrentWriteFailure, TerminalFailure, TransientFailure
from retention.model.outcome import Effect, Residue
from retention.model.predicate import Selection

_TRIES = 5
_LOG = "_delta_log"


class DeltaTables:
    """Tables below one folder or prefix; see `store.Tables`."""

    def __init__(self, settings: TableSettings, files: Files) -> None:
        """Open nothing before first use."""
        self._settings, self._files = settings, files

    @cached_property
    def _options(self) -> dict[str, str]:
        s3 = self._settings.s3
        if s3 is None:
            return {}
        told = {
            "AWS_REGION": s3.region,
            "AWS_ENDPOINT_URL": s3.endpoint,
            "AWS_ACCESS_KEY_ID": s3.access_key,
            "AWS_SECRET_ACCESS_KEY": s3.secret_key,
            "AWS_ALLOW_HTTP": "true" if (s3.endpoint or "").startswith("http://") else None,
        }
        return {name: value for name, value in told.items() if value}

    @cached_property
    def _folder(self) -> tuple[pafs.FileSystem, str]:
        s3 = self._settings.s3
        if s3 is None:
            return pafs.LocalFileSystem(), self._settings.warehouse
        system = pafs.S3FileSystem(
            access_key=s3.access_key, secret_key=s3.secret_key, region=s3.region, endpoint_override=s3.endpoint
        )
        return system, self._settings.warehouse.removeprefix("s3://")

    def names(self) -> tuple[str, ...]:
        """Return all tables: folders with a log."""
        system, root = self._folder
        with _translated("list the tables"):
            found = system.get_file_info(pafs.FileSelector(root, recursive=True, allow_not_found=True))
        logs = {info.path for info in found if f"/{_LOG}/" in info.path}
        return tuple(sorted({path.split(f"/{_LOG}/")[0].removeprefix(f"{root}/") for path in logs}))

    def schema(self, table: str) -> pa.Schema | None:
        """Return the table's columns; None if there is no such table."""
        with _translated(f"read table {table}"):
            try:
                return self._open(table).to_pyarrow_dataset().schema
            except TableNotFoundError:
                return None

    def batches(self, table: str) -> Iterator[pa.Table]:
        """Yield all live rows, batch by batch."""
        with _translated(f"read table {table}"):
            for batch in self._open(table).to_pyarrow_dataset().to_batches():
                yield pa.Table.from_batches([batch])

    def past(self, table: str) -> Iterator[pa.RecordBatch]:
        """Yield all rows of files that are no longer live and still there."""
        with _translated(f"read table {table}"):
            opened = self._open(table)
            system, root = self._folder
            for path in self._tombstoned(opened, table):
                if path.endswith(".parquet"):
                    yield from pq.ParquetFile(f"{root}/{table}/{path}", filesystem=system).iter_batches()

    def erase(self, table: str, selection: Selection) -> Effect:
        """Write the table without the rows, then remove what still holds them; a repeat does the second alone."""
        rows = rewritten = 0
        for _ in range(_TRIES):
            with _translated(f"erase from table {table}"):
                opened = self._open(table)
                found = self._count(opened, selection)
                if not found:
                    break
                try:
                    self._rewrite(opened, selection)
                except CommitFailedError:
                    continue
                rows, rewritten = rows + found, rewritten + 1
        else:
            message = f"table {table}: someone else committed first, {_TRIES} times in a row"
            raise ConcurrentWriteFailure(message, hint="run again when its writer is quiet")
        with _translated(f"clean table {table}"):
            removed, residues = self._clean(table)
        return Effect(rows=rows, objects_rewritten=rewritten, versions_removed=removed, residues=residues)

    def _open(self, table: str) -> DeltaTable:
        return DeltaTable(f"{self._settings.warehouse}/{table}", storage_options=self._options)

    def _count(self, opened: DeltaTable, selection: Selection) -> int:
        sets = ValueSets(selection.keys)
        tables = (pa.Table.from_batches([batch]) for batch in opened.to_pyarrow_dataset().to_batches())
        return sum(pc.sum(mask(table, selection, sets), min_count=0).as_py() for table in tables)

    def _rewrite(self, opened: DeltaTable, selection: Selection) -> None:
        dataset, sets = opened.to_pyarrow_dataset(), ValueSets(selection.keys)

        def left() -> Iterator[pa.RecordBatch]:
            for batch in dataset.to_batches():
                table = pa.Table.from_batches([batch])
                yield from table.filter(pc.invert(mask(table, selection, sets))).to_batches()

        columns = opened.metadata().partition_columns
        reader = pa.RecordBatchReader.from_batches(dataset.schema, left())
        write_deltalake(opened, reader, mode="overwrite", partition_by=columns or None)

    def _clean(self, table: str) -> tuple[int, tuple[Residue, ...]]:
        """Remove tombstoned files and every log entry before a new checkpoint; return how many files."""
        root = f"{self._settings.warehouse}/{table}"
        residues: list[Residue] = []
        opened = self._open(table)
        doomed = self._tombstoned(opened, table)
        for path in doomed:
            residues += self._files.remove(f"{root}/{path}")
        if doomed or len({name[:20] for name in self._entries(table)}) > 1:
            opened.vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False)  # an entry of its own
            opened = self._open(table)
            opened.create_checkpoint()
            for name in self._entries(table):
                if int(Path(name).name[:20]) < opened.version():
                    residues += self._files.remove(f"{root}/{_LOG}/{name}")
        return len(doomed), tuple(sorted(set(residues), key=lambda residue: residue.until))

    def _tombstoned(self, opened: DeltaTable, table: str) -> list[str]:
        """Return the files that are no longer live and still there; the log names them for some time after."""
        named = opened.vacuum(retention_hours=0, dry_run=True, enforce_retention_duration=False)
        root = f"{self._settings.warehouse}/{table}"
        return [path for path in named if self._files.exists(f"{root}/{path}")]

    def _entries(self, table: str) -> list[str]:
        """Return the log's files that begin with a version's number, oldest first."""
        system, root = self._folder
        found = system.get_file_info(pafs.FileSelector(f"{root}/{table}/{_LOG}"))
        return sorted(info.base_name for info in found if info.base_name[:20].isdigit())


@contextmanager
def _translated(doing: str) -> Iterator[None]:
    try:
        yield
    except TableNotFoundError:
        raise
    except OSError as error:
        raise TransientFailure(f"{doing}: a file could not be reached ({type(error).__name__})") from error
    except (DeltaError, pa.ArrowException, ValueError, json.JSONDecodeError) as error:
        # the library's own message may repeat a value
        raise TerminalFailure(f"{doing}: cannot be done ({type(error).__name__})") from None
