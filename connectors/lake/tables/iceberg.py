"""Iceberg: data files are rewritten without the rows, on every branch; then old snapshots and their files go.

What only old snapshots need is removed before they are expired, data files first and what lists them last: a process
that dies in between finds the snapshots still listed and goes on. A tag keeps a snapshot: if it holds the rows, it is
a horizon where the tag has an end, and an error that names it where it has none.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import CommitFailedException, NoSuchTableError, ValidationException
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.io.pyarrow import ArrowScan, _dataframe_to_data_files
from pyiceberg.table import Table
from pyiceberg.table.refs import SnapshotRefType
from pyiceberg.table.snapshots import Snapshot

from connectors.lake.keys import ValueSets
from connectors.lake.predicate import mask
from connectors.lake.tables.files import Files
from connectors.lake.tables.settings import TableSettings
from retention.errors import ConcurrentWriteFailure, TerminalFailure, TransientFailure
from retention.model.outcome import Effect, Residue
from retention.model.predicate import Selection

_TRIES = 5
_LOST_THE_RACE = (CommitFailedException, ValidationException)


class IcebergTables:
    """Tables of one SQL catalog; see `store.Tables`."""

    def __init__(self, settings: TableSettings, files: Files) -> None:
        """Open nothing before first use."""
        self._settings, self._files = settings, files

    @cached_property
    def _catalog(self) -> SqlCatalog:
        s3 = self._settings.s3
        told = {
            "s3.endpoint": s3.endpoint,
            "s3.region": s3.region,
            "s3.access-key-id": s3.access_key,
            "s3.secret-access-key": s3.secret_key,
        } if s3 else {}  # fmt: skip
        known = {name: value for name, value in told.items() if value}
        return SqlCatalog(
            self._settings.system, uri=self._settings.catalog, warehouse=self._settings.warehouse, **known
        )

    def names(self) -> tuple[str, ...]:
        """Return all tables, with their namespace."""
        with _translated("list the tables"):
            spaces = self._catalog.list_namespaces()
            return tuple(sorted(".".join(name) for space in spaces for name in self._catalog.list_tables(space)))

    def schema(self, table: str) -> pa.Schema | None:
        """Return the table's columns; None if there is no such table."""
        with _translated(f"read table {table}"):
            try:
                return self._catalog.load_table(table).schema().as_arrow()
            except NoSuchTableError:
                return None

    def batches(self, table: str) -> Iterator[pa.Table]:
        """Yield the rows of each live data file."""
        with _translated(f"read table {table}"):
            loaded = self._catalog.load_table(table)
            yield from (rows for _, rows in _files_of(loaded, "main"))

    def past(self, table: str) -> Iterator[pa.RecordBatch]:
        """Yield all rows of other snapshots than the current one."""
        with _translated(f"read table {table}"):
            loaded = self._catalog.load_table(table)
            live = loaded.current_snapshot()
            for snapshot in loaded.snapshots():
                if live is None or snapshot.snapshot_id != live.snapshot_id:
                    yield from loaded.scan(snapshot_id=snapshot.snapshot_id).to_arrow_batch_reader()

    def erase(self, table: str, selection: Selection) -> Effect:
        """Remove the selected rows from every branch, then the files of snapshots that nothing refers to."""
        for _ in range(_TRIES):
            try:
                with _translated(f"erase from table {table}"):
                    return self._erase(self._catalog.load_table(table), selection)
            except _LOST_THE_RACE:
                continue
        message = f"table {table}: someone else committed first, {_TRIES} times in a row"
        raise ConcurrentWriteFailure(message, hint="run again when its writer is quiet")

    def _erase(self, table: Table, selection: Selection) -> Effect:
        branches = [name for name, ref in table.refs().items() if ref.snapshot_ref_type is SnapshotRefType.BRANCH]
        done = [self._rewrite(table, name, selection) for name in sorted(branches)]
        table = table.refresh()
        residues = list(_tagged(table, selection))
        removed = self._expire(table, residues)
        return Effect(
            rows=sum(rows for rows, _ in done),
            objects_rewritten=sum(files for _, files in done),
            versions_removed=removed,
            residues=tuple(sorted(set(residues), key=lambda residue: residue.until)),
        )

    def _rewrite(self, table: Table, branch: str, selection: Selection) -> tuple[int, int]:
        """Commit new files in the place of those that hold selected rows; return how many rows and files."""
        sets = ValueSets(selection.keys)
        gone = 0
        replaced: list[tuple[Any, list[Any]]] = []
        for file, rows in _files_of(table, branch):
            left = rows.filter(pc.invert(mask(rows, selection, sets)))
            if left.num_rows < rows.num_rows:
                gone += rows.num_rows - left.num_rows
                new = list(_dataframe_to_data_files(table.metadata, left, table.io)) if left.num_rows else []
                replaced.append((file, new))
        try:
            _replace(table, branch, replaced)
        except _LOST_THE_RACE:
            for data_file in (data_file for _, new in replaced for data_file in new):
                self._files.remove(data_file.file_path)  # nothing refers to it, nor ever will
            raise
        return gone, len(replaced)

    def _expire(self, table: Table, residues: list[Residue]) -> int:
        """Remove what only unreferenced snapshots need, then forget them; return how many there were."""
        kept_ids = {ref.snapshot_id for ref in table.refs().values()}
        old = [snapshot for snapshot in table.snapshots() if snapshot.snapshot_id not in kept_ids]
        if not old:
            return 0
        kept = [snapshot for snapshot in table.snapshots() if snapshot.snapshot_id in kept_ids]
        needed = {address for snapshot in kept for address in self._reachable(table, snapshot)}
        doomed = [address for snapshot in old for address in self._reachable(table, snapshot)]
        for address in dict.fromkeys(doomed):
            if address not in needed:
                residues += self._files.remove(address)
        table.maintenance.expire_snapshots().by_ids([snapshot.snapshot_id for snapshot in old]).commit()
        return len(old)

    def _reachable(self, table: Table, snapshot: Snapshot) -> Iterator[str]:
        """Yield a snapshot's data files, then the manifests that list them, then the list of manifests."""
        if not self._files.exists(snapshot.manifest_list):
            return  # an earlier run removed it last, so all it listed is gone
        manifests = [each for each in snapshot.manifests(table.io) if self._files.exists(each.manifest_path)]
        for manifest in manifests:
            for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True):
                yield entry.data_file.file_path
        yield from (manifest.manifest_path for manifest in manifests)
        yield snapshot.manifest_list


def _files_of(table: Table, branch: str) -> Iterator[tuple[Any, pa.Table]]:
    """Yield each data file of a branch with its rows, merged with its delete files; one is in memory."""
    if table.metadata.snapshot_by_name(branch) is None:
        return
    for task in table.scan().use_ref(branch).plan_files():
        scan = ArrowScan(table.metadata, table.io, table.schema(), AlwaysTrue())
        yield task.file, scan.to_table([task])


def _replace(table: Table, branch: str, replaced: list[tuple[Any, list[Any]]]) -> None:
    """Commit, if there is anything to."""
    if replaced:
        with table.transaction() as transaction, transaction.update_snapshot(branch=branch).overwrite() as snapshot:
            for file, new in replaced:
                snapshot.delete_data_file(file)
                for data_file in new:
                    snapshot.append_data_file(data_file)


def _tagged(table: Table, selection: Selection) -> Iterator[Residue]:
    """Yield, for each tag whose snapshot holds selected rows, until when it keeps them.

    Raises:
        TerminalFailure: such a tag has no end.

    """
    sets = ValueSets(selection.keys)
    for name, ref in table.refs().items():
        snapshot = table.snapshot_by_id(ref.snapshot_id)
        if ref.snapshot_ref_type is not SnapshotRefType.TAG or snapshot is None:
            continue
        batches = table.scan(snapshot_id=ref.snapshot_id).to_arrow_batch_reader()
        holding = (pc.any(mask(pa.Table.from_batches([batch]), selection, sets)).as_py() for batch in batches)
        if not any(holding):
            continue
        if ref.max_ref_age_ms is None:
            raise TerminalFailure(
                f"tag {name} keeps a snapshot that holds the rows, and has no end",
                hint="remove the tag, or give it one (max-ref-age-ms); branches are clean, run again",
            )
        begun = datetime.fromtimestamp(snapshot.timestamp_ms / 1000, UTC)
        yield Residue("tagged-snapshot", begun + timedelta(milliseconds=ref.max_ref_age_ms))


@contextmanager
def _translated(doing: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TransientFailure(f"{doing}: a file could not be reached ({type(error).__name__})") from error
    except (pa.ArrowException, ValueError) as error:
        # the library's own message may repeat a value
        raise TerminalFailure(f"{doing}: cannot be read ({type(error).__name__})") from None
