"""What facts alone say of a ground: `requests.findings` over one person's data and events."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from retention.app.context import Context
from retention.app.explaining import explain_subject
from retention.app.lives import life_of
from retention.app.starts import start_of
from retention.clocks import uncorrected
from retention.errors import AmbiguousSubjectError, UnknownSubjectError
from retention.grammar import OVERUSED
from retention.model.ids import CaseId
from retention.model.request import Request
from retention.model.request_moves import Finding
from retention.model.subject import SubjectKey
from retention.model.terms import Ground
from retention.planning.fates import Due, TenantControlled
from retention.requests.findings import leaked, no_longer_needed
from retention.requests.offered import offered

_BREACH = "breach.confirmed"


def facts(context: Context, case_id: CaseId, now: datetime) -> Mapping[Ground, Finding]:
    """Return the grounds that facts alone show, without a person's judgement; nothing is recorded.

    Raises:
        UnknownNameError, StateError: there is no such request, or its key is shredded.

    """
    request = life_of(context, case_id)
    subject = start_of(context, case_id, "start")
    found = {
        Ground.NO_LONGER_NEEDED: _needed(context, request, subject, now),
        Ground.ANY_LEAK: _leaked(context, request, subject, now),
        Ground.OUT_OF_PURPOSE: _overused(context, subject, now),
    }
    return {ground: finding for ground, finding in found.items() if finding is Finding.FOUNDED}


def _needed(context: Context, request: Request, subject: SubjectKey, now: datetime) -> Finding | None:
    """Judge by what the clocks say of every field: one that is not due is needed, or a law keeps it."""
    try:
        lines = explain_subject(context, subject, now).lines
    except (UnknownSubjectError, AmbiguousSubjectError):
        return None
    asked = [line for line in lines if not request.items or line.category in request.items]
    own = [line for line in asked if not isinstance(line.fate, TenantControlled)]
    ended = dict.fromkeys((str(line.category) for line in own), True)
    for line in own:
        ended[line.category] &= isinstance(line.fate, Due)
    return no_longer_needed(ended)


def _leaked(context: Context, request: Request, subject: SubjectKey, now: datetime) -> Finding:
    """Judge by the breaches recorded about the person; whether one had to be reported is a person's finding."""
    terms = offered(request.right, context.policy.terms.rights)
    reached = _happened(context, _BREACH, subject, now)
    any_leak = terms is not None and Ground.ANY_LEAK in terms.grounds
    return leaked([False] * reached, any_leak=any_leak)


def _overused(context: Context, subject: SubjectKey, now: datetime) -> Finding | None:
    """Judge by the uses beyond the purpose that were recorded about the person (see `overuse`)."""
    return Finding.FOUNDED if _happened(context, OVERUSED, subject, now) else None


def _happened(context: Context, kind: str, subject: SubjectKey, now: datetime) -> int:
    """Count the events of the kind that stand about the person."""
    digest = context.lookup_digest(subject)
    events = uncorrected(context.ledger.events.of_kinds((kind,), subject.name))
    return sum(event.subject_digest == digest and event.occurred_at <= now for event in events)
