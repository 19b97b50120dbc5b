"""A person decides what becomes of a request: what was found, refusal, more time, another desk, or nothing any more."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from retention.app.context import Context
from retention.app.deferring import alternative_of, keep_promise
from retention.app.lives import bounds_of, digest_of, has_life, life_of, record_move
from retention.app.papers import OTHER, destroy_papers, keep_paper
from retention.app.records import move
from retention.app.requesting import follow_due
from retention.app.requests import decided, deny
from retention.app.restricting import place
from retention.app.starts import start_of
from retention.app.weighing import facts
from retention.errors import InputError, Problem, StateError
from retention.model.case import Case, CaseState
from retention.model.ids import CaseId
from retention.model.request import Request, RequestState
from retention.model.request_moves import (
    Extended,
    Finding,
    Granted,
    GrantedInPart,
    Investigated,
    Lengthening,
    Measure,
    Redirected,
    Refused,
    RefusedItem,
    Withdrawn,
)
from retention.model.terms import Refusal, Right
from retention.requests.findings import Worksheet

_STANDING = frozenset({CaseState.OPEN, CaseState.PLANNED, CaseState.APPROVED, CaseState.REJECTED})
"""Nothing of the case has been carried out yet."""


def investigate(
    context: Context, case_id: CaseId, finding: Finding, report: bytes | None, *, by: str, now: datetime
) -> Request:
    """Note what was found; after a grant that was not carried out, it takes the grant back."""
    case = context.ledger.cases.get(case_id)
    if case.state not in _STANDING:
        raise StateError(f"{case_id} is {case.state.value}: it is carried out already, or being so")
    digest = None if report is None else keep_paper(context, case_id, OTHER, report, by=by, now=now).digest
    request = record_move(context, case_id, Investigated(finding, digest), by, now)
    state = CaseState.PLANNED if case.state is CaseState.APPROVED else case.state
    context.ledger.cases.replace(replace(case, decided_at=None, state=state))
    return request


def weigh(context: Context, case_id: CaseId, worksheet: Worksheet, now: datetime) -> Request:
    """Record what a person weighed: the worksheet lies with the papers, and its outcome is the finding.

    Raises:
        StateError, RefusedError: it is not to be looked into now (see `requests.lifecycle`).

    """
    needs = sorted(need.value for need in worksheet.needs)
    report = json.dumps({"harm-likely": worksheet.harm_likely, "needs": needs}, sort_keys=True).encode()
    return investigate(context, case_id, worksheet.finding, report, by=worksheet.by, now=now)


def grant(
    context: Context,
    case_id: CaseId,
    *,
    by: str,
    now: datetime,
    refused: Sequence[RefusedItem] = (),
    instead: Measure | None = None,
) -> Case:
    """Decide that the request is carried out, but for the categories that are refused; a person decides.

    A tenant's instruction has no life of its own: its case is decided alone.

    Raises:
        InputError: the policy knows no such category.
        IdentityError, StateError, RefusedError: the life does not allow it now (see `requests.lifecycle`).

    """
    if not has_life(context, case_id):
        return decided(context, case_id, now)
    unknown = [item.item for item in refused if item.item not in context.policy.categories]
    if unknown:
        expected = f"categories of the policy ({', '.join(sorted(context.policy.categories))})"
        problem = Problem(where="--refuse", expected=expected, found=f"`{unknown[0][:30]}`")
        raise InputError("it cannot be refused in part", problems=(problem,))
    _find_by_facts(context, life_of(context, case_id), now)
    items = frozenset(item.item for item in refused)
    alternative = None if instead is None else alternative_of(context, case_id, instead, items, now)
    decision = GrantedInPart(tuple(refused), alternative) if refused else Granted()
    request = record_move(context, case_id, decision, by, now)
    keep_promise(context, request, now)
    case = context.ledger.cases.get(case_id)
    # a complaint is answered without proof of who complains: the case road begins with an identity all the same
    case = replace(case, decided_at=now, identified_at=case.identified_at or now)
    context.ledger.cases.replace(case)
    if case.right is Right.RESTRICTION:
        place(context, case_id, start_of(context, case_id), now)
    return case


def _find_by_facts(context: Context, request: Request, now: datetime) -> None:
    """Let facts be the finding that has to come first, if they show the ground that the person gives."""
    if request.finding is not None or request.decision is not None or request.ground is None:
        return
    ready = request.is_identified and not request.waiting_for and bounds_of(context, request, now).finding_first
    if ready and request.ground in facts(context, request.case_id, now):
        record_move(context, request.case_id, Investigated(Finding.FOUNDED), None, now)


def refuse(
    context: Context,
    case_id: CaseId,
    reasons: Sequence[Refusal],
    *,
    by: str,
    now: datetime,
    explanation: bytes | None = None,
    instead: Measure | None = None,
) -> Request:
    """Refuse the request: a person, with reasons; the case ends with the denial as evidence.

    `explanation` is what the person is told in words (APPI art. 36), `instead` the measure in place of what was asked.

    Raises:
        StateError, RefusedError: these reasons do not stand here and now (see `requests.lifecycle`), or no law's
            period ends, so that nothing can be promised.

    """
    digest = None if explanation is None else digest_of(context, explanation)
    before = life_of(context, case_id)
    if isinstance(before.decision, Refused) and before.decision.reasons == tuple(reasons):
        request = before  # called again after a crash
    else:
        alternative = None if instead is None else alternative_of(context, case_id, instead, None, now)
        request = record_move(context, case_id, Refused(tuple(reasons), digest, alternative), by, now)
    keep_promise(context, request, now)
    _end(context, case_id, reasons[0].value, now)
    return request


def extend(
    context: Context, case_id: CaseId, regime: str, reason: Lengthening, letter: bytes, *, by: str, now: datetime
) -> Request:
    """Put a law's date off to its latest: the person was told why, with this letter, within the first period.

    Raises:
        RefusedError: the law does not let it be put off, or the person is told too late.

    """
    clock = next((clock for clock in life_of(context, case_id).clocks if clock.regime == regime), None)
    until = clock.longest_on if clock is not None and clock.longest_on is not None else now.date()
    request = record_move(context, case_id, Extended(regime, until, reason, digest_of(context, letter)), by, now)
    return follow_due(context, request)


def redirect(context: Context, case_id: CaseId, whom: str, letter: bytes | None, *, by: str, now: datetime) -> Request:
    """Note that the person was told whom to ask: nothing was touched, and the papers go."""
    digest = None if letter is None else digest_of(context, letter)
    record_move(context, case_id, Redirected(whom, digest), by, now)
    _end(context, case_id, "redirected", now)
    return destroy_papers(context, case_id, now)


def withdraw(context: Context, case_id: CaseId, by: str | None, now: datetime) -> Request:
    """Note that the requester wants nothing any more; the papers go.

    Raises:
        StateError: it is being carried out, or over.

    """
    case = context.ledger.cases.get(case_id)
    if case.state not in _STANDING | {CaseState.DENIED}:
        raise StateError(f"{case_id} is {case.state.value}: it is carried out already, or being so")
    record_move(context, case_id, Withdrawn(), by, now)
    _end(context, case_id, "withdrawn", now)
    return destroy_papers(context, case_id, now)


def finish(context: Context, case_id: CaseId, now: datetime) -> Request:
    """End what a process left that died after a request was redirected, withdrawn or answered: case and papers."""
    ended = {RequestState.WITHDRAWN: "withdrawn", RequestState.REDIRECTED: "redirected"}
    code = ended.get(life_of(context, case_id).state)
    if code is not None and context.ledger.cases.get(case_id).state is not CaseState.DENIED:
        _end(context, case_id, code, now)
    return destroy_papers(context, case_id, now)


def _end(context: Context, case_id: CaseId, code: str, now: datetime) -> None:
    """End the case of what will not be carried out, with its plan if it has one."""
    if context.ledger.cases.get(case_id).state in (CaseState.APPROVED, CaseState.REJECTED):
        move(context, case_id, CaseState.PLANNED)
    deny(context, case_id, code, now)
