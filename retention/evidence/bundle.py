"""One file about one case, rule, dataset or period: anyone can check it, offline, with `verifier.py` alone."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias, assert_never, cast

from retention.errors import InputError, UnknownNameError
from retention.evidence import merkle, verifier
from retention.evidence.canonical import Json, canonical
from retention.evidence.dsse import pae
from retention.evidence.index import LogIndex, is_index, make_index, predicate
from retention.evidence.log import EvidenceLog
from retention.evidence.note import Checkpoint, sign_checkpoint
from retention.model.facts import Recorded
from retention.model.ids import CaseId, DatasetId, RuleId
from retention.ports.ledger import LogEntry


@dataclass(frozen=True, slots=True)
class OfCase:
    """A bundle about one case."""

    case_id: CaseId


@dataclass(frozen=True, slots=True)
class OfRule:
    """A bundle about every case in which a rule, or a hold of the policy, was applied."""

    rule_id: RuleId


@dataclass(frozen=True, slots=True)
class OfDataset:
    """A bundle about every case that touched a dataset."""

    dataset: DatasetId


@dataclass(frozen=True, slots=True)
class OfPeriod:
    """A bundle with every statement from one instant up to and without another."""

    start: datetime
    end: datetime


Scope: TypeAlias = OfCase | OfRule | OfDataset | OfPeriod


@dataclass(frozen=True, slots=True)
class Gathered:
    """What will stand in a bundle; its cases tell which files to attach."""

    scope: Scope
    entries: tuple[LogEntry, ...]
    cases: tuple[CaseId, ...]
    """The cases it is about, sorted."""
    checkpoint: Checkpoint
    leaves: tuple[bytes, ...]
    index: LogIndex | None
    """None for a period, which holds every entry anyway."""
    index_at: int
    """The number of the index's own entry in the log."""

    @property
    def facts(self) -> tuple[verifier.Fact, ...]:
        """What the bundle is about; its other entries only show that nothing is missing."""
        covered = self.index.entries if self.index else 0
        return verifier.told_in(_facts(self.entries), scope_text(self.scope), covered)

    @property
    def plan_digests(self) -> frozenset[str]:
        """The plans that those facts name: no other plan may be attached."""
        return frozenset(fact.text("planDigest") for fact in self.facts)


def export_bundle(log: EvidenceLog, case_id: CaseId, attachments: Mapping[str, bytes]) -> bytes:
    """Return the bundle of one case; see `gather` and `bundle_of`."""
    return bundle_of(log, gather(log, OfCase(case_id)), attachments)


def gather(log: EvidenceLog, scope: Scope) -> Gathered:
    """State the log's index, publish the log, and collect the scope's entries.

    Raises:
        UnknownNameError: the log has no entry of the case, rule, dataset or period.
        InputError: the period ends before it begins.
        FoundError: the log cannot be published (see `EvidenceLog.publish`).

    """
    if isinstance(scope, OfPeriod):
        return _period(log, scope)
    index, index_at = _stated_index(log) if log.sequence.size() else (None, 0)
    asked = _key(scope)
    if index is None or not index.knows(asked):
        raise UnknownNameError(f"evidence log: expected entries of the {asked.replace(':', ' ')}, found none")
    checkpoint = log.publish()
    cases = index.cases_of(asked)
    early = {e.index: e for case in cases for e in log.sequence.of_case(case) if e.index < index.entries}
    early |= {number: _at(log, number) for number in index.numbers_of(asked) if number not in early}
    tail = log.sequence.entries(index.entries, checkpoint.size)
    leaves = log.leaves(checkpoint.size)
    entries = (*(early[number] for number in sorted(early)), *tail)
    return Gathered(scope, entries, cases, checkpoint, leaves, index, index_at)


def bundle_of(log: EvidenceLog, gathered: Gathered, attachments: Mapping[str, bytes]) -> bytes:
    """Return the bundle: canonical JSON under an outer signature.

    Args:
        log: the evidence log.
        gathered: what was collected.
        attachments: files by name, for example `plan.json`, `policy.yaml`, `certificate.ja.html`.

    Raises:
        InputError: an attachment's name is not a plain file name.

    """
    if wrong := [name for name in attachments if not re.fullmatch(verifier.ATTACHMENT_NAME, name)]:
        raise InputError(f"evidence bundle: expected plain file names as attachments, found {len(wrong)} others")
    proofs = _proofs(gathered.leaves, [entry.index for entry in gathered.entries])
    body: Json = {
        "attachments": [_attachment(name, attachments[name]) for name in sorted(attachments)],
        "before": _before(log, gathered),
        "checkpoint": gathered.checkpoint.note.decode(),
        "entries": [_entry(entry, proof) for entry, proof in zip(gathered.entries, proofs, strict=True)],
        "format": verifier.FORMAT,
        "index": _heads(gathered),
        "origin": log.origin,
        "scope": scope_text(gathered.scope),
        "summary": _summary(gathered, attachments),
        "vkey": log.vkey,
    }
    seal = log.signer.sign(pae(verifier.SEAL_TYPE, canonical(body)))
    return canonical({"body": body, "seal": _text(seal)})


def scope_text(scope: Scope) -> dict[str, str]:
    """Return the scope as it stands in the bundle."""
    match scope:
        case OfCase(case_id):
            return {"case": case_id}
        case OfRule(rule_id):
            return {"rule": rule_id}
        case OfDataset(dataset):
            return {"dataset": dataset}
        case OfPeriod(start, end):
            return {"from": _instant(start), "to": _instant(end)}
        case _:
            assert_never(scope)


def _stated_index(log: EvidenceLog) -> tuple[LogIndex, int]:
    """Return the newest index and its number; state one if the log's last entry is none."""
    size = log.sequence.size()
    last = _at(log, size - 1)
    if size > 1 and is_index(last, size - 1):
        return make_index(log.sequence.entries(0, size - 1)), size - 1
    index = make_index(log.sequence.entries(0, size))
    # its time is that of the last entry it covers: the same log gives the same bytes
    return index, log.record(Recorded(None, index.latest_at, index.fact)).index


def _period(log: EvidenceLog, scope: OfPeriod) -> Gathered:
    """Collect a stretch of the log without gaps: the period, one entry before it and one after it."""
    if scope.start >= scope.end:
        raise InputError("evidence bundle: expected a period that ends after it begins, found another")
    checkpoint = log.publish() if log.sequence.size() else None
    times: list[datetime] = []
    leaves: list[bytes] = []
    for entry in log.sequence.entries(0, checkpoint.size if checkpoint else 0):
        times.append(datetime.fromisoformat(str(predicate(entry.envelope)["at"])))
        leaves.append(merkle.leaf_hash(entry.envelope))
    first = next((number for number, at in enumerate(times) if at >= scope.start), len(times))
    last = next((number for number in range(len(times) - 1, -1, -1) if times[number] < scope.end), -1)
    if checkpoint is None or first > last:
        raise UnknownNameError("evidence log: expected statements in the period, found none")
    held = tuple(log.sequence.entries(max(first - 1, 0), min(last + 2, len(times))))
    cases = {entry.case_id for entry in held if first <= entry.index <= last and entry.case_id is not None}
    return Gathered(scope, held, tuple(sorted(cases)), checkpoint, tuple(leaves), None, 0)


def _before(log: EvidenceLog, gathered: Gathered) -> Json:
    """Return the checkpoint that ends where a period's entries begin, and the proof that the log only grew since."""
    first = gathered.entries[0].index
    if not isinstance(gathered.scope, OfPeriod) or first == 0:
        return None
    earlier = sign_checkpoint(log.signer, log.origin, first, merkle.root(gathered.leaves[:first]))
    proof = [_text(part) for part in merkle.consistency(gathered.leaves, first)]
    return {"checkpoint": earlier.note.decode(), "proof": proof}


def _heads(gathered: Gathered) -> Json:
    if gathered.index is None or isinstance(gathered.scope, OfPeriod):
        return None
    keys = sorted({_key(gathered.scope), *(f"case:{case}" for case in gathered.cases)})
    return {"at": gathered.index_at, "heads": [gathered.index.head(key) for key in keys]}


def _summary(gathered: Gathered, attachments: Mapping[str, bytes]) -> Json:
    """Return claims, limits, remainders and what is open, as the verifier will compute them again."""
    told = gathered.facts
    files = {name: attachments[name] for name in sorted(attachments)}
    try:
        story = verifier.read_story(told, files, starts=gathered.entries[0].index == 0 or gathered.index is not None)
    except verifier.BundleError:
        # the story does not hold together: the verifier says so, the export is not what hides it
        story = verifier.Story(told, (), ())
    return cast("Json", verifier.summarize(story, scope_text(gathered.scope)))


def _facts(entries: Sequence[LogEntry]) -> tuple[verifier.Fact, ...]:
    told = [(entry.index, predicate(entry.envelope)) for entry in entries]
    return tuple(verifier.Fact(index, str(fact["kind"]), str(fact["at"]), fact) for index, fact in told)


def _key(scope: OfCase | OfRule | OfDataset) -> str:
    ((kind, name),) = scope_text(scope).items()
    return f"{kind}:{name}"


def _at(log: EvidenceLog, number: int) -> LogEntry:
    return next(iter(log.sequence.entries(number, number + 1)))


def _attachment(name: str, content: bytes) -> Json:
    return {"content": _text(content), "name": name, "sha256": hashlib.sha256(content).hexdigest()}


def _entry(entry: LogEntry, proof: Sequence[bytes]) -> Json:
    return {"envelope": _text(entry.envelope), "index": entry.index, "proof": [_text(part) for part in proof]}


def _proofs(leaves: Sequence[bytes], indexes: Sequence[int]) -> list[list[bytes]]:
    """Return the inclusion proof of each leaf; the tree is built once for all of them."""
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        levels.append(merkle.parents(levels[-1]))
    sides = [[(level, (index >> height) ^ 1) for height, level in enumerate(levels[:-1])] for index in indexes]
    return [[level[sibling] for level, sibling in path if sibling < len(level)] for path in sides]


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
