"""What is handed out: the bundle for an auditor, the certificate for the person."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import assert_never, get_args

from retention.app.context import Context
from retention.app.records import stored
from retention.errors import StateError
from retention.evidence import OfCase, Scope, bundle_of, gather
from retention.evidence.certificate import (
    Action,
    Certificate,
    KeptLine,
    Language,
    Line,
    ProcessorLine,
    RemainsLine,
    render,
)
from retention.model.case import CaseKind, CaseState
from retention.model.copies import OrderState, PlacedOrder
from retention.model.ids import CaseId, DatasetId, StepId
from retention.model.plan import AnonymizeRows, EraseRows, RedactFields, RowStep
from retention.model.policy import Titles
from retention.planning import codec
from retention.ports.ledger import Phase, StoredPlan


def bundle(context: Context, scope: Scope) -> bytes:
    """Return the evidence bundle of a case, rule, dataset or period, with the plans and the policy behind it.

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
    return bundle_of(context.log, gathered, attachments)


def _certificates(context: Context, case_id: CaseId) -> dict[str, bytes]:
    case = context.ledger.cases.get(case_id)
    if case.kind is not CaseKind.REQUEST or case.state not in (CaseState.SEALED, CaseState.CLOSED):
        return {}
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
    """Write the person's certificate, one file a language; return the files.

    Raises:
        StateError: the case is not a request that has been sealed: nothing may be certified yet.

    """
    written = certificate(context, case_id)
    folder.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    for language in get_args(Language):
        path = folder / f"certificate.{language}.html"
        path.write_text(render(written, language), encoding="utf-8")
        files.append(path)
    return files


def certificate(context: Context, case_id: CaseId) -> Certificate:
    """Return what the person is told.

    Raises:
        StateError: see `write_certificate`.

    """
    case = context.ledger.cases.get(case_id)
    if case.kind is not CaseKind.REQUEST or case.state not in (CaseState.SEALED, CaseState.CLOSED):
        raise StateError(f"{case_id} is a {case.state.value} {case.kind.value}; only a sealed request is certified")
    kept, plan = stored(context, context.ledger.plans.of_case(case_id)[0].plan_id)
    checkpoint = context.log.publish()
    met, answered_at = _met(context, kept)
    return Certificate(
        controller=context.policy.controller.name,
        address=context.policy.controller.address,
        case_id=case_id,
        requested_at=case.opened_at.astimezone(context.zone),
        answered_at=answered_at.astimezone(context.zone),
        lines=tuple(
            Line(_title(context, step.dataset), _action(step), met[step.step_id])
            for step in plan.steps
            if isinstance(step, RowStep)
        ),
        kept=tuple(
            KeptLine(_title(context, w.dataset), w.fields, w.statute, _local(context, w.until)) for w in plan.withheld
        ),
        remains=tuple(
            RemainsLine(f"{horizon.system} {horizon.what}", horizon.until.astimezone(context.zone))
            for horizon in context.ledger.copies.horizons(case_id)
            if horizon.gone_at is None
        ),
        processors=tuple(
            ProcessorLine(order.processor, _completed(context, order))
            for order in context.ledger.copies.orders(case_id)
        ),
        origin=context.log.origin,
        size=checkpoint.size,
        root=checkpoint.root.hex(),
        fingerprint=context.log.signer.verifier.fingerprint,
    )


def _met(context: Context, kept: StoredPlan) -> tuple[dict[StepId, int], datetime]:
    """Return how many rows each step met, and when the last step was done."""
    lines = context.ledger.journal.entries(kept.plan_id)
    intents = [line for line in lines if line.phase is Phase.INTENT]
    met = {line.step_id: json.loads(line.body).get("rows", 0) for line in intents}
    return met, max((line.at for line in lines if line.phase is Phase.DONE), default=kept.made_at)


def _title(context: Context, dataset_id: DatasetId) -> Titles:
    """Name a dataset for a person: the categories of its fields, in his language."""
    categories = dict.fromkeys(f.category for f in context.datamap.datasets[dataset_id].fields.values())
    titles = [context.policy.categories[category].title for category in categories]
    return {language: "・".join(title.get(language, "") for title in titles) for language in get_args(Language)}


def _action(step: RowStep) -> Action:
    match step:
        case EraseRows():
            return "erase"
        case RedactFields():
            return "redact"
        case AnonymizeRows():
            return "anonymize"
        case _:
            assert_never(step)


def _completed(context: Context, order: PlacedOrder) -> datetime | None:
    done = order.receipt is not None and order.receipt.state is OrderState.COMPLETED
    return order.receipt.received_at.astimezone(context.zone) if done and order.receipt else None


def _local(context: Context, at: datetime | None) -> datetime | None:
    return None if at is None else at.astimezone(context.zone)
