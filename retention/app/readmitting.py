"""A person decides that somebody who was erased may be here again."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from enum import Enum

from retention.app.context import Context
from retention.errors import StateError
from retention.model.case import CaseKind
from retention.model.copies import Suppression
from retention.model.ids import CaseId
from retention.model.rescan import Readmitted
from retention.model.subject import SubjectKey
from retention.planning.grounds import readmission_statutes
from retention.planning.spotting import Who


class Reason(Enum):
    """On what the person's data rests from now on."""

    ACCOUNT = "new-account"
    CONTRACT = "new-contract"
    CONSENT = "new-consent"
    DUTY = "legal-duty"
    MISTAKE = "mistaken-erasure"


def readmit(context: Context, subject: SubjectKey, reason: Reason, decider: str, now: datetime) -> int:
    """Let somebody come back from now on, by every key that his own request had named; return how many keys.

    Of people whom a sweep erased the cases do not tell which keys belong together: each key is readmitted by itself.

    Raises:
        StateError: he is not among those who must not come back.

    """
    digest = context.suppression_digest(subject)
    entries = tuple(context.ledger.copies.suppressed([(subject.name, digest)], now))
    if not entries:
        raise StateError(
            f"nobody with this {subject.name} is kept out", hint="nothing is to be done: whoever is new may come in"
        )
    reference = context.ledger.secret_reference(decider)
    statutes = readmission_statutes(context.policy.regimes)
    together = _together(context, entries)
    # the statements first: a repeat after a crash records the same, and lifts what is not lifted yet
    for case_id, keys in sorted(together.items()):
        erased_at = max(entry.recorded_at for entry in entries if entry.case_id == case_id)
        context.record(case_id, Readmitted(reason.value, statutes, len(keys), erased_at, reference), now)
    every = frozenset[Who]().union(*together.values())
    context.ledger.copies.lift_suppressions(every, now)
    context.log.publish()
    return len(every)


def _together(context: Context, entries: tuple[Suppression, ...]) -> dict[CaseId, frozenset[Who]]:
    """Return, by case, the keys that are surely one person's."""
    found: dict[CaseId, frozenset[Who]] = defaultdict(frozenset)
    for entry in entries:
        found[entry.case_id] |= {(entry.key_name, entry.digest)}
        if context.ledger.cases.get(entry.case_id).kind is CaseKind.REQUEST:
            mine = context.ledger.copies.suppressions_of([entry.case_id])
            found[entry.case_id] |= {(each.key_name, each.digest) for each in mine}
    return dict(found)
