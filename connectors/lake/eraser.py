"""Changing the lake, one object at a time: first what is live, then every older version.

An object is read, written to a temporary file without the rows, put in the place of exactly
what was read, and read again. A writer who came in between makes it start over on his
version. Rows of other people in an older version that goes, go with it: what is live is
what counts. A repeat finds the live object clean and only the older versions left to do.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from connectors.lake.change import Anonymize, Change, Counts, Erase, Redact
from connectors.lake.client import ObjectChanged, ObjectMissing
from connectors.lake.columns import require_columns
from connectors.lake.formats import format_of
from connectors.lake.objects import Bucket, Stored
from connectors.lake.pattern import Pattern
from retention.errors import ConcurrentWriteFailure, TerminalFailure
from retention.model.datamap import Dataset
from retention.model.outcome import Effect, Residue
from retention.model.predicate import Selection
from retention.model.transform import Transform

_TRIES = 5
_LARGEST_PUT = 5 << 30
_ABANDONED_AFTER = timedelta(days=1)
_NOTHING = Effect(rows=0)


class LakeEraser:
    """The writing side; see `retention.ports.eraser.Eraser`."""

    def __init__(self, bucket: Bucket) -> None:
        """Write to this bucket."""
        self._bucket = bucket

    def erase_rows(self, dataset: Dataset, selection: Selection) -> Effect:
        """Remove the selected rows; an object of which nothing is left goes as a whole."""
        return self._change(dataset, selection, Erase())

    def redact_fields(self, dataset: Dataset, selection: Selection, fields: Sequence[str]) -> Effect:
        """Set the fields of the selected rows to null; a field an object does not have is empty already."""
        return self._change(dataset, selection, Redact(tuple(fields)))

    def anonymize_rows(
        self,
        dataset: Dataset,
        selection: Selection,
        transforms: Mapping[str, Transform],
        quasi: Sequence[str],
        rare: frozenset[str],
    ) -> Effect:
        """Apply the transforms to the selected rows and remove those whose class is rare."""
        return self._change(dataset, selection, Anonymize(transforms, tuple(quasi), rare))

    def _change(self, dataset: Dataset, selection: Selection, change: Change) -> Effect:
        require_columns(self._bucket, dataset, selection.where)
        pattern = self._bucket.pattern(dataset.location)
        self._abort_abandoned(pattern)
        keys = [stored.key for stored in self._bucket.live(pattern)]
        live = (self._change_live(key, selection, change) for key in keys)
        effect = _sum(live)
        past = (self._clear_past(versions, selection, change) for _, versions in self._bucket.histories(pattern))
        return _sum((effect, *past))

    # -- the live object

    def _change_live(self, key: str, selection: Selection, change: Change) -> Effect:
        for _ in range(_TRIES):
            try:
                return self._try(self._bucket.stat(key), selection, change)
            except ObjectMissing:
                return _NOTHING
            except ObjectChanged:
                continue
        message = f"object {key}: someone else wrote it first, {_TRIES} times in a row"
        raise ConcurrentWriteFailure(message, hint="run again when its writer is quiet")

    def _try(self, read: Stored, selection: Selection, change: Change) -> Effect:
        counts = self._measure(read, selection, change)
        if not counts.touched:
            return _NOTHING
        if not counts.remaining:
            self._bucket.remove(read)
            return Effect(rows=counts.touched, rows_suppressed=counts.suppressed)
        self._rewrite(read, selection, change, counts)
        return Effect(rows=counts.touched, rows_suppressed=counts.suppressed, objects_rewritten=1)

    def _measure(self, stored: Stored, selection: Selection, change: Change) -> Counts:
        kind = format_of(stored.key)
        with kind.open(self._bucket, stored) as file:
            return kind.measure(self._bucket.title(stored), file, selection, change)

    def _rewrite(self, read: Stored, selection: Selection, change: Change, expected: Counts) -> None:
        kind, title = format_of(read.key), self._bucket.title(read)
        with tempfile.TemporaryFile() as sink:
            with kind.open(self._bucket, read) as file:
                done = kind.rewrite(title, file, sink, selection, change)
            sink.seek(0)
            left = kind.measure(title, sink, selection, change)
            if done != expected or left.touched or left.rows != expected.remaining:
                raise TerminalFailure(f"{title}: the rewritten file is not what was expected; it was not published")
            if sink.seek(0, 2) > _LARGEST_PUT:
                raise TerminalFailure(f"{title}: larger than one request may write ({_LARGEST_PUT} bytes)")
            written = self._bucket.replace(read, sink)
        seen = self._measure(written, selection, change)
        if seen.touched or seen.rows != expected.remaining:
            raise TerminalFailure(f"{title}: what was published is not what was written", hint="run verification")

    # -- older versions, delete markers, unfinished uploads

    def _clear_past(self, versions: tuple[Stored, ...], selection: Selection, change: Change) -> Effect:
        older = [stored for stored in versions if not stored.marker and not stored.latest]
        doomed = [stored for stored in older if self._measure(stored, selection, change).touched]
        locks = {stored.version_id: self._bucket.remove_version(stored) for stored in doomed}
        removed = [version for version, until in locks.items() if until is None]
        markers = self._clear_markers(versions[0].key) if _only_markers(versions, removed) else 0
        if removed:
            self._prove_gone(versions[0].key, removed)
        residues = {Residue("locked-version", until) for until in locks.values() if until is not None}
        return Effect(rows=0, versions_removed=len(removed), markers_removed=markers, residues=tuple(residues))

    def _clear_markers(self, key: str) -> int:
        """Remove delete markers that nothing stands behind, and return how many."""
        history = self._bucket.history(key)
        if not all(stored.marker for stored in history):
            return 0
        for marker in history:
            self._bucket.remove_version(marker)
        self._prove_gone(key, [marker.version_id for marker in history])
        return len(history)

    def _prove_gone(self, key: str, versions: Iterable[str | None]) -> None:
        """List again: a store reports success also for a version it does not know."""
        left = {stored.version_id for stored in self._bucket.history(key)} & set(versions)
        if left:
            raise TerminalFailure(f"object {key}: {len(left)} versions are still listed after their deletion")

    def _abort_abandoned(self, pattern: Pattern) -> None:
        """Abort uploads begun over a day ago, by the store's clock: they may hold the rows and can't be read.

        A younger one is a writer at work; what he publishes, the later re-check finds.
        """
        now, uploads = self._bucket.uploads(pattern)
        for upload in uploads:
            if is_abandoned(upload.begun_at, now):
                self._bucket.abort(upload)


def is_abandoned(begun_at: datetime, now: datetime) -> bool:
    """Whether an upload is too old to be still going on."""
    return now - begun_at > _ABANDONED_AFTER


def _only_markers(versions: tuple[Stored, ...], removed: Sequence[str | None]) -> bool:
    return all(stored.marker or stored.version_id in removed for stored in versions)


def _sum(effects: Iterable[Effect] | Iterator[Effect]) -> Effect:
    total = _NOTHING
    for effect in effects:
        total = Effect(
            rows=total.rows + effect.rows,
            rows_suppressed=total.rows_suppressed + effect.rows_suppressed,
            objects_rewritten=total.objects_rewritten + effect.objects_rewritten,
            versions_removed=total.versions_removed + effect.versions_removed,
            markers_removed=total.markers_removed + effect.markers_removed,
            residues=tuple(sorted({*total.residues, *effect.residues}, key=lambda residue: residue.until)),
        )
    return total
