"""`/v1/orders`: what processors have to do, and their word that they did."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from retention.api.calls import KeyHeader, Once, answer, perform
from retention.api.shapes import Acknowledgement, OrderList, OrderNumber, OrderShape
from retention.api.visiting import Visit, allow
from retention.model.access import Answer, Role
from retention.model.ids import OrderId, SystemId

router = APIRouter(prefix="/v1/orders", tags=["processors"])


@router.get("", response_model=OrderList)
def list_orders(
    visit: Annotated[Visit, allow(Role.OPERATOR, Role.APPROVER, Role.AUDITOR, Role.PROCESSOR)],
) -> OrderList:
    """List orders, earliest due first; a processor sees its own."""
    return OrderList(orders=_orders(visit))


@router.post("/{order_id}/acknowledgement", response_model=OrderShape)
def acknowledge(
    visit: Annotated[Visit, allow(Role.PROCESSOR)],
    order_id: Annotated[OrderNumber, Path()],
    body: Acknowledgement,
    key: KeyHeader,
) -> Response:
    """Take the processor's answer to one of its orders; evidence says that it came over its token."""

    def act(once: Once) -> Answer:
        processor = SystemId(visit.token.name)
        visit.app.acknowledge_own(OrderId(order_id), processor, body.answer, body.reason, once.now)
        return answer(200, next(shape for shape in _orders(visit) if shape.order_id == order_id))

    return perform(visit, key, body, act)


def _orders(visit: Visit) -> list[OrderShape]:
    own = visit.token.name if visit.token.role is Role.PROCESSOR else None
    tasks = (task for task in visit.app.tasks(visit.now) if own in {None, task.processor})
    return [OrderShape.of(task) for task in tasks]
