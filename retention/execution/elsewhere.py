"""Steps that finish elsewhere: orders to processors, and backups that expire."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta

from retention.clocks import advance
from retention.errors import TerminalFailure
from retention.execution.lines import Lines
from retention.execution.site import Site
from retention.model.copies import Copy, Horizon, Order, OrderState, PlacedOrder, Receipt, Suppression, UseTests
from retention.model.facts import Answered, BeyondUse, Remains
from retention.model.horizons import is_later, latest
from retention.model.ids import CaseId, OrderId, PlanId, StepId
from retention.model.outcome import Done, Effect, Outcome, Pending
from retention.model.plan import ExpireCopies, Plan, TellProcessor
from retention.model.subject import SubjectKey
from retention.model.suspension import LIFTED, SUSPENDED
from retention.ports.ledger import Ledger, Phase

MARGIN = timedelta(days=30)
"""How long someone stays in the suppression ledger after the last copy should be gone."""


def order_id(plan_id: PlanId, step_id: StepId) -> OrderId:
    """Return the order's id, the same on every attempt."""
    derived = hashlib.sha256(f"order/{plan_id}/{step_id}".encode()).digest()
    return OrderId(str(uuid.UUID(bytes=derived[:16], version=4)))


def tell(site: Site, lines: Lines, step: TellProcessor, now: datetime) -> Outcome:
    """Place the order, or ask what became of it.

    Raises:
        TransientFailure, TerminalFailure, SignatureFailure: from the processor.

    """
    intent = lines.find(step.step_id, Phase.INTENT) or lines.write(step.step_id, Phase.INTENT, now, {})
    named = order_id(site.plan.plan_id, step.step_id)
    due = datetime.combine(
        advance(intent.at.date() + timedelta(days=1), step.answer_within), datetime.min.time(), intent.at.tzinfo
    )
    placed = next((order for order in site.ledger.copies.orders(site.plan.case_id) if order.order_id == named), None)
    if lines.find(step.step_id, Phase.DONE) is None:
        processor = site.processors[step.system]
        if placed is None:
            keys = {step.key_name: tuple(sorted(site.keys[step.keys.keyset_id], key=str))}
            receipt = processor.submit(Order(named, keys, intent.at, site.regulation), now=now)
        else:
            receipt = processor.status(named, now=now)
        placed = PlacedOrder(named, site.plan.case_id, step.step_id, step.system, due, receipt)
        note_receipt(site, placed, receipt)
        if receipt.state is OrderState.CANCELLED:
            raise TerminalFailure(f"{step.system} cancelled order {named}", hint="ask them why; then make a new plan")
        if receipt.state is not OrderState.COMPLETED:
            return Pending(f"processor:{step.system}", due)
        lines.write(step.step_id, Phase.DONE, now, {"state": receipt.state.value})
    if lines.find(step.step_id, Phase.EVIDENCE) is None:
        lines.write(step.step_id, Phase.EVIDENCE, now, {"order": named})
    return Done(Effect(0))


def note_receipt(site: Site, placed: PlacedOrder, receipt: Receipt) -> None:
    """Keep a processor's signed answer, and state it in the log."""
    site.ledger.copies.put_order(placed)
    site.record(
        Answered(
            order_id=placed.order_id,
            processor=placed.processor,
            state=receipt.state.value,
            body_digest=receipt.body_digest,
            key_id=receipt.key_id,
            received_at=receipt.received_at,
        ),
        receipt.received_at,
    )


def expire(site: Site, lines: Lines, step: ExpireCopies, now: datetime) -> Outcome:
    """Note the horizon of every copy that exists now, when the live data is gone.

    Raises:
        TransientFailure, TerminalFailure: from the backup system.

    """
    if lines.find(step.step_id, Phase.INTENT) is None:
        lines.write(step.step_id, Phase.INTENT, now, {})
    if lines.find(step.step_id, Phase.DONE) is None:
        copies = site.keepers[step.system].copies()
        for copy in copies:
            site.ledger.copies.add_horizon(horizon_of(site.plan.case_id, copy, now))
        until = latest([now, *(copy.expires_at for copy in copies)])
        site.ledger.copies.suppress(suppressions(site, now, until))
        told = until.isoformat() if until else None
        lines.write(step.step_id, Phase.DONE, now, {"copies": len(copies), "until": told})
    if lines.find(step.step_id, Phase.EVIDENCE) is None:
        done = lines.find(step.step_id, Phase.DONE)
        assert done  # noqa: S101 -- narrows the type; it was written above
        for horizon in horizons_of(site.ledger, site.plan, step):
            site.record(remains(horizon), done.at)
        _state_use_tests(site, step, done.at)
        lines.write(step.step_id, Phase.EVIDENCE, now, {})
    noted: str | None = lines.body(step.step_id, Phase.DONE)["until"]
    until = datetime.fromisoformat(noted) if noted else None
    return Pending(f"copies:{step.system}", until) if is_later(until, now) else Done(Effect(0))


def horizons_of(ledger: Ledger, plan: Plan, step: ExpireCopies) -> tuple[Horizon, ...]:
    """Return the case's horizons in the step's backup system."""
    return tuple(horizon for horizon in ledger.copies.horizons(plan.case_id) if horizon.system == step.system)


def horizon_of(case_id: CaseId, copy: Copy, noted_at: datetime) -> Horizon:
    """Return a copy's horizon for a case whose live data had been erased by then."""
    return Horizon(
        case_id=case_id,
        system=copy.keeper,
        what=copy.copy_id,
        until=copy.expires_at,
        why=copy.why,
        kind=copy.kind,
        region=copy.region,
        noted_at=noted_at,
    )


def remains(horizon: Horizon) -> Remains:
    """Return what evidence states of a horizon."""
    return Remains(horizon.system, horizon.what, horizon.until, horizon.why.value)


def answered(tests: UseTests) -> BeyondUse:
    """Return what evidence states of someone's answers to the four tests."""
    return BeyondUse(**asdict(tests))


def _state_use_tests(site: Site, step: ExpireCopies, at: datetime) -> None:
    """State under the case what was answered for the system that holds its copies, if anything was."""
    tests = site.ledger.copies.use_tests().get(step.system)
    if tests is not None:
        site.record(answered(tests), at)


def suppressions(site: Site, now: datetime, until: datetime | None) -> Iterator[Suppression]:
    """Yield who must not come back with a restored copy, by digest only."""
    expires_at = None if until is None else until + MARGIN
    for replay in site.plan.replays:
        if replay.scope.partition(":")[0] in (SUSPENDED, LIFTED):
            continue  # whose data is suspended may come back; the suspension comes with him
        for value in site.keys[replay.keys.keyset_id]:
            digest = site.suppression_digest(SubjectKey(replay.key_name, value))
            yield Suppression(replay.key_name, digest, replay.scope, site.plan.case_id, now, expires_at)
