"""`/v1/requests`: a person asks."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from retention.api.calls import Headers, KeyHeader, Once, perform
from retention.api.resources.cases import Before, changed, listed, shown
from retention.api.shapes import CaseList, CaseNumber, CaseShape, Decision, Opening, Proof
from retention.api.visiting import Visit, allow
from retention.app.repeats import opened_before, planned_before
from retention.errors import InputError, Problem
from retention.model.access import Act, Answer, Role
from retention.model.case import Case, CaseKind
from retention.model.ids import CaseId
from retention.model.terms import Right

router = APIRouter(prefix="/v1/requests", tags=["requests"])

Operator = Annotated[Visit, allow(Role.OPERATOR)]
Reader = Annotated[Visit, allow(Role.OPERATOR, Role.APPROVER, Role.AUDITOR)]
CaseInPath = Annotated[CaseNumber, Path()]


@router.post("", status_code=201, response_model=CaseShape)
def open_request(visit: Operator, body: Opening, key: KeyHeader) -> Response:
    """Open a case. Its number is all that is ever shown of the person."""

    def act(once: Once) -> Answer:
        case_id = CaseId(once.number("C"))
        before = opened_before(visit.app.context, case_id) if once.again else None
        visit.app.access.note(case_id, Act.OPENED, visit.token, once.now)
        case = before or visit.app.open_request(
            str(body.subject), body.channel, once.now, body.regime, right=Right(body.right), case_id=case_id
        )
        return shown(visit, case, 201)

    return perform(visit, key, body, act)


@router.get("", response_model=CaseList)
def list_requests(
    visit: Reader,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Before = "",
) -> CaseList:
    """List requests, newest first."""
    return listed(visit, CaseKind.REQUEST, limit, before)


@router.post("/{case_id}/identity", response_model=CaseShape)
def identify(visit: Operator, case_id: CaseInPath, body: Proof, sent: Headers) -> Response:
    """Note that the requester's identity was proven, by what kind of document."""

    def act(once: Once) -> Case:
        visit.app.access.note(CaseId(case_id), Act.IDENTIFIED, visit.token, once.now)
        return visit.app.identify(CaseId(case_id), body.document, once.now)

    return changed(visit, CaseId(case_id), sent, body, act)


@router.post("/{case_id}/decision", response_model=CaseShape)
def decide(visit: Operator, case_id: CaseInPath, body: Decision, sent: Headers) -> Response:
    """Accept or deny: a person decides, never a program."""

    def act(once: Once) -> Case:
        if (body.reason is None) is (body.decision == "deny"):
            problem = Problem(where="body.reason", expected="a code with `deny`, none with `accept`", found="the other")
            raise InputError("a refusal needs a ground, and an acceptance none", problems=(problem,))
        visit.app.access.note(CaseId(case_id), Act.DECIDED, visit.token, once.now)
        if body.reason is None:
            return visit.app.accept(CaseId(case_id), once.now)
        return visit.app.deny(CaseId(case_id), body.reason, once.now)

    return changed(visit, CaseId(case_id), sent, body, act)


@router.post("/{case_id}/plan", response_model=CaseShape)
def plan(visit: Operator, case_id: CaseInPath, sent: Headers) -> Response:
    """Plan what was asked for. The plan waits for an approver; its number stands in the case."""

    def act(once: Once) -> Case:
        visit.app.access.note(CaseId(case_id), Act.PLANNED, visit.token, once.now)
        if not (once.again and planned_before(visit.app.context, CaseId(case_id), once.now)):
            visit.app.plan_request(CaseId(case_id), once.now)
        return visit.app.context.ledger.cases.get(CaseId(case_id))

    return changed(visit, CaseId(case_id), sent, None, act)
