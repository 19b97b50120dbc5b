"""Evidence's own retention: openings, receipts and remainders go; the log holds nothing personal and stays."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from retention.app.context import Context
from retention.app.records import carried_by
from retention.clocks import advance
from retention.errors import RefusedError, UnknownNameError
from retention.execution.sealing import is_shredded, shred_case_key
from retention.model.case import CaseState
from retention.model.facts import KeyDestroyed
from retention.model.ids import CaseId
from retention.ports.vaults import Epoch


@dataclass(frozen=True, slots=True)
class Expired:
    """What evidence let go of."""

    epochs: tuple[str, ...]
    receipts: int
    cases: tuple[CaseId, ...]
    """Rejected cases whose key was shredded."""


def destroy_epoch(context: Context, name: str, now: datetime) -> Epoch:
    """Destroy an epoch's key and openings, and state it. Harmless to repeat, also after a crash in the middle.

    Raises:
        UnknownNameError: there is no such epoch.
        RefusedError: until its day it was promised that the person can ask.

    """
    found = next((epoch for epoch in context.ledger.openings.epochs() if epoch.name == name), None)
    if found is None:
        known = ", ".join(epoch.name for epoch in context.ledger.openings.epochs()) or "none"
        raise UnknownNameError(f"there is no epoch {name[:12]!r} (known: {known})")
    if now < found.destroy_at:
        local = found.destroy_at.astimezone(context.zone)
        raise RefusedError(
            f"the openings of epoch {name} are promised until {local:%Y-%m-%d}",
            hint="every statement of the epoch names that day; run this after it",
        )
    epoch = context.ledger.openings.destroy(name, now)
    reference = hashlib.sha256(f"epoch/{name}".encode()).hexdigest()
    context.record(None, KeyDestroyed(reference, epoch.key_check), epoch.destroyed_at or now)
    context.log.publish()
    return epoch


def expire_evidence(context: Context, now: datetime) -> Expired:
    """Let go of every epoch, receipt and remainder whose time is over."""
    due = [epoch.name for epoch in context.ledger.openings.epochs() if epoch.destroy_at <= now]
    epochs = tuple(name for name in due if _is_new(context, name))
    for name in due:  # the old ones as well: a death between shredding and stating is made good
        destroy_epoch(context, name, now)
    receipts = context.ledger.openings.expire_receipts(now)
    cases = tuple(_expired_remainders(context, now))
    for case_id in cases:
        shred_case_key(context.ledger, context.log, case_id, now)
    context.log.publish()
    return Expired(epochs, receipts, cases)


def _is_new(context: Context, name: str) -> bool:
    return any(e.name == name and e.destroyed_at is None for e in context.ledger.openings.epochs())


def _expired_remainders(context: Context, now: datetime) -> list[CaseId]:
    """Return rejected cases that nobody planned again in time and that still hold a person's key."""
    return [
        case.case_id
        for case in context.ledger.cases.all(states=[CaseState.REJECTED])
        if not is_shredded(context.keys, case.case_id) and _rejected_until(context, case.case_id) <= now
    ]


def _rejected_until(context: Context, case_id: CaseId) -> datetime:
    plan = context.ledger.plans.of_case(carried_by(context, case_id))[0]
    last = max(approval.decided_at for approval in context.ledger.plans.approvals(plan.plan_id))
    day = last.astimezone(context.zone).date() + timedelta(days=1)
    return datetime.combine(advance(day, context.terms.remainders_for), datetime.min.time(), context.zone)
