"""Orders to processors: placed once, asked about, believed only as far as they can be shown.

answer of the processor      the step                 the case
completed, look-up agrees    done                     goes on
completed, look-up differs   failed: found-again      PARTIAL
best effort                  done, as "asked"         goes on; never told as erased
pending, manual              pending until its day    is not sealed
refused                      failed with the reason   PARTIAL; asked again by the next run
partial                      failed with the reason   PARTIAL until a person decides
nobody answers               failed, to be repeated   PARTIAL; the breaker spares the next orders
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime, timedelta

from retention.clocks import advance
from retention.errors import TerminalFailure, TransientFailure, UnknownNameError
from retention.execution import breaker
from retention.execution.lines import Lines
from retention.execution.links import make_token
from retention.execution.site import Site
from retention.model.answer import ByHand, PartlyDone, Proof, Standing, code_of, reason_of, standing
from retention.model.copies import Order, PlacedOrder, Receipt
from retention.model.ids import DatasetId, OrderId, PlanId, StepId
from retention.model.outcome import Done, Effect, Outcome, Pending
from retention.model.plan import TellProcessor
from retention.model.processing import NoteKind
from retention.model.processor_facts import Answered, Probed
from retention.ports.ledger import Copies, Phase

ANSWERS_LATE = timedelta(days=30)
"""So long after their day they may still answer by the token that they were sent."""


def order_id(plan_id: PlanId, step_id: StepId) -> OrderId:
    """Return the order's id, the same on every attempt."""
    derived = hashlib.sha256(f"order/{plan_id}/{step_id}".encode()).digest()
    return OrderId(str(uuid.UUID(bytes=derived[:16], version=4)))


def tell(site: Site, lines: Lines, step: TellProcessor, now: datetime) -> Outcome:
    """Place the order, or ask what became of it.

    Raises:
        TransientFailure: not reached, or not called because it has been silent; run again later.
        TerminalFailure: it refused, erased only a part, or still knows the person.
        SignatureFailure: the answer is not the processor's.

    """
    begun = lines.find(step.step_id, Phase.INTENT)
    intent = begun or lines.write(step.step_id, Phase.INTENT, now, {})
    named = order_id(site.plan.plan_id, step.step_id)
    if lines.find(step.step_id, Phase.DONE) is None:
        keys = {step.key_name: tuple(sorted(site.keys[step.keys.keyset_id], key=str))}
        placed = _placed(site.ledger.copies, named)
        before = placed.receipt if placed else None
        reference = before.reference if before else None
        due = _due(intent.at, step)
        token = make_token(site.link_key, named, due + ANSWERS_LATE) if site.link_key else None
        order = Order(named, keys, intent.at, site.regulation, reference, token, may_have_arrived=begun is not None)
        is_here = before is not None and (_is_settled(before) or _is_accepted(site, named))
        receipt = before if before and is_here else _ask(site, step, order, before, now)
        if receipt is not before:
            note_receipt(site, PlacedOrder(named, site.plan.case_id, step.step_id, step.system, due, receipt), receipt)
        match standing(receipt.answer):
            case Standing.WAITING:
                return Pending(f"processor:{step.system}", due)
            case Standing.STUCK:
                if not _is_accepted(site, named):
                    raise _stuck(step, receipt)
            case Standing.ERASED:
                _look(site, step, order, now)
        lines.write(step.step_id, Phase.DONE, now, {"state": code_of(receipt.answer)})
    if lines.find(step.step_id, Phase.EVIDENCE) is None:
        lines.write(step.step_id, Phase.EVIDENCE, now, {"order": named})
    return Done(Effect(0))


def awaited(site: Site, lines: Lines, dataset: DatasetId, now: datetime) -> Pending | None:
    """Return what the dataset's rows wait for: a processor that must finish before they may go."""
    for step in site.plan.steps:
        if not isinstance(step, TellProcessor) or dataset not in step.before:
            continue
        if lines.find(step.step_id, Phase.DONE) is None:
            intent = lines.find(step.step_id, Phase.INTENT)
            return Pending(f"processor:{step.system}", _due(intent.at if intent else now, step))
    return None


def note_receipt(site: Site, placed: PlacedOrder, receipt: Receipt) -> None:
    """Keep a processor's answer, and state it in the log."""
    site.ledger.copies.put_order(placed)
    site.record(answered(placed, receipt), receipt.received_at)


def answered(placed: PlacedOrder, receipt: Receipt) -> Answered:
    """Return the fact that an answer came."""
    return Answered(
        order_id=placed.order_id,
        processor=placed.processor,
        state=code_of(receipt.answer),
        reason=reason_of(receipt.answer),
        proof=receipt.proof.value,
        body_digest=receipt.body_digest,
        key_id=receipt.key_id,
        received_at=receipt.received_at,
    )


def _ask(site: Site, step: TellProcessor, order: Order, before: Receipt | None, now: datetime) -> Receipt:
    """Call the processor, unless it has been silent so often that nobody should for a while."""
    book = site.ledger.processing
    silence = book.silence(step.system)
    if not breaker.may_call(silence, now):
        raise TransientFailure(
            f"processor {step.system} did not answer {silence.failures} times and is not called for now",
            hint=f"run again after {silence.not_before:%Y-%m-%d %H:%M} UTC",
            retry_at=silence.not_before,
        )
    processor = site.processors[step.system]
    try:
        again = before is None or standing(before.answer) is Standing.STUCK
        receipt = processor.submit(order, now=now) if again else processor.status(order, now=now)
    except TransientFailure as failure:
        book.put_silence(step.system, breaker.after_failure(silence, now, failure.retry_at))
        raise
    if silence.failures:
        book.put_silence(step.system, breaker.after_answer())
    return receipt


def _look(site: Site, step: TellProcessor, order: Order, now: datetime) -> None:
    """Look whether the processor still knows whom it says it has erased."""
    probe = site.probes.get(step.system)
    if probe is None:
        return
    found = probe.knows(order, now=now)
    site.record(Probed(order.order_id, step.system, found=found), now)
    if found:
        raise TerminalFailure(
            f"{step.system} says that order {order.order_id} is completed, and still knows the person",
            hint="ask them why; the next run looks again",
        )


def _stuck(step: TellProcessor, receipt: Receipt) -> TerminalFailure:
    said = {"partial": "erased only a part of", "refused": "refused"}[code_of(receipt.answer)]
    return TerminalFailure(
        f"{step.system} {said} order {receipt.order_id}: {reason_of(receipt.answer)}",
        hint="ask them why; the next run asks again, or make a new plan",
    )


def _is_settled(receipt: Receipt) -> bool:
    """Whether the answer that is here needs no further asking: it is theirs, or a person has the next word.

    Half work is never asked for again: the half that is gone would be taken for the whole.
    """
    if receipt.proof is Proof.LINK or isinstance(receipt.answer, ByHand | PartlyDone):
        return True
    return standing(receipt.answer) in (Standing.ERASED, Standing.ASKED)


def _is_accepted(site: Site, named: OrderId) -> bool:
    """Whether a person decided to go on although they refused or erased only a part."""
    return any(note.kind is NoteKind.ACCEPTED for note in site.ledger.processing.notes(named))


def _placed(copies: Copies, named: OrderId) -> PlacedOrder | None:
    try:
        return copies.order(named)
    except UnknownNameError:
        return None


def _due(at: datetime, step: TellProcessor) -> datetime:
    first = at.date() + timedelta(days=1)
    return datetime.combine(advance(first, step.answer_within), datetime.min.time(), at.tzinfo)
