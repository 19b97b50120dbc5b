"""From a fact to an in-toto Statement v1 with the erasure predicate, and the id that makes it stand once."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TypeAlias

from retention.errors import InputError
from retention.evidence.canonical import Json, canonical
from retention.evidence.shape import check
from retention.evidence.shapes import PREDICATE_TYPE, STATEMENT_TYPE, statement_shape
from retention.model.approval_facts import NotApproved
from retention.model.batch_facts import BatchShare, DoneOf, KeptOf
from retention.model.disclosure import Disclosed
from retention.model.facts import (
    Approved,
    BeyondUse,
    CanaryLooked,
    Corrected,
    Denied,
    Disposed,
    Expired,
    Fact,
    HoldPlaced,
    HoldReleased,
    IdentityDecided,
    Indexed,
    Kept,
    KeyDestroyed,
    Looked,
    MapLooked,
    Planned,
    Pseudonymized,
    Recorded,
    Rejected,
    Remains,
    Replayed,
    SubjectsCommitted,
    Suspended,
)
from retention.model.ids import StatementId
from retention.model.media import MediaSanitized
from retention.model.outcome import Effect, Residue
from retention.model.processor_facts import Answered, ContractStated, OrderNoted, Probed
from retention.model.request_facts import PapersGone
from retention.model.rescan import FoundIn, Readmitted, Rescanned
from retention.model.restores import RestoreGated


@dataclass(frozen=True, slots=True)
class _Telling:
    """How a fact is told: its kind, and the fields that tell it from others of the same case and kind."""

    kind: str
    identified_by: tuple[str, ...]


_TELLINGS: Mapping[type[Fact], _Telling] = MappingProxyType(
    {
        Planned: _Telling("planned", ("plan_id", "plan_digest")),
        Approved: _Telling("approval", ("plan_id", "plan_digest", "approver_ref")),
        Rejected: _Telling("rejection", ("plan_id", "plan_digest", "approver_ref")),
        NotApproved: _Telling("notApproved", ("plan_id", "plan_digest", "approver_ref", "reason")),
        Disposed: _Telling("", ("plan_digest", "step_id")),
        Looked: _Telling("verification", ("plan_digest", "dataset", "found_digest")),
        Answered: _Telling("processorAck", ("order_id", "body_digest")),
        Probed: _Telling("processorProbe", ("order_id",)),
        OrderNoted: _Telling("orderNote", ("order_id", "note")),
        ContractStated: _Telling(
            "processorContract",
            (
                "processor",
                "role",
                "contracted_on",
                "nda_on",
                "supervised_on",
                "country",
                "transfer",
                "subprocessors",
            ),
        ),
        Remains: _Telling("copyRemains", ("system", "what", "until", "why")),
        BeyondUse: _Telling("beyondUse", ("system", "attester_ref", "attested_at")),
        Expired: _Telling("backupExpired", ("system", "copy_id")),
        Kept: _Telling("kept", ("plan_digest", "dataset", "hold_id", "fields")),
        Denied: _Telling("denial", ("reason",)),
        KeyDestroyed: _Telling("keyDestroyed", ("key_ref", "check_value")),
        SubjectsCommitted: _Telling("subjectsCommitted", ("plan_digest",)),
        HoldPlaced: _Telling("holdPlaced", ("hold_id",)),
        HoldReleased: _Telling("holdReleased", ("hold_id",)),
        Replayed: _Telling("restoreReplayed", ("system",)),
        Pseudonymized: _Telling("pseudonymize", ("plan_digest", "step_id")),
        Suspended: _Telling("suspension", ("plan_digest", "step_id", "state")),
        Disclosed: _Telling("disclosure", ("plan_digest", "step_id", "state")),
        Corrected: _Telling("correction", ("supersedes",)),
        CanaryLooked: _Telling("canary", ("canary_ref", "state")),
        Indexed: _Telling("logIndex", ("entries", "root")),
        IdentityDecided: _Telling("identityDecision", ("question", "answer", "decider_ref")),
        MapLooked: _Telling("mapLook", ("plan_digest", "dataset", "suite_digest")),
        RestoreGated: _Telling("restoreGate", ("system", "verdict")),
        Rescanned: _Telling("rescan", ("round", "due_at", "state", "return_case")),
        MediaSanitized: _Telling("mediaSanitized", ("medium", "method", "sanitized_at")),
        PapersGone: _Telling("papersDestroyed", ("check_value",)),
        Readmitted: _Telling("readmission", ("reason", "erased_at", "decider_ref")),
        BatchShare: _Telling("batchShare", ("plan_digest",)),
    }
)
_DISPOSALS = MappingProxyType({"erase": "deletion", "redact": "deletion", "anonymize": "anonymize"})
_LOOKS = (Looked, Probed, OrderNoted, CanaryLooked, MapLooked, RestoreGated, NotApproved)
"""Facts that are another one at another time."""
_OF_STEPS = (Disposed, Pseudonymized, Suspended, Disclosed)
_OF_PLANS = (*_OF_STEPS, BatchShare, Planned, Approved, Rejected, NotApproved, Kept, SubjectsCommitted)

_Part: TypeAlias = Effect | Residue | FoundIn | DoneOf | KeptOf
_Plain: TypeAlias = str | int | bool | datetime | tuple["_Plain", ...] | _Part | None


def kind_of(fact: Fact) -> str:
    """Return the statement kind of a fact: `planned`, `deletion`, `verification` and so on.

    Raises:
        InputError: a disposal's action is none of erase, redact and anonymize.

    """
    if not isinstance(fact, Disposed):
        return _TELLINGS[type(fact)].kind
    if fact.action not in _DISPOSALS:
        raise InputError(f"evidence: expected the action {', '.join(_DISPOSALS)}, found another")
    return _DISPOSALS[fact.action]


def statement_id(recorded: Recorded) -> StatementId:
    """Return the SHA-256 (hex) of what tells this fact from others, so that a rerun names it the same.

    When it was recorded does not count, save for looks (verification, canary): looking again later is another fact.
    A copy that remains longer than was stated before is another fact too.
    """
    fact = recorded.fact
    identity = {_camel(name): _plain(getattr(fact, name)) for name in _TELLINGS[type(fact)].identified_by}
    if isinstance(fact, _LOOKS):
        identity["at"] = _instant(recorded.at)
    named: Json = {**identity, "kind": kind_of(fact), "caseId": recorded.case_id}
    return StatementId(hashlib.sha256(canonical(named)).hexdigest())


def statement(recorded: Recorded) -> bytes:
    """Return the statement's canonical bytes.

    Raises:
        InputError: something in the fact is not a code, count, digest or instant (free text, an address).

    """
    fact, kind, name = recorded.fact, kind_of(recorded.fact), statement_id(recorded)
    head: dict[str, Json] = {
        "kind": kind,
        "statementId": name,
        "caseId": recorded.case_id,
        "at": _instant(recorded.at),
    }
    told: Json = {
        "_type": STATEMENT_TYPE,
        "predicateType": PREDICATE_TYPE,
        "subject": [_subject(fact, name)],
        "predicate": {**head, **_fields(fact)},
    }
    check(told, statement_shape(kind), kind)
    return canonical(told)


def _subject(fact: Fact, name: StatementId) -> Json:
    """Name what the statement is about; in-toto wants a digest of it."""
    if isinstance(fact, Looked):
        return {"name": f"urn:retention:dataset:{fact.dataset}", "digest": {"rowSetSha256": fact.found_digest}}
    if isinstance(fact, _OF_PLANS):
        return {"name": "urn:retention:plan", "digest": {"sha256": fact.plan_digest}}
    if isinstance(fact, Answered):
        return {"name": "urn:retention:order", "digest": {"sha256": fact.body_digest}}
    return {"name": "urn:retention:statement", "digest": {"sha256": name}}


def _fields(record: Fact | _Part) -> dict[str, Json]:
    return {_camel(field.name): _plain(getattr(record, field.name)) for field in dataclasses.fields(record)}


def _plain(value: _Plain) -> Json:
    if isinstance(value, datetime):
        return _instant(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Effect | Residue | FoundIn | DoneOf | KeptOf):
        return _fields(value)
    return value


def _instant(at: datetime) -> str:
    """Write an instant in RFC 3339 with `Z`."""
    if at.tzinfo is None:
        raise InputError("evidence: expected an instant with a time zone, found one without")
    return at.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def column_name(name: str) -> str:
    """Return the name under which evidence states a column: its own if it is a plain word.

    Names in other scripts (氏名) could hide free text; they appear as `column-` and the first 16
    hex digits of their SHA-256, which anyone who has the data map can tell.
    """
    plain = re.fullmatch(r"_{0,2}[A-Za-z][A-Za-z0-9_-]{0,62}", name)
    return name if plain else f"column-{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)
