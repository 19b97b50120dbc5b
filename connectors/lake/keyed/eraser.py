"""Removing objects with every version and delete marker, and what of them was never finished uploading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.lake.client import HeldByStore
from connectors.lake.keyed.finder import pattern_of, patterns, require_parts, row_of
from connectors.lake.keyed.pattern import KeyPattern
from connectors.lake.objects import Bucket, Stored
from connectors.lake.pattern import Pattern
from connectors.lake.predicate import RowTest, row_test
from retention.errors import ConcurrentWriteFailure, TerminalFailure
from retention.model.datamap import Dataset
from retention.model.outcome import Effect, Residue
from retention.model.predicate import Selection
from retention.model.transform import Transform

_TRIES = 5


class KeyedEraser:
    """The writing side; see `retention.ports.eraser.Eraser`. Objects have no fields, so they can only go."""

    def __init__(self, bucket: Bucket) -> None:
        """Write to this bucket."""
        self._bucket = bucket

    def erase_rows(self, dataset: Dataset, selection: Selection) -> Effect:
        """Remove the selected objects: whoever uploads one again meanwhile loses it too, a few times over."""
        shape, test = pattern_of(self._bucket, dataset), row_test(selection)
        require_parts(dataset, shape, selection)
        run = _Run(self._bucket, shape, test)
        for pattern in patterns(shape, selection):
            run.erase(pattern)
        if run.problems:
            more = f"; and {len(run.problems) - 1} more" if run.problems[1:] else ""
            raise TerminalFailure(f"{run.problems[0]}{more}", hint="all else is done; put it right, then run again")
        return run.effect()

    def redact_fields(self, dataset: Dataset, selection: Selection, fields: Sequence[str]) -> Effect:
        """Refuse: an object has no fields."""
        del selection, fields
        raise _no_fields(dataset)

    def anonymize_rows(
        self,
        dataset: Dataset,
        selection: Selection,
        transforms: Mapping[str, Transform],
        quasi: Sequence[str],
        rare: frozenset[str],
    ) -> Effect:
        """Refuse: an object has no fields."""
        del selection, transforms, quasi, rare
        raise _no_fields(dataset)


def _no_fields(dataset: Dataset) -> TerminalFailure:
    message = f"dataset {dataset.dataset_id}: whole objects have no fields; they can be erased and nothing else"
    return TerminalFailure(message, hint="let the rule say `then: erase`")


class _Run:
    """One erasure: what was removed so far, and what could not be."""

    def __init__(self, bucket: Bucket, shape: KeyPattern, test: RowTest) -> None:
        self._bucket, self._shape, self._test = bucket, shape, test
        self._rows = self._versions = self._markers = 0
        self._residues: set[Residue] = set()
        self.problems: list[str] = []

    def effect(self) -> Effect:
        residues = tuple(sorted(self._residues, key=lambda residue: residue.until))
        return Effect(self._rows, 0, 0, self._versions, self._markers, residues)

    def erase(self, pattern: Pattern) -> None:
        """Remove every selected object of the pattern, and its unfinished uploads."""
        for upload in self._bucket.uploads(pattern)[1]:
            row = self._shape.read(upload.key)
            if row is not None and self._test({**row, "modified_at": upload.begun_at.isoformat()}):
                self._bucket.abort(upload.key, upload.upload_id)
        for key, versions in self._bucket.histories(pattern):
            row = row_of(self._shape, next((stored for stored in versions if stored.latest), versions[0]))
            if row is not None and self._test(row):
                self._erase_key(key, versions)

    def _erase_key(self, key: str, versions: Sequence[Stored]) -> None:
        kept: set[str | None] = set()
        for _ in range(_TRIES):
            for stored in versions:
                if not self._removed(stored):
                    kept.add(stored.version_id)
            versions = [stored for stored in self._bucket.history(key) if stored.version_id not in kept]
            if not versions:
                return
        message = f"{self._bucket.title(versions[0])}: is still listed after {_TRIES} deletions"
        raise ConcurrentWriteFailure(message, hint="run again when its writer is quiet")

    def _removed(self, stored: Stored) -> bool:
        try:
            until = self._bucket.remove_version(stored)
        except HeldByStore as held:
            self.problems.append(held.message)
            return False
        if until is not None:
            self._residues.add(Residue("locked-version", until))
            return False
        self._rows += stored.latest and not stored.marker
        self._versions += not stored.latest and not stored.marker
        self._markers += stored.marker
        return True
