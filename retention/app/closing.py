"""An account ends with what its owner let go: asked before, recorded after (`requests.closing`)."""

from __future__ import annotations

from datetime import datetime

from retention.app.context import Context
from retention.app.inbox import record_event
from retention.app.lives import bounds_of, has_life, life_of, record_move
from retention.app.starts import start_of
from retention.model.ids import CaseId
from retention.model.request import RequestState
from retention.model.request_moves import Asked, Wait
from retention.requests.closing import ending

_CLOSED = "account.closed"


def ask_first(context: Context, case_id: CaseId, now: datetime) -> None:
    """Let a request that just arrived wait for the word that the account may end with it, where it would."""
    request = life_of(context, case_id)
    is_new = request.state is RequestState.RECEIVED and Wait.CLOSURE not in request.asked_for
    if is_new and ending(request, bounds_of(context, request, now).mandatory):
        record_move(context, case_id, Asked((Wait.CLOSURE,)), None, now)


def close_account(context: Context, case_id: CaseId, now: datetime) -> None:
    """Record that the account is closed, if it cannot go on without what went; every other clock starts by it.

    Called before the case's key is shredded; again, it is the same event.
    """
    if not has_life(context, case_id):
        return
    request = life_of(context, case_id)
    if ending(request, bounds_of(context, request, now).mandatory, request.decision):
        subject = start_of(context, case_id, "start")
        record_event(context, subject, _CLOSED, event_id=f"{case_id}:{_CLOSED}", occurred_at=now, now=now)
