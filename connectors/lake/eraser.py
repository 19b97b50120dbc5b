"""Changing the lake, one object at a time: first what is live, then every older version.

An object is read, a draft without the rows is made of it (what stays is only named, what is new lies in a local
temporary file) and looked at again, and the draft is put in the place of exactly what was read. A writer who came in
between makes it start over on his version. Rows of other people in an older version that goes, go with it: what is live
is what counts. A repeat finds the live object clean and only the older versions left to do. What could not be done for
one object does not keep the others from being done; it is raised at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.lake.change import Anonymize, Change, Counts, Erase, Redact
from connectors.lake.client import HeldByStore, ObjectChanged, ObjectMissing, translated
from connectors.lake.columns import require_columns
from connectors.lake.draft import Draft
from connectors.lake.formats import format_of, opened
from connectors.lake.objects import Bucket, Stored
from connectors.lake.parts import Limits
from connectors.lake.pattern import Pattern
from connectors.lake.pipeline import side_by_side
from connectors.lake.transfer import publish
from retention.errors import ConcurrentWriteFailure, TerminalFailure
from retention.model.datamap import Dataset
from retention.model.outcome import Effect, Residue
from retention.model.predicate import Selection
from retention.model.transform import Transform
from retention.model.volume import ALL, Shard

_TRIES = 5
_SENT = 16 << 20
_ABANDONED_AFTER = timedelta(days=1)
_NOTHING = Effect(rows=0)


@dataclass(frozen=True, slots=True)
class _Job:
    """What is asked, of whichever object."""

    selection: Selection
    change: Change


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What was done to one object, and what could not be."""

    effect: Effect = _NOTHING
    problems: tuple[str, ...] = ()
    replaced: frozenset[str | None] = frozenset()
    """Entity tags of what we replaced: as older versions they need no second look."""


class LakeEraser:
    """The writing side; see `retention.ports.eraser.Eraser`."""

    def __init__(self, bucket: Bucket, within: Shard = ALL) -> None:
        """Write to this bucket, to all objects of a dataset or to those of a shard."""
        self._bucket, self._within = bucket, within
        self._least = bucket.least_part
        self._limits = Limits(least=self._least, sent=min(_SENT, 4 * self._least))

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
        pattern, job = self._bucket.pattern(dataset.location).within(self._within), _Job(selection, change)
        self._abort_abandoned(pattern)
        outcomes = list(side_by_side(lambda stored: self._change_live(stored, job), list(self._bucket.live(pattern))))
        ours = frozenset(tag for outcome in outcomes for tag in outcome.replaced)
        outcomes += [self._clear_past(versions, ours, job) for _, versions in self._bucket.histories(pattern)]
        problems = [problem for outcome in outcomes for problem in outcome.problems]
        if problems:
            more = f"; and {len(problems) - 1} more" if problems[1:] else ""
            raise TerminalFailure(f"{problems[0]}{more}", hint="all else is done; put it right, then run again")
        return _sum(outcome.effect for outcome in outcomes)

    # -- the live object

    def _change_live(self, listed: Stored, job: _Job) -> _Outcome:
        try:
            return self._retried(listed, job)
        except TerminalFailure as failure:
            return _Outcome(problems=(failure.message,))

    def _retried(self, listed: Stored, job: _Job) -> _Outcome:
        read = listed
        for _ in range(_TRIES):
            try:
                return self._try(read, job)
            except ObjectMissing:
                return _Outcome()
            except ObjectChanged:
                try:
                    read = self._bucket.stat(listed.key)
                except ObjectMissing:
                    return _Outcome()
        message = f"object {listed.key}: someone else wrote it first, {_TRIES} times in a row"
        raise ConcurrentWriteFailure(message, hint="run again when its writer is quiet")

    def _try(self, read: Stored, job: _Job) -> _Outcome:
        title = self._bucket.title(read)
        with opened(self._bucket, read) as source, Draft(source) as draft:
            with translated(f"rewrite {title}"):
                counts = draft.fill(format_of(read.key).rewrite(title, source, job.selection, job.change, self._least))
            problems = _unclear(title, counts)
            if not counts.touched:
                return _Outcome(problems=problems)
            if counts.remaining:
                self._refuse_unlike(title, draft, job, counts)
                publish(self._bucket, read, draft, self._limits)
            else:
                self._bucket.remove(read)
        effect = Effect(counts.touched, counts.suppressed, objects_rewritten=int(bool(counts.remaining)))
        return _Outcome(effect, problems, frozenset({read.etag}))

    def _refuse_unlike(self, title: str, draft: Draft, job: _Job, expected: Counts) -> None:
        """Look at the draft before it is published: what was to be done is done, and nothing else."""
        kind = format_of(title)
        again = kind.measure(title, draft.new if kind.line_by_line else draft, job.selection, job.change)
        lost = not kind.line_by_line and again.rows != expected.remaining
        if again.touched or lost:
            raise TerminalFailure(f"{title}: the rewritten file is not what was expected; it was not published")

    # -- older versions, delete markers, unfinished uploads

    def _clear_past(self, versions: tuple[Stored, ...], ours: frozenset[str | None], job: _Job) -> _Outcome:
        older = [stored for stored in versions if not stored.marker and not stored.latest]
        problems: list[str] = []
        residues: set[Residue] = set()
        removed: list[str | None] = []
        for stored in older:
            if stored.etag in ours or self._concerns(stored, job, problems):
                try:
                    until = self._bucket.remove_version(stored)
                except HeldByStore as held:
                    problems.append(held.message)
                    continue
                if until is None:
                    removed.append(stored.version_id)
                else:
                    residues.add(Residue("locked-version", until))
        markers = self._clear_markers(versions[0].key) if _only_markers(versions, removed) else 0
        if removed:
            self._prove_gone(versions[0].key, removed)
        effect = Effect(0, 0, 0, len(removed), markers, tuple(residues))
        return _Outcome(effect, tuple(problems))

    def _concerns(self, stored: Stored, job: _Job, problems: list[str]) -> bool:
        title = self._bucket.title(stored)
        try:
            with opened(self._bucket, stored) as source:
                counts = format_of(stored.key).measure(title, source, job.selection, job.change)
        except TerminalFailure as failure:
            problems.append(failure.message)
            return False
        problems += _unclear(title, counts)
        return bool(counts.touched)

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
                self._bucket.abort(upload.key, upload.upload_id)


def is_abandoned(begun_at: datetime, now: datetime) -> bool:
    """Whether an upload is too old to be still going on."""
    return now - begun_at > _ABANDONED_AFTER


def _unclear(title: str, counts: Counts) -> tuple[str, ...]:
    if not counts.unclear:
        return ()
    lines = ", ".join(map(str, counts.unclear))
    return (
        f"{title} line {lines}: may be meant and is not one JSON object in UTF-8 with each member once; left as it is",
    )


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
