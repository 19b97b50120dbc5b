"""A tenant's instruction: whether it stands, and for whom (APPI art. 25; GDPR art. 28(3)(a))."""

from __future__ import annotations

from datetime import datetime

from retention.app.context import Context
from retention.clocks import started_at, uncorrected
from retention.errors import InputError, Problem, RefusedError
from retention.model.case import CaseState
from retention.model.event import Event
from retention.model.ids import CaseId
from retention.model.subject import SubjectKey

RECEIVED = "instruction.received"
_CONTRACT = ("contract.ended", "contract.started")
_UNUSED = (CaseState.DENIED, CaseState.REJECTED)


def check_instruction(context: Context, tenant: SubjectKey, instruction_id: str, now: datetime) -> None:
    """Return if the tenant gave this instruction, within its contract.

    Raises:
        InputError: no such instruction of this tenant stands in the inbox.
        RefusedError: the tenant's contract has not begun, or is over.

    """
    digest = context.lookup_digest(tenant)
    received = (event for event in _of_tenant(context, (RECEIVED,), tenant.name, digest) if event.occurred_at <= now)
    if instruction_id not in {event.event_id for event in received if event.kind == RECEIVED}:
        problem = Problem(
            where="--instruction",
            expected=f"the id of an event `{RECEIVED}` about this tenant, not withdrawn",
            found="none in the inbox",
            hint="retention event record instruction.received --subject KEY=TENANT --id ID",
        )
        raise InputError("nobody has instructed this", problems=(problem,))
    contract = _of_tenant(context, _CONTRACT, tenant.name, digest)
    begun = started_at(contract, "contract.started", now)
    if begun is None or started_at(contract, "contract.ended", now) is not None:
        found = "has not begun" if begun is None else "has ended"
        raise RefusedError(
            f"the tenant's contract {found}: an instruction is good within its contract only",
            hint="record contract.started, or let the rule that starts with contract.ended run",
        )


def refuse_used(context: Context, instruction_id: str, case_id: CaseId | None = None) -> None:
    """Refuse an instruction on which another case than the one given rests.

    Raises:
        RefusedError: one instruction is about one person.

    """
    for case in context.ledger.cases.all():
        if case.instruction == instruction_id and case.case_id != case_id and case.state not in _UNUSED:
            raise RefusedError(
                f"case {case.case_id} rests on this instruction already",
                hint="record an instruction of its own for each person",
            )


def tenants_behind(context: Context) -> dict[str, tuple[str, str]]:
    """Return instruction → (tenant's key name, its digest under the look-up key), for all instructions."""
    received = context.ledger.events.of_kinds((RECEIVED,))
    return {event.event_id: (event.key_name, event.subject_digest) for event in received if event.kind == RECEIVED}


def _of_tenant(context: Context, kinds: tuple[str, ...], key_name: str, digest: str) -> tuple[Event, ...]:
    events = (e for e in context.ledger.events.of_kinds(kinds, key_name) if e.subject_digest == digest)
    return tuple(uncorrected(events))
