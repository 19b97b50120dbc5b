"""An export comes before the erasure where the policy promises it: what is gone cannot be handed over."""

from __future__ import annotations

from datetime import datetime

from retention.app.context import Context
from retention.app.disclosing import offers_export
from retention.app.lives import life_of
from retention.app.requesting import Arrival, receive
from retention.app.requests import wait_for_export
from retention.app.starts import start_of
from retention.errors import StateError
from retention.model.case import Case, CaseState
from retention.model.ids import CaseId
from retention.model.terms import Right


def open_export_first(context: Context, case_id: CaseId, now: datetime) -> Case:
    """Open the request whose export is made before an erasure, by the same key; the erasure waits for it (UMU-21).

    A repeat returns the case that is there.

    Raises:
        StateError: the policy promises no export, or the case is no erasure that could wait.

    """
    erasure, life = context.ledger.cases.get(case_id), life_of(context, case_id)
    if not offers_export(context):
        raise StateError("the policy promises nobody an export", hint="it needs `portability` under `requests: rights`")
    if erasure.right not in (None, Right.ERASURE) or erasure.state is not CaseState.OPEN:
        raise StateError(f"{case_id} is no open erasure; nothing waits for an export")
    arrival = Arrival(
        subject=start_of(context, case_id, "start"),
        channel=life.channel,
        right=Right.PORTABILITY,
        regime=erasure.regime,
        filer=life.filer,
        language=life.language,
        reach=life.reach,
        submission=f"export before {case_id}",
    )
    first = receive(context, arrival, now)
    wait_for_export(context, case_id, first.case_id)
    return first
