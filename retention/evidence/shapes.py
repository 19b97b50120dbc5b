"""What may stand in a statement: enums, patterns, counts, truth values and instants. No free text anywhere.

`KINDS` is the only list of kinds and their fields: statements are checked against it before they
are signed, and docs/evidence/erasure-v1.schema.json is made from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from retention.evidence.canonical import Json
from retention.evidence.shape import Choice, Count, Flag, Listed, Maybe, Record, Shape, Text, schema
from retention.grammar import OPENINGS
from retention.model.approval_facts import REJECTIONS

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
READMISSIONS = (*sorted(OPENINGS), "new-account", "new-contract", "new-consent", "legal-duty", "mistaken-erasure")
"""Why somebody who was erased is here again as he may be: by which event, or by whose word."""
PREDICATE_TYPE = "https://retention.example/attestation/erasure/v1"


_WORD = r"_{0,2}[A-Za-z][A-Za-z0-9_-]{0,62}"
_DIGEST = Text(r"[0-9a-f]{64}")
_INSTANT = Text(r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9](?:\.[0-9]{6})?Z")
_DAY = Text(r"[0-9]{4}-[01][0-9]-[0-3][0-9]")
_CASE = Text(r"C-[0-9]{8}-[0-9a-z]{4,12}")
_PLAN = Text(r"P-[0-9A-Za-z-]{1,62}")
_NAME = Text(_WORD)
_ID = Text(rf"(?:[0-9]{{1,4}}[_-]?)?{_WORD}")
_DATASET = Text(rf"{_ID.pattern}(?:\.{_ID.pattern}){{0,4}}")
_STEP = Text(rf"[0-9]{{2,6}}-[a-z]+-{_DATASET.pattern}")
_COPY = Text(r"[a-z][A-Za-z0-9_-]{0,62}(?:[/.][A-Za-z0-9_:-]{1,62}){0,6}")
_CODE = Text(r"[a-z][a-z0-9]*(?:[._-][a-z0-9]+){0,12}")
_ORDER = Text(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_STAFF = Text(r"(?:h:)?[0-9a-f]{20,64}")
_KEY_CHECK = Text(r"[0-9a-f]{16}")

_EFFECT = Record(
    {
        "rows": Count(),
        "rowsSuppressed": Count(),
        "objectsRewritten": Count(),
        "versionsRemoved": Count(),
        "markersRemoved": Count(),
        "residues": Listed(Record({"what": _COPY, "until": _INSTANT})),
    }
)


def _disposal(**more: Shape) -> Mapping[str, Shape]:
    return {
        "stepId": _STEP,
        "planDigest": _DIGEST,
        **more,
        "dataset": _DATASET,
        "rules": Listed(_ID),
        "statutes": Listed(_CODE),
        "rowsPlanned": Count(),
        "effect": _EFFECT,
        "startedAt": _INSTANT,
        "finishedAt": _INSTANT,
        "resumed": Flag(),
    }


KINDS: Mapping[str, Mapping[str, Shape]] = MappingProxyType(
    {
        "planned": {"planId": _PLAN, "planDigest": _DIGEST, "steps": Count(), "subjects": Count()},
        "approval": {"planId": _PLAN, "planDigest": _DIGEST, "approverRef": _STAFF, "standing": Flag()},
        "rejection": {
            "planId": _PLAN,
            "planDigest": _DIGEST,
            "approverRef": _STAFF,
            "reason": Choice(REJECTIONS),
        },
        "notApproved": {
            "planId": _PLAN,
            "planDigest": _DIGEST,
            "approverRef": Maybe(_STAFF),
            "reason": Choice(
                ("own-plan", "no-role", "same-person", "other-digest", "replaced", "changed", "timed-out"),
            ),
        },
        "deletion": _disposal(action=Choice(("erase", "redact"))),
        "anonymize": _disposal(action=Choice(("anonymize",))),
        "pseudonymize": _disposal(domain=_NAME, keyRef=_DIGEST),
        "suspension": {
            "stepId": _STEP,
            "planDigest": _DIGEST,
            "dataset": _DATASET,
            "state": Choice(("suspended", "lifted")),
            "rules": Listed(_ID),
            "statutes": Listed(_CODE),
            "rows": Count(),
            "until": Maybe(_INSTANT),
            "reason": Maybe(Choice(("cured", "ground-over", "unfounded", "withdrawn"))),
            "deciderRef": Maybe(_STAFF),
        },
        "disclosure": {
            "stepId": _STEP,
            "planDigest": _DIGEST,
            "dataset": _DATASET,
            "right": Choice(("disclosure", "provision-record-disclosure", "purpose-notification", "portability")),
            "state": Choice(("read", "delivered", "gone")),
            "rows": Count(),
            "columns": Count(),
            "masked": Count(),
            "statutes": Listed(_CODE),
            "contentDigest": _DIGEST,
            "until": Maybe(_INSTANT),
        },
        "verification": {
            "planDigest": _DIGEST,
            "dataset": _DATASET,
            "passed": Flag(),
            "rowsBefore": Count(),
            "rowsAfter": Count(),
            "residual": Count(),
            "expectedDigest": _DIGEST,
            "foundDigest": _DIGEST,
            "smallestClass": Maybe(Count()),
            "expectations": Count(),
            "suiteDigest": _DIGEST,
        },
        "processorAck": {
            "orderId": _ORDER,
            "processor": _NAME,
            "state": Choice(
                ("pending", "manual", "completed", "partial", "refused", "unreachable", "best-effort"),
            ),
            "reason": Maybe(_CODE),
            "proof": Choice(("signature", "channel", "link", "nobody")),
            "bodyDigest": _DIGEST,
            "keyId": Maybe(_DIGEST),
            "receivedAt": _INSTANT,
        },
        "processorProbe": {"orderId": _ORDER, "processor": _NAME, "found": Flag()},
        "orderNote": {
            "orderId": _ORDER,
            "processor": _NAME,
            "note": Choice(("asked", "reminded", "escalated", "accepted")),
            "deciderRef": Maybe(_STAFF),
        },
        "processorContract": {
            "processor": _NAME,
            "role": Choice(("cloud", "outsourcer", "third-party", "authority", "analytics", "llm")),
            "contractedOn": Maybe(_DAY),
            "ndaOn": Maybe(_DAY),
            "supervisedOn": Maybe(_DAY),
            "country": Maybe(Text(r"[A-Z]{2}")),
            "transfer": Maybe(Choice(("adequacy", "scc", "equivalent", "consent", "none"))),
            "subprocessors": Listed(_NAME),
        },
        "copyRemains": {
            "system": _NAME,
            "what": _COPY,
            "until": Maybe(_INSTANT),
            "why": Choice(
                (
                    *("declared", "store", "lifecycle-rule", "retention-period", "object-lock", "vault-lock"),
                    *("legal-hold", "no-expiry", "late"),
                )
            ),
        },
        "beyondUse": {
            "system": _NAME,
            "noDecisions": Flag(),
            "noAccess": Flag(),
            "secured": Flag(),
            "willDelete": Flag(),
            "attesterRef": _STAFF,
            "attestedAt": _INSTANT,
        },
        "backupExpired": {"system": _NAME, "copyId": _COPY},
        "kept": {
            "planDigest": _DIGEST,
            "dataset": _DATASET,
            "fields": Listed(_DATASET),
            "rows": Count(),
            "holdId": _ID,
            "statute": _CODE,
            "until": Maybe(_INSTANT),
        },
        "denial": {"reason": _CODE},
        "keyDestroyed": {"keyRef": _DIGEST, "checkValue": _KEY_CHECK},
        "subjectsCommitted": {
            "planDigest": _DIGEST,
            "count": Count(),
            "commitRoot": _DIGEST,
            "scheme": Choice(("hmac-sha256-salted/v1",)),
            "epoch": Text(r"[0-9]{4}"),
            "openingsDestroyAt": _INSTANT,
        },
        "holdPlaced": {
            "holdId": _ID,
            "reason": Choice(("litigation", "dispute", "investigation", "authority-order")),
        },
        "holdReleased": {"holdId": _ID},
        "restoreReplayed": {"system": _NAME, "suppressions": Count(), "found": Count()},
        "correction": {
            "supersedes": _DIGEST,
            "reason": Choice(("wrong-count", "wrong-time", "wrong-scope", "not-done", "other")),
            "replacedBy": Maybe(_DIGEST),
        },
        "canary": {
            "canaryRef": _DIGEST,
            "state": Choice(("planted", "absent", "survived")),
            "lookedIn": Count(),
            "survivedIn": Listed(_DATASET),
        },
        "identityDecision": {
            "question": _DIGEST,
            "answer": Choice(("together", "apart")),
            "datasets": Listed(_DATASET),
            "values": Count(),
            "rows": Count(),
            "deciderRef": _STAFF,
        },
        "mapLook": {
            "planDigest": Maybe(_DIGEST),
            "dataset": _DATASET,
            "passed": Flag(),
            "expectations": Count(),
            "failed": Count(),
            "suiteDigest": _DIGEST,
        },
        "restoreGate": {
            "system": _NAME,
            "verdict": Choice(("open", "shut")),
            "suppressions": Count(),
            "found": Count(),
            "lookedIn": Count(),
            "missing": Listed(_DATASET),
            "findings": Listed(_CODE),
        },
        "rescan": {
            "round": Text(r"asked|P(?:[0-9]{1,6}[YMD]){1,3}"),
            "dueAt": _INSTANT,
            "state": Choice(("clean", "returned", "erased")),
            "late": Flag(),
            "lookedIn": Count(),
            "keys": Count(),
            "found": Count(),
            "foundIn": Listed(
                Record({"dataset": _DATASET, "rows": Count(), "since": Maybe(_INSTANT), "sources": Listed(_NAME)})
            ),
            "returnCase": Maybe(_CASE),
        },
        "readmission": {
            "reason": Choice(READMISSIONS),
            "statutes": Listed(_CODE),
            "keys": Count(),
            "erasedAt": _INSTANT,
            "deciderRef": Maybe(_STAFF),
        },
        "mediaSanitized": {
            "medium": _NAME,
            "method": Choice(("clear", "purge", "destroy")),
            "tool": _NAME,
            "sanitizedAt": _INSTANT,
            "operatorRef": _STAFF,
            "verifierRef": _STAFF,
        },
        "papersDestroyed": {"kinds": Listed(_CODE), "digests": Listed(_DIGEST), "checkValue": _KEY_CHECK},
        "batchShare": {
            "planDigest": _DIGEST,
            "batch": _CASE,
            "done": Listed(
                Record(
                    {
                        "stepId": _STEP,
                        "dataset": _DATASET,
                        "action": Choice(("erase", "redact", "anonymize", "pseudonymize")),
                        "rows": Count(),
                    }
                )
            ),
            "kept": Listed(
                Record(
                    {
                        "dataset": _DATASET,
                        "fields": Listed(_DATASET),
                        "rows": Count(),
                        "holdId": _ID,
                        "statute": _CODE,
                        "until": Maybe(_INSTANT),
                    }
                )
            ),
            "orders": Listed(_ORDER),
        },
        "logIndex": {"entries": Count(), "keys": Count(), "root": _DIGEST},
    }
)
"""Kind → its own fields, beside `kind`, `statementId`, `caseId` and `at`."""

OF_NO_CASE = frozenset({"holdPlaced", "holdReleased", "keyDestroyed", "canary", "mapLook", "logIndex"})
"""Kinds that may stand without a case."""

_SUBJECT = Record(
    {
        "name": Text(rf"urn:retention:(?:plan|order|statement|dataset:{_DATASET.pattern})"),
        "digest": Record({"sha256": _DIGEST}),
    }
)
_DATASET_SUBJECT = Record({**_SUBJECT.fields, "digest": Record({"rowSetSha256": _DIGEST})})


def statement_shape(kind: str) -> Record:
    """Return the shape of a whole statement of the kind."""
    about = _DATASET_SUBJECT if kind == "verification" else _SUBJECT
    case = Maybe(_CASE) if kind in OF_NO_CASE else _CASE
    head: dict[str, Shape] = {"kind": Choice((kind,)), "statementId": _DIGEST, "caseId": case, "at": _INSTANT}
    return Record(
        {
            "_type": Choice((STATEMENT_TYPE,)),
            "predicateType": Choice((PREDICATE_TYPE,)),
            "subject": Listed(about),
            "predicate": Record({**head, **KINDS[kind]}),
        }
    )


def json_schema() -> Json:
    """Return the JSON Schema (2020-12) of all statements."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{PREDICATE_TYPE}/schema.json",
        "title": "Statement of one fact of an erasure: enums, patterns and counts only",
        "oneOf": [schema(statement_shape(kind)) for kind in KINDS],
    }
