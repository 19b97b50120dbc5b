"""What a sealed plan did to which columns, for a catalogue of data: names of columns, counts and ids, nobody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

from retention.app.context import Context
from retention.app.records import carried_by, stored
from retention.execution.lines import Lines
from retention.model.case import CaseState
from retention.model.datamap import Dataset
from retention.model.ids import PlanId
from retention.model.lineage import Change, Lineage, Touched
from retention.model.plan import (
    AnonymizeRows,
    EraseRows,
    LiftRows,
    PseudonymizeRows,
    RedactFields,
    RowStep,
    SuspendRows,
)
from retention.ports.ledger import Phase

_WAY = "lineage"
_COMPLETED = (CaseState.SEALED, CaseState.CLOSED, CaseState.RETURNED)


def lineage_due(context: Context) -> Iterator[Lineage]:
    """Yield what sealed plans did of which the catalogue has not been told."""
    plans: list[PlanId] = []
    for case in context.ledger.cases.all(states=_COMPLETED):
        if carried_by(context, case.case_id) == case.case_id:
            plans += [plan.plan_id for plan in context.ledger.plans.of_case(case.case_id)[:1]]
    told = {plan for plan, way in context.ledger.deliveries.told(plans) if way == _WAY}
    return (lineage_of(context, plan) for plan in reversed(plans) if plan not in told)


def lineage_of(context: Context, plan_id: PlanId) -> Lineage:
    """Return what one plan did to data; raises UnknownNameError."""
    kept, plan = stored(context, plan_id)
    lines = Lines(context.ledger.journal, plan_id)
    datamap = context.datamap_for(context.ledger.cases.get(plan.case_id))
    steps = [step for step in plan.steps if isinstance(step, RowStep) and step.dataset in datamap.datasets]
    touched = tuple(
        Touched(step.dataset, _change(step), _columns(step, datamap.datasets[step.dataset]), rows, step.because.rules)
        for step in steps
        if (rows := _rows(lines, step)) is not None
    )
    done = [line.at for line in context.ledger.journal.entries(plan_id)]
    return Lineage(plan_id, kept.digest, max([kept.made_at, *done]), touched)


def note_lineage(context: Context, plan_id: PlanId, now: datetime) -> None:
    """Keep that the catalogue was told what the plan did."""
    context.ledger.deliveries.note(plan_id, _WAY, now)


def _rows(lines: Lines, step: RowStep) -> int | None:
    """Return how many rows the step met; None where it was never done (another step had dealt with its rows)."""
    if lines.find(step.step_id, Phase.DONE) is None:
        return None
    done = lines.body(step.step_id, Phase.DONE)
    return int(lines.body(step.step_id, Phase.INTENT)["rows"] if done["resumed"] else done["rows"])


def _change(step: RowStep) -> Change:
    match step:
        case EraseRows():
            return Change.ERASED
        case RedactFields():
            return Change.REDACTED
        case AnonymizeRows():
            return Change.ANONYMIZED
        case PseudonymizeRows():
            return Change.PSEUDONYMIZED
        case SuspendRows():
            return Change.SUSPENDED
        case LiftRows():
            return Change.LIFTED
    assert_never(step)


def _columns(step: RowStep, dataset: Dataset) -> tuple[str, ...]:
    match step:
        case EraseRows() | SuspendRows() | LiftRows():
            whole = {*dataset.fields, *dataset.not_personal, *dataset.subject.values(), *dataset.primary_key}
            return tuple(sorted({*whole, *dataset.dates.values()}))
        case RedactFields(fields=fields):
            return tuple(sorted(fields))
        case AnonymizeRows(transforms=transforms):
            return tuple(sorted(transforms))
        case PseudonymizeRows(transforms=transforms, tokens=tokens):
            return tuple(sorted({*transforms, *tokens}))
    assert_never(step)
