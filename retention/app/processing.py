"""Orders to processors after they were placed: who has to do what, until when; and what a person decides."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal, cast

from retention.app.context import Context
from retention.app.supervision import Lapse, lapses
from retention.errors import RefusedError, StateError, SystemFailure, UnknownNameError
from retention.execution import links
from retention.execution.processors import answered
from retention.model.answer import (
    Answer,
    ByHand,
    Completed,
    PartlyDone,
    Proof,
    Refused,
    Silence,
    Standing,
    Unreachable,
    code_of,
    reason_of,
    standing,
)
from retention.model.case import CaseState
from retention.model.copies import PlacedOrder, Receipt
from retention.model.ids import CaseId, OrderId, SystemId
from retention.model.processing import Note, NoteKind
from retention.model.processor_facts import ContractStated, OrderNoted
from retention.model.recipient import Recipient
from retention.ports.processor import CheckableProcessor, RemindingProcessor

REMIND_BEFORE = timedelta(days=3)
"""This long before its day a processor is reminded, once."""
ESCALATE_EVERY = timedelta(days=7)
"""After its day, so often it is told to whoever answers for the contract."""
_REASON = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+){0,12}")
_OVER = frozenset({CaseState.SEALED, CaseState.CLOSED, CaseState.DENIED, CaseState.REJECTED})


@dataclass(frozen=True, slots=True)
class Task:
    """One order, and what is to be done about it."""

    order_id: OrderId
    case_id: CaseId
    processor: SystemId
    said: str
    """The answer's code; `no-answer` before the first."""
    reason: str | None
    due_at: datetime
    to_do: str
    """In words; empty where nothing is."""


@dataclass(frozen=True, slots=True)
class Followed:
    """What following up did about one order."""

    order_id: OrderId
    processor: SystemId
    kind: NoteKind
    sent: bool
    """Whether they were reminded over their own road; else somebody of ours has to."""
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Checked:
    """What a look at the processors found."""

    lapses: tuple[Lapse, ...]
    answers: dict[str, str]
    """Processor → `answers`, `no-harmless-call` or the error's code, where it was called."""

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong."""
        return not self.lapses and not any(answer.startswith("RET-") for answer in self.answers.values())


def tasks(context: Context, now: datetime, case_id: CaseId | None = None) -> tuple[Task, ...]:
    """Return every order, or those of one case, earliest due first, with what is to be done about it."""
    return tuple(_task(context, order, now) for order in context.ledger.copies.orders(case_id))


def follow_up(context: Context, now: datetime) -> tuple[Followed, ...]:
    """Remind those whose day is near, escalate those whose day has passed; every reminder is recorded."""
    return tuple(done for order in _open(context) if (done := _followed(context, order, now)) is not None)


def accept(context: Context, order_id: OrderId, decider: str, now: datetime) -> PlacedOrder:
    """Go on although a processor refused or erased only a part; the person is told what it answered.

    Raises:
        UnknownNameError: there is no such order.
        StateError: it said neither.

    """
    order = context.ledger.copies.order(order_id)
    if order.receipt is None or standing(order.receipt.answer) is not Standing.STUCK:
        raise StateError(f"order {order_id} is neither refused nor partial: there is nothing to accept")
    by_ref = context.ledger.secret_reference(decider)
    context.record(order.case_id, OrderNoted(order_id, order.processor, "accepted", by_ref), now)
    context.ledger.processing.note(Note(order_id, NoteKind.ACCEPTED, now, by_ref))
    return order


def acknowledge(
    context: Context, token: str, said: Literal["done", "partial", "refused"], reason: str | None, now: datetime
) -> PlacedOrder:
    """Take the answer of whoever holds the token of an order; the token is used up.

    Raises:
        RefusedError: the token is none of ours, no longer good, or was used; or a reason is missing.
        UnknownNameError: the order is not known.

    """
    named = links.read_token(context.keys.create("acknowledge"), token, now)
    order = context.ledger.copies.order(named)
    answer = _said(said, reason)
    is_new = context.ledger.processing.use_link(links.digest_of(token), named, now)
    # a process that died between using the token up and keeping the answer may be run again
    if not is_new and any(kept.proof is Proof.LINK for kept in context.ledger.copies.receipts(named)):
        raise RefusedError("the token was used before", hint="see `retention processors`")
    return _answered(context, order, answer, Proof.LINK, now)


def acknowledge_own(
    context: Context,
    order_id: OrderId,
    processor: SystemId,
    said: Literal["done", "partial", "refused"],
    reason: str | None,
    *,
    now: datetime,
) -> PlacedOrder:
    """Take the answer of a processor that showed a token of its own; it learns of no other's orders.

    Raises:
        UnknownNameError: it has no such order.
        RefusedError: a reason is missing.
        StateError: the case does not wait for it any more.

    """
    order = next((one for one in context.ledger.copies.orders() if one.order_id == order_id), None)
    if order is None or order.processor != processor:
        raise UnknownNameError(f"{processor} has no order {order_id}", hint="the order names its number")
    answer = _said(said, reason)
    if order.receipt is not None and order.receipt.answer == answer:
        # once more: a process that died between receipt and statement may be run again
        context.record(order.case_id, answered(order, order.receipt), order.receipt.received_at)
        return order
    if context.ledger.cases.get(order.case_id).state in _OVER:
        raise StateError(f"order {order_id} is over: its case does not wait for an answer any more")
    return _answered(context, order, answer, Proof.CHANNEL, now)


def _answered(context: Context, order: PlacedOrder, answer: Answer, proof: Proof, now: datetime) -> PlacedOrder:
    told = [order.order_id, code_of(answer), reason_of(answer)]
    digest = hashlib.sha256(json.dumps(told).encode()).hexdigest()
    receipt = Receipt(order.order_id, answer, now, None, digest, None, proof)
    context.ledger.copies.put_order(replace(order, receipt=receipt))
    context.record(order.case_id, answered(order, receipt), now)
    return replace(order, receipt=receipt)


def _said(said: Literal["done", "partial", "refused"], reason: str | None) -> Answer:
    if (reason is None) == (said != "done") or (reason and not _REASON.fullmatch(reason)):
        raise RefusedError(
            "a reason stands beside `partial` and `refused`, and only there; it is a code, no sentence",
            hint="for example kept-by-law, no-match or some-systems-failed",
        )
    match said:
        case "done":
            return Completed()
        case "partial":
            return PartlyDone(reason or "")
        case "refused":
            return Refused(reason or "")


def check(context: Context, today: date, *, only: str | None = None, now: datetime | None = None) -> Checked:
    """Look at contracts and supervision; with `now`, send each processor its harmless call as well.

    Raises:
        UnknownNameError: `only` names nobody.

    """
    known = {recipient.name: recipient for recipient in context.policy.terms.recipients}
    connected = {rules.system for rules in context.policy.processors} | set(context.processors)
    if only is not None and only not in known and only not in connected:
        raise UnknownNameError(f"nobody is called {only}", hint=f"known: {', '.join(sorted({*known, *connected}))}")
    chosen = [only] if only else sorted({*known, *connected})
    found: list[Lapse] = []
    for name in chosen:
        if name in known:
            found += lapses(known[name], today, context.policy.regimes)
        else:
            says = "no facts of its contract stand in the policy (`kind` and the days)"
            found.append(Lapse(name, "FACTS_NOT_STATED", says, "jp.appi.25"))
    answers = {name: _called(context, SystemId(name), now) for name in chosen if now and name in context.processors}
    return Checked(tuple(found), answers)


def contracts(context: Context, systems: set[SystemId]) -> Iterator[ContractStated]:
    """Yield what is declared of the contracts with these processors."""
    for recipient in context.policy.terms.recipients:
        if recipient.name in systems:
            yield _contract(recipient)


def _contract(recipient: Recipient) -> ContractStated:
    def told(day: date | None) -> str | None:
        return None if day is None else day.isoformat()

    return ContractStated(
        processor=SystemId(recipient.name),
        role=recipient.kind.value,
        contracted_on=told(recipient.contracted_on),
        nda_on=told(recipient.nda_on),
        supervised_on=told(recipient.supervised_on),
        country=recipient.country,
        transfer=None if recipient.transfer is None else recipient.transfer.value,
        subprocessors=recipient.subprocessor_names,
    )


def _open(context: Context) -> Iterator[PlacedOrder]:
    for order in context.ledger.copies.orders():
        waits = order.receipt is None or standing(order.receipt.answer) is Standing.WAITING
        if waits and context.ledger.cases.get(order.case_id).state not in _OVER:
            yield order


def _followed(context: Context, order: PlacedOrder, now: datetime) -> Followed | None:
    notes = context.ledger.processing.notes(order.order_id)
    late = now >= order.due_at
    kind = NoteKind.ESCALATED if late else NoteKind.REMINDED
    last = max((note.noted_at for note in notes if note.kind is kind), default=None)
    if not late and (last is not None or now < order.due_at - REMIND_BEFORE):
        return None
    if late and last is not None and now < last + ESCALATE_EVERY:
        return None
    sent = _reminded(context, order, now, late=late)
    context.record(order.case_id, OrderNoted(order.order_id, order.processor, kind.value, None), now)
    context.ledger.processing.note(Note(order.order_id, kind, now))
    return Followed(order.order_id, order.processor, kind, sent, order.due_at)


def _reminded(context: Context, order: PlacedOrder, now: datetime, *, late: bool) -> bool:
    """Remind over the processor's own road, if it has one; False where that does not work."""
    system = context.processors.get(order.processor)
    if system is None or not system.capabilities.reminds:
        return False
    try:
        cast("RemindingProcessor", system.processor()).remind(order.order_id, order.due_at, late=late, now=now)
    except SystemFailure:
        return False  # it is listed instead: somebody of ours writes to them
    return True


def _task(context: Context, order: PlacedOrder, now: datetime) -> Task:
    silence = context.ledger.processing.silence(order.processor)
    answer = order.receipt.answer if order.receipt else None
    if silence.failures and (answer is None or standing(answer) is Standing.WAITING):
        answer = Unreachable("spared-for-now" if silence.not_before else "not-reached")
    said, reason = ("no-answer", None) if answer is None else (code_of(answer), reason_of(answer))
    to_do = _to_do(answer, silence, late=now >= order.due_at)
    accepted = any(note.kind is NoteKind.ACCEPTED for note in context.ledger.processing.notes(order.order_id))
    if accepted or context.ledger.cases.get(order.case_id).state in _OVER:
        to_do = ""
    return Task(order.order_id, order.case_id, order.processor, said, reason, order.due_at, to_do)


def _to_do(answer: Answer | None, silence: Silence, *, late: bool) -> str:
    if isinstance(answer, ByHand):
        return "ask them, then `retention processors acknowledge`"
    if answer is not None and standing(answer) is Standing.STUCK:
        return "ask them why; plan again, or `retention processors accept`"
    if answer is not None and standing(answer) is not Standing.WAITING:
        return ""
    if isinstance(answer, Unreachable):
        after = f" after {silence.not_before:%Y-%m-%d %H:%M} UTC" if silence.not_before else ""
        return ("late: escalate; " if late else "") + f"nobody answers; run again{after}"
    return "late: escalate" if late else "wait"


def _called(context: Context, name: SystemId, now: datetime | None) -> str:
    system = context.processors[name]
    if not system.capabilities.checks or now is None:
        return "no-harmless-call"
    try:
        answers = cast("CheckableProcessor", system.processor()).check(now=now)
    except SystemFailure as failure:
        return f"{failure.code}: {failure.message}"
    return "answers" if answers else "no-harmless-call"
