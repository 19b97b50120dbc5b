"""`/v1/requests`: a person asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from retention.api.calls import Headers, KeyHeader, Once, perform
from retention.api.resources.cases import Before, changed, listed, shown
from retention.api.shapes import (
    CaseList,
    CaseNumber,
    CaseShape,
    Decision,
    Found,
    Opening,
    Proof,
    Redirection,
    RequestShape,
    Waiting,
)
from retention.api.visiting import Visit, allow
from retention.app import Arrival
from retention.app.repeats import planned_before
from retention.errors import InputError, Problem
from retention.model.access import Act, Answer, Role
from retention.model.case import Case, CaseKind
from retention.model.ids import CaseId, CategoryId
from retention.model.request_moves import RefusedItem

router = APIRouter(prefix="/v1/requests", tags=["requests"])

Operator = Annotated[Visit, allow(Role.OPERATOR)]
Reader = Annotated[Visit, allow(Role.OPERATOR, Role.APPROVER, Role.AUDITOR)]
CaseInPath = Annotated[CaseNumber, Path()]


@router.post("", status_code=201, response_model=CaseShape)
def open_request(visit: Operator, body: Opening, key: KeyHeader) -> Response:
    """Open a case. Its number is all that is ever shown of the person. The same key again is the same request."""

    def act(once: Once) -> Answer:
        case = visit.app.receive(_arrival(visit, body, key), once.now)
        visit.app.access.note(case.case_id, Act.OPENED, visit.token, once.now)
        return shown(visit, case, 201)

    return perform(visit, key, body, act)


def _arrival(visit: Visit, body: Opening, key: str) -> Arrival:
    return Arrival(
        subject=visit.app.subject_of(str(body.subject)),
        channel=body.channel,
        right=body.right,
        regime=body.regime,
        received_at=body.received_at,
        filer=body.filer,
        language=body.language,
        reach=body.reply,
        address=body.address,
        items=tuple(CategoryId(item) for item in body.items),
        ground=body.ground,
        submission=f"{visit.token.scope}:{key}",
    )


@router.get("", response_model=CaseList)
def list_requests(visit: Reader, limit: Annotated[int, Query(ge=1, le=200)] = 50, before: Before = "") -> CaseList:
    """List requests, newest first."""
    return listed(visit, CaseKind.REQUEST, limit, before)


@router.get("/{case_id}", response_model=RequestShape)
def show_request(visit: Reader, case_id: CaseInPath) -> RequestShape:
    """Show where a request is in its life; `/v1/cases/{case_id}` shows the case that carries it out."""
    return RequestShape.of(visit.app.request(CaseId(case_id)))


@router.post("/{case_id}/identity", response_model=CaseShape)
def identify(visit: Operator, case_id: CaseInPath, body: Proof, sent: Headers) -> Response:
    """Note that the requester's identity was proven, by what kind of document."""

    def act(number: CaseId, once: Once) -> None:
        visit.app.access.note(number, Act.IDENTIFIED, visit.token, once.now)
        visit.app.identify(number, body.document, once.now, by=visit.name, authority=body.authority)

    return _moved(visit, case_id, sent, body, act)


@router.post("/{case_id}/decision", response_model=CaseShape)
def decide(visit: Operator, case_id: CaseInPath, body: Decision, sent: Headers) -> Response:
    """Accept, in whole or in part, or deny with reasons: a person decides, never a program."""

    def act(number: CaseId, once: Once) -> None:
        _check_reasons(body)
        visit.app.access.note(number, Act.DECIDED, visit.token, once.now)
        if body.decision == "accept":
            left_out = [RefusedItem(CategoryId(each.item), tuple(each.reasons)) for each in body.left_out]
            visit.app.accept(number, once.now, by=visit.name, refused=left_out, instead=body.instead)
        else:
            words = None if body.explanation is None else body.explanation.encode()
            visit.app.refuse_case(
                number, body.reasons, once.now, by=visit.name, explanation=words, instead=body.instead
            )

    return _moved(visit, case_id, sent, body, act)


def _check_reasons(body: Decision) -> None:
    """Refuse a denial without reasons, and an acceptance with some.

    Raises:
        InputError: it is one of them.

    """
    if bool(body.reasons) is (body.decision == "accept"):
        problem = Problem(where="body.reasons", expected="codes with `deny`, none with `accept`", found="the other")
        raise InputError("a refusal needs reasons, and an acceptance none", problems=(problem,))


@router.post("/{case_id}/waits", response_model=CaseShape)
def ask(visit: Operator, case_id: CaseInPath, body: Waiting, sent: Headers) -> Response:
    """Note that the requester was asked for something; the day of arrival stays."""
    return _moved(
        visit, case_id, sent, body, lambda number, once: visit.app.ask(number, body.waits, once.now, by=visit.name)
    )


@router.post("/{case_id}/supplies", response_model=CaseShape)
def supply(visit: Operator, case_id: CaseInPath, body: Waiting, sent: Headers) -> Response:
    """Note that what was asked for has come; clocks that stood still go on."""
    return _moved(
        visit, case_id, sent, body, lambda number, once: visit.app.supply(number, body.waits, once.now, by=visit.name)
    )


@router.post("/{case_id}/finding", response_model=CaseShape)
def investigate(visit: Operator, case_id: CaseInPath, body: Found, sent: Headers) -> Response:
    """Note what was found; a decision that was not carried out yet is open again."""

    def act(number: CaseId, once: Once) -> None:
        visit.app.access.note(number, Act.DECIDED, visit.token, once.now)
        visit.app.investigate(number, body.finding, once.now, by=visit.name)

    return _moved(visit, case_id, sent, body, act)


@router.post("/{case_id}/redirection", response_model=CaseShape)
def redirect(visit: Operator, case_id: CaseInPath, body: Redirection, sent: Headers) -> Response:
    """Note that the person was told whom to ask: the data is another's to decide over; nothing is touched."""
    return _moved(
        visit, case_id, sent, body, lambda number, once: visit.app.redirect(number, body.whom, once.now, by=visit.name)
    )


@router.post("/{case_id}/withdrawal", response_model=CaseShape)
def withdraw(visit: Operator, case_id: CaseInPath, sent: Headers) -> Response:
    """Note that the requester wants nothing any more; possible until it is being carried out."""
    return _moved(
        visit, case_id, sent, None, lambda number, once: visit.app.withdraw_request(number, once.now, by=visit.name)
    )


@router.post("/{case_id}/plan", response_model=CaseShape)
def plan(visit: Operator, case_id: CaseInPath, sent: Headers) -> Response:
    """Plan what was asked for. The plan waits for an approver; its number stands in the case."""

    def act(number: CaseId, once: Once) -> None:
        visit.app.access.note(number, Act.PLANNED, visit.token, once.now)
        if not (once.again and planned_before(visit.app.context, number, once.now)):
            visit.app.plan_request(number, once.now)

    return _moved(visit, case_id, sent, None, act)


def _moved(
    visit: Visit,
    case_id: str,
    sent: Headers,
    body: Proof | Decision | Waiting | Found | Redirection | None,
    act: Callable[[CaseId, Once], object],
) -> Response:
    """Do one move, and return the case after it."""
    number = CaseId(case_id)

    def done(once: Once) -> Case:
        act(number, once)
        return visit.app.context.ledger.cases.get(number)

    return changed(visit, number, sent, body, done)
