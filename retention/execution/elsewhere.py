"""Steps that finish elsewhere: orders to processors, and backups that expire."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta

from retention.clocks import advance
from retention.errors import TerminalFailure
from retention.execution.lines import Lines
from retention.execution.site import Site
from retention.model.copies import Horizon, Order, OrderState, PlacedOrder, Receipt, Suppression
from retention.model.facts import Answered, Remains
from retention.model.ids import OrderId, PlanId, StepId
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
            site.ledger.copies.add_horizon(Horizon(site.plan.case_id, step.system, copy.copy_id, copy.expires_at))
        until = max((copy.expires_at for copy in copies), default=now)
        site.ledger.copies.suppress(suppressions(site, now, until))
        lines.write(step.step_id, Phase.DONE, now, {"copies": len(copies), "until": until.isoformat()})
    if lines.find(step.step_id, Phase.EVIDENCE) is None:
        done = lines.find(step.step_id, Phase.DONE)
        assert done  # noqa: S101 -- narrows the type; it was written above
        for horizon in horizons_of(site.ledger, site.plan, step):
            site.record(Remains(horizon.system, horizon.what, horizon.until), done.at)
        lines.write(step.step_id, Phase.EVIDENCE, now, {})
    until = datetime.fromisoformat(lines.body(step.step_id, Phase.DONE)["until"])
    return Pending(f"copies:{step.system}", until) if until > now else Done(Effect(0))


def horizons_of(ledger: Ledger, plan: Plan, step: ExpireCopies) -> tuple[Horizon, ...]:
    """Return the case's horizons in the step's backup system."""
    return tuple(horizon for horizon in ledger.copies.horizons(plan.case_id) if horizon.system == step.system)


def suppressions(site: Site, now: datetime, until: datetime) -> Iterator[Suppression]:
    """Yield who must not come back with a restored copy, by digest only."""
    for replay in site.plan.replays:
        if replay.scope.partition(":")[0] in (SUSPENDED, LIFTED):
            continue  # whose data is suspended may come back; the suspension comes with him
        for value in site.keys[replay.keys.keyset_id]:
            digest = site.suppression_digest(SubjectKey(replay.key_name, value))
            yield Suppression(replay.key_name, digest, replay.scope, site.plan.case_id, now, until + MARGIN)
