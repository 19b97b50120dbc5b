"""What facts alone say of a ground, and what a person weighs: `requests.findings` over one person's data and events."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from retention.app.context import Context
from retention.app.deciding import investigate
from retention.app.explaining import explain_subject
from retention.app.lives import life_of
from retention.app.starts import start_of
from retention.clocks import uncorrected
from retention.errors import AmbiguousSubjectError, UnknownSubjectError
from retention.model.ids import CaseId
from retention.model.request import Request
from retention.model.request_moves import Finding
from retention.model.subject import SubjectKey
from retention.model.terms import Ground
from retention.planning.fates import Due, TenantControlled
from retention.requests.findings import Worksheet, leaked, no_longer_needed
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
    digest = context.lookup_digest(subject)
    events = context.ledger.events.of_kinds((_BREACH,), subject.name)
    reached = [e for e in uncorrected(events) if e.subject_digest == digest and e.occurred_at <= now]
    any_leak = terms is not None and Ground.ANY_LEAK in terms.grounds
    return leaked([False for _ in reached], any_leak=any_leak)


def weigh(context: Context, case_id: CaseId, worksheet: Worksheet, now: datetime) -> Request:
    """Record what a person weighed: the worksheet lies with the papers, and its outcome is the finding.

    Raises:
        StateError, RefusedError: it is not to be looked into now (see `requests.lifecycle`).

    """
    needs = sorted(need.value for need in worksheet.needs)
    report = json.dumps({"harm-likely": worksheet.harm_likely, "needs": needs}, sort_keys=True).encode()
    return investigate(context, case_id, worksheet.finding, report, by=worksheet.by, now=now)
