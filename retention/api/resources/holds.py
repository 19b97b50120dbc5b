"""`/v1/holds`: pause disposal for a person."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from retention.api.calls import KeyHeader, Once, answer, perform
from retention.api.shapes import HoldList, HoldNumber, HoldShape, Placing
from retention.api.visiting import Visit, allow
from retention.app.repeats import released_before
from retention.model.access import Answer, Role
from retention.model.ids import HoldId

router = APIRouter(prefix="/v1/holds", tags=["holds"])

Operator = Annotated[Visit, allow(Role.OPERATOR)]
Reader = Annotated[Visit, allow(Role.OPERATOR, Role.APPROVER, Role.AUDITOR)]


@router.get("", response_model=HoldList)
def list_holds(visit: Reader) -> HoldList:
    """List holds, oldest first."""
    return HoldList(holds=[HoldShape.of(hold) for hold in visit.app.context.ledger.holds.all()])


@router.post("", status_code=201, response_model=HoldShape)
def place_hold(visit: Operator, body: Placing, key: KeyHeader) -> Response:
    """Pause disposal for a person; plans made before no longer apply."""

    def act(once: Once) -> Answer:
        hold = visit.app.place_hold(str(body.subject), body.reason, once.now, HoldId(once.number("H")))
        return answer(201, HoldShape.of(hold))

    return perform(visit, key, body, act)


@router.post("/{hold_id}/release", response_model=HoldShape)
def release_hold(visit: Operator, hold_id: Annotated[HoldNumber, Path()], key: KeyHeader) -> Response:
    """End the pause; what fell due meanwhile is due with the next sweep."""

    def act(once: Once) -> Answer:
        before = released_before(visit.app.context, HoldId(hold_id), once.now) if once.again else None
        return answer(200, HoldShape.of(before or visit.app.release_hold(HoldId(hold_id), once.now)))

    return perform(visit, key, None, act)
