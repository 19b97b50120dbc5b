"""The log's index: what the log holds about each case, rule and dataset, so that a missing statement shows.

A bundle cannot prove by itself that nothing was left out of it. So the log states, at each export,
one Merkle root over a line a key (`case:C-…`, `rule:…`, `dataset:…`): how many entries the key has,
and a digest over their numbers and leaf hashes. A bundle shows its keys' lines against that root.
Whoever holds the whole log computes the root again (`verifier.py` does, for a period from entry 0).
"""

from __future__ import annotations

import base64
import json
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from retention.evidence import merkle, verifier
from retention.evidence.canonical import Json
from retention.model.facts import Indexed
from retention.model.ids import CaseId
from retention.ports.ledger import LogEntry


@dataclass(frozen=True, slots=True)
class LogIndex:
    """The index over the first entries of a log."""

    entries: int
    """It covers entries 0 up to and without this number."""
    keys: tuple[str, ...]
    """Sorted."""
    places: tuple[tuple[int, ...], ...]
    """For each key, the numbers of its entries."""
    cases: tuple[tuple[CaseId, ...], ...]
    """For each key, the cases that its entries belong to, sorted."""
    hashes: tuple[bytes, ...]
    """For each key, the leaf hash of its line."""
    latest_at: datetime
    """When the last of the entries was stated."""

    @property
    def fact(self) -> Indexed:
        """What the log states of it."""
        return Indexed(self.entries, len(self.keys), merkle.root(self.hashes).hex())

    def knows(self, key: str) -> bool:
        """Whether the log has entries under the key."""
        return self.keys[self._place(key) : self._place(key) + 1] == (key,)

    def numbers_of(self, key: str) -> tuple[int, ...]:
        """Return the numbers of the entries under a key that it knows."""
        return self.places[self._place(key)]

    def cases_of(self, key: str) -> tuple[CaseId, ...]:
        """Return the cases of the entries under a key that it knows."""
        return self.cases[self._place(key)]

    def _place(self, key: str) -> int:
        return bisect_left(self.keys, key)

    def head(self, key: str) -> Json:
        """Return the proof that a key that it knows has its entries and no others."""
        place = self._place(key)
        proof = [base64.b64encode(part).decode() for part in merkle.inclusion(self.hashes, place)]
        return {"key": key, "place": place, "proof": proof}


def make_index(entries: Iterable[LogEntry]) -> LogIndex:
    """Return the index over the entries, which start with the log's first.

    Raises:
        ValueError: there are none, or one is not a statement.

    """
    filed: dict[str, list[tuple[int, bytes]]] = {}
    cases: dict[str, set[CaseId]] = {}
    count, at = 0, ""
    for entry in entries:
        told = predicate(entry.envelope)
        count, at = entry.index + 1, str(told["at"])
        leaf = merkle.leaf_hash(entry.envelope)
        for key in verifier.index_keys(told):
            filed.setdefault(key, []).append((entry.index, leaf))
            cases.setdefault(key, set()).update(() if entry.case_id is None else (entry.case_id,))
    if not count:
        raise ValueError("index: expected at least one entry, found none")
    keys = sorted(filed)
    return LogIndex(
        entries=count,
        keys=tuple(keys),
        places=tuple(tuple(index for index, _ in filed[key]) for key in keys),
        cases=tuple(tuple(sorted(cases[key])) for key in keys),
        hashes=tuple(merkle.leaf_hash(verifier.index_line(key, filed[key])) for key in keys),
        latest_at=datetime.fromisoformat(at),
    )


def predicate(envelope: bytes) -> dict[str, object]:
    """Return the predicate inside an envelope, unchecked: it is the log's own.

    Raises:
        ValueError: it is not an envelope around a statement.

    """
    statement = json.loads(base64.b64decode(json.loads(envelope)["payload"]))
    told: dict[str, object] = statement["predicate"]
    return told


def is_index(entry: LogEntry, covered: int) -> bool:
    """Whether the entry is an index over exactly the entries before `covered`."""
    told = predicate(entry.envelope)
    return told.get("kind") == "logIndex" and told.get("entries") == covered
