"""What is handed out: the bundle for an auditor, the certificate for the person."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import assert_never, get_args

from retention.app.context import Context
from retention.app.laws import articles
from retention.app.recipient_letters import unwritten
from retention.app.records import stored
from retention.app.subjects import write_receipt
from retention.app.witnessing import ask_witnesses
from retention.errors import StateError
from retention.evidence import OfCase, Scope, bundle_of, gather, page, printing
from retention.evidence.blocks import Document, Language
from retention.evidence.certificate import (
    About,
    Action,
    Certificate,
    KeptLine,
    Line,
    OutsideLine,
    ProcessorLine,
    RemainsLine,
    document,
    render,
)
from retention.evidence.note import Checkpoint
from retention.evidence.stamping import ATTACHED, stamp_of
from retention.model.answer import AtWork, Completed, code_of, reason_of
from retention.model.case import Case, CaseKind, CaseState
from retention.model.copies import Horizon, PlacedOrder
from retention.model.disclosure import DISCLOSING, DiscloseRows
from retention.model.horizons import latest
from retention.model.ids import CaseId, DatasetId, StepId
from retention.model.plan import (
    AnonymizeRows,
    EraseRows,
    ExactStep,
    LiftRows,
    RedactFields,
    SuspendRows,
    Untold,
    Withholding,
)
from retention.model.policy import Titles
from retention.model.recipient import RecipientKind
from retention.model.terms import Right
from retention.planning import codec
from retention.ports.ledger import Phase, StoredPlan


def bundle(context: Context, scope: Scope, now: datetime | None = None) -> bytes:
    """Return the evidence bundle of a case, rule, dataset or period, with the plans and the policy behind it.

    With `now`, the log's witnesses are asked to cosign the bundle's checkpoint.

    Raises:
        UnknownNameError: there is no such case, or the log has nothing about the rule, dataset or period.
        InputError: the period ends before it begins.

    """
    attachments = _certificates(context, scope.case_id) if isinstance(scope, OfCase) else {}
    gathered = gather(context.log, scope)
    named = gathered.plan_digests
    for case_id in gathered.cases:
        name = "plan.json" if isinstance(scope, OfCase) else f"plan-{case_id}.json"
        attachments |= _plan_of(context, case_id, name, named)
    if now is not None:
        ask_witnesses(context, now)
    stamped = stamp_of(context.log.tiles, gathered.checkpoint)
    if stamped is not None:
        attachments[ATTACHED] = stamped
    return bundle_of(context.log, gathered, attachments)


def _certificates(context: Context, case_id: CaseId) -> dict[str, bytes]:
    case = context.ledger.cases.get(case_id)
    if case.kind is not CaseKind.REQUEST or case.state not in (CaseState.SEALED, CaseState.CLOSED):
        return {}
    if not context.ledger.plans.of_case(case_id):
        return {}  # done by hand, by an event or an answer: nothing was erased that a certificate could say
    told = certificate(context, case_id)
    return {f"certificate.{lang}.html": render(told, lang).encode() for lang in get_args(Language)}


def _plan_of(context: Context, case_id: CaseId, name: str, named: frozenset[str]) -> dict[str, bytes]:
    """Return the case's newest plan if it is named, and the policy and data map it was made under."""
    plans = context.ledger.plans.of_case(case_id)
    if not plans or plans[0].digest not in named:
        return {}
    plan = codec.decode(plans[0].body)
    return {
        name: plans[0].body,
        **_if_unchanged("policy.yaml", context.policy_text, plan.policy_digest),
        **_if_unchanged("datamap.yaml", context.datamap_text, plan.datamap_digest),
    }


def _if_unchanged(name: str, text: str, digest: str) -> dict[str, bytes]:
    """Attach a file only if it is the one the plan was made under."""
    content = text.encode()
    return {name: content} if hashlib.sha256(content).hexdigest() == digest else {}


def write_certificate(context: Context, case_id: CaseId, folder: Path) -> list[Path]:
    """Write the person's certificate, in each language for screen and paper, and the receipt; return the files.

    Paper (PDF) needs the extra `pdf`; without it the other files are written all the same.

    Raises:
        StateError: the case is not a request that has been sealed: nothing may be certified yet.

    """
    return _write(context, certificate(context, case_id), folder)


def write_certificates(context: Context, batch: CaseId, folder: Path) -> int:
    """Write the certificates and receipts of all who went with a batch, a folder a case; return how many people.

    Raises:
        StateError: one of them is not sealed.

    """
    written = [_write(context, told, folder / told.case_id) for told in certificates(context, batch)]
    return len(written)


def _write(context: Context, told: Certificate, folder: Path) -> list[Path]:
    receipt = write_receipt(context, CaseId(told.case_id))
    written = replace(told, receipt=receipt)
    folder.mkdir(parents=True, exist_ok=True)
    files = write_documents({f"certificate.{lang}": document(written, lang) for lang in get_args(Language)}, folder)
    if receipt is not None:
        files.append(folder / "receipt.txt")
        files[-1].write_bytes(receipt)
    return files


def write_documents(documents: Mapping[str, Document], folder: Path) -> list[Path]:
    """Write each document as HTML, and as PDF where the extra is installed; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    for name, document_ in documents.items():
        files.append(folder / f"{name}.html")
        files[-1].write_text(page.render(document_), encoding="utf-8")
        printed = printing.to_pdf(document_)
        if printed is not None:
            files.append(folder / f"{name}.pdf")
            files[-1].write_bytes(printed)
    return files


def certificate(context: Context, case_id: CaseId) -> Certificate:
    """Return what the person is told; without her receipt, which makes it her own paper, it may go into a bundle.

    Raises:
        StateError: see `write_certificate`.

    """
    case = context.ledger.cases.get(case_id)
    _refuse_unsealed(case)
    batch = context.ledger.batches.batch_of(case_id)
    if batch is not None:
        return next(certificates(context, batch, [case_id]))
    kept, plan = stored(context, context.ledger.plans.of_case(case_id)[0].plan_id)
    steps = {step.step_id: step for step in plan.steps if isinstance(step, ExactStep | DiscloseRows)}
    met, answered_at = _met(context, kept)
    told = _Told(
        done=tuple((step, met[step_id]) for step_id, step in steps.items()),
        withheld=plan.withheld,
        untold=plan.untold,
        orders=context.ledger.copies.orders(case_id),
        horizons=context.ledger.copies.horizons(case_id),
        answered_at=answered_at,
        unwritten=unwritten(context, case_id, answered_at),
    )
    return _certificate(context, case, told, context.log.publish())


def certificates(context: Context, batch: CaseId, cases: Collection[CaseId] | None = None) -> Iterator[Certificate]:
    """Yield what each person is told whose request went with a batch: his own numbers; the plan is read once.

    Raises:
        StateError: one of them is not sealed.

    """
    kept, plan = stored(context, context.ledger.plans.of_case(batch)[0].plan_id)
    steps = {step.step_id: step for step in plan.steps if isinstance(step, ExactStep)}
    _, answered_at = _met(context, kept)
    orders = {order.step_id: order for order in context.ledger.copies.orders(batch)}
    horizons, checkpoint = context.ledger.copies.horizons(batch), context.log.publish()
    by_hand = unwritten(context, batch, answered_at)
    for member in context.ledger.batches.members(batch):
        if cases is not None and member.case_id not in cases:
            continue
        case, share = context.ledger.cases.get(member.case_id), codec.decode_share(member.share)
        _refuse_unsealed(case)
        told = _Told(
            done=tuple((steps[part.step_id], part.rows) for part in share.done if part.step_id in steps),
            withheld=share.kept,
            untold=tuple(left for left in plan.untold if left.system in share.untold),
            orders=tuple(orders[step_id] for step_id in share.told if step_id in orders),
            horizons=horizons,
            answered_at=answered_at,
            unwritten=by_hand,
        )
        yield _certificate(context, case, told, checkpoint)


@dataclass(frozen=True, slots=True)
class _Told:
    """What was done for one person."""

    done: tuple[tuple[ExactStep | DiscloseRows, int], ...]
    """Steps, and how many rows each met."""
    withheld: tuple[Withholding, ...]
    untold: tuple[Untold, ...]
    orders: tuple[PlacedOrder, ...]
    horizons: tuple[Horizon, ...]
    answered_at: datetime
    unwritten: tuple[str, ...]
    """Recipients to whom a person still has to write."""


def _certificate(context: Context, case: Case, told: _Told, checkpoint: Checkpoint) -> Certificate:
    return Certificate(
        controller=context.policy.controller.name,
        address=context.policy.controller.address,
        case_id=case.case_id,
        requested_at=case.opened_at.astimezone(context.zone),
        answered_at=told.answered_at.astimezone(context.zone),
        lines=tuple(Line(_title(context, step.dataset), _action(step), rows) for step, rows in told.done),
        kept=tuple(_kept(context, told)),
        remains=tuple(_remains(context, told)),
        processors=(
            *(_processor(context, order) for order in told.orders),
            *(ProcessorLine(name, None, "manual", None) for name in told.unwritten),
        ),
        outside=tuple(_outside(context, [step for step, _ in told.done])),
        origin=context.log.origin,
        size=checkpoint.size,
        root=checkpoint.root.hex(),
        fingerprint=context.log.signer.verifier.fingerprint,
        about=_about(case),
        laws=articles(w.statute for w in told.withheld),
    )


def _about(case: Case) -> About:
    if case.lifts:
        return "lift"
    if case.right in DISCLOSING:
        return "disclose"
    return "suspend" if case.right is Right.SUSPENSION else "erase"


def _refuse_unsealed(case: Case) -> None:
    if case.kind is not CaseKind.REQUEST or case.state not in (CaseState.SEALED, CaseState.CLOSED):
        raise StateError(
            f"{case.case_id} is a {case.state.value} {case.kind.value}; only a sealed request is certified"
        )


def _kept(context: Context, told: _Told) -> Iterator[KeptLine]:
    """Yield what stays, and at which processors it does because they were not told."""
    for w in told.withheld:
        yield KeptLine(_title(context, w.dataset), w.fields, w.statute, _local(context, w.until))
    for left in told.untold:
        yield KeptLine(dict.fromkeys(get_args(Language), left.system), (), left.why, None)


def _met(context: Context, kept: StoredPlan) -> tuple[dict[StepId, int], datetime]:
    """Return how many rows each step met, and when the last step was done."""
    lines = context.ledger.journal.entries(kept.plan_id)
    intents = [line for line in lines if line.phase is Phase.INTENT]
    met = {line.step_id: json.loads(line.body).get("rows", 0) for line in intents}
    return met, max((line.at for line in lines if line.phase is Phase.DONE), default=kept.made_at)


def _remains(context: Context, told: _Told) -> Iterator[RemainsLine]:
    """Yield one line a system: how many copies there are, and when the last of them is gone."""
    left: dict[str, list[datetime | None]] = defaultdict(list)
    for horizon in told.horizons:
        if horizon.gone_at is None:
            left[horizon.system].append(horizon.until)
    for system, ends in left.items():
        yield RemainsLine(system, _local(context, latest(ends)), len(ends))


def _title(context: Context, dataset_id: DatasetId) -> Titles:
    """Name a dataset for a person: the categories of its fields, in his language."""
    dataset = context.datamap.datasets[dataset_id]
    dataset = context.datamap.datasets[dataset.keeps or dataset_id]
    categories = dict.fromkeys(f.category for f in dataset.fields.values())
    titles = [context.policy.categories[category].title for category in categories]
    return {language: "・".join(title.get(language, "") for title in titles) for language in get_args(Language)}


def _action(step: ExactStep | DiscloseRows) -> Action:
    match step:
        case DiscloseRows():
            return "disclose"
        case EraseRows():
            return "erase"
        case RedactFields():
            return "redact"
        case AnonymizeRows():
            return "anonymize"
        case SuspendRows():
            return "suspend"
        case LiftRows():
            return "lift"
        case _:
            assert_never(step)


def _processor(context: Context, order: PlacedOrder) -> ProcessorLine:
    answer = order.receipt.answer if order.receipt else AtWork()
    return ProcessorLine(order.processor, _completed(context, order), code_of(answer), reason_of(answer))


def _outside(context: Context, steps: Sequence[ExactStep | DiscloseRows]) -> Iterator[OutsideLine]:
    """Yield third parties and analytics of the categories that the plan is about: nothing is claimed of them."""
    rows = [step for step in steps if isinstance(step, ExactStep)]
    touched = {field.category for step in rows for field in context.datamap.datasets[step.dataset].fields.values()}
    connected = {rules.system for rules in context.policy.processors}
    for recipient in context.policy.terms.recipients:
        alone = recipient.kind in (RecipientKind.THIRD_PARTY, RecipientKind.ANALYTICS)
        if alone and recipient.name not in connected and touched & set(recipient.categories):
            title = {language: recipient.title.get(language, recipient.name) for language in get_args(Language)}
            purpose = {language: recipient.purpose.get(language, "") for language in get_args(Language)}
            yield OutsideLine(title, purpose, recipient.opt_out)


def _completed(context: Context, order: PlacedOrder) -> datetime | None:
    done = order.receipt is not None and isinstance(order.receipt.answer, Completed)
    return order.receipt.received_at.astimezone(context.zone) if done and order.receipt else None


def _local(context: Context, at: datetime | None) -> datetime | None:
    return None if at is None else at.astimezone(context.zone)
