"""Steps on rows: intent, effect, done, evidence."""

from __future__ import annotations

from dataclasses import astuple
from datetime import datetime
from functools import partial
from typing import Any, assert_never, cast

from retention.execution.arming import armed
from retention.execution.counter import key_reference
from retention.execution.effects import as_body, as_effect
from retention.execution.lines import Lines
from retention.execution.places import measured, places
from retention.execution.shards import Work, change_all, change_shard, metered, moved_by_all, shards_of, was_resumed
from retention.execution.site import Site
from retention.model.copies import Horizon
from retention.model.datamap import Dataset
from retention.model.facts import Disposed, Pseudonymized, Remains, Suspended
from retention.model.ids import DatasetId, StepId
from retention.model.outcome import Done, Effect
from retention.model.plan import (
    AnonymizeRows,
    DisposalStep,
    EraseRows,
    ExactStep,
    LiftRows,
    PseudonymizeRows,
    RedactFields,
    RowStep,
    SuspendRows,
    SuspensionStep,
)
from retention.model.sharing import KeyUse
from retention.ports.eraser import Eraser
from retention.ports.ledger import Phase
from retention.ports.suspender import SuspendingStore


def look_id(dataset: DatasetId) -> StepId:
    """Return the journal's name for what verification knows of a dataset."""
    return StepId(f"look-{dataset}")


def carry_out(site: Site, lines: Lines, step: RowStep, now: datetime) -> Done:
    """Carry the step out, from wherever an earlier process left it.

    Raises:
        TransientFailure, TerminalFailure: from the store.

    """
    dataset = site.dataset(step)
    resumed = lines.find(step.step_id, Phase.INTENT) is not None
    if lines.find(step.step_id, Phase.DONE) is None:
        intend(site, lines, step, now)
        exact = armed(site, step, KeyUse.PSEUDONYMIZATION, now)
        meter = metered(site, dataset)
        effect = _effect(site, lines, exact, dataset, now)
        if shards_of(site.volumes, step.step_id):
            resumed = was_resumed(site, lines, step.step_id)
        moved = moved_by_all(site, lines, step.step_id) or meter()
        body = {**as_body(effect), "resumed": resumed, "moved": astuple(moved)}
        lines.write(step.step_id, Phase.DONE, now, body)
    if lines.find(step.step_id, Phase.EVIDENCE) is None:
        _evidence(site, lines, step, dataset, now)
    return Done(as_effect(lines.body(step.step_id, Phase.DONE)))


def carry_out_shard(site: Site, lines: Lines, step: RowStep, number: int, now: datetime) -> None:
    """Carry out one shard of a step that has its INTENT; its effect goes into the step's when that is done.

    Raises:
        TransientFailure, TerminalFailure: from the store.

    """
    exact = armed(site, step, KeyUse.PSEUDONYMIZATION, now)
    assert isinstance(exact, DisposalStep)  # noqa: S101 -- narrows the type; a suspension is never cut
    change_shard(site, lines, Work(step.step_id, site.dataset(step), partial(_changed, site, exact)), number, now)


def intend(site: Site, lines: Lines, step: RowStep, now: datetime) -> None:
    """Note what is there before: once, so that a second attempt knows what the first one met."""
    for name, place in places(site.plan, site.datamap).items():
        if step in place.touched_by and lines.find(look_id(name), Phase.INTENT) is None:
            baseline = measured(site, place, now)
            lines.write(look_id(name), Phase.INTENT, now, {"baseline": baseline.to_json()})
    if lines.find(step.step_id, Phase.INTENT) is None:
        dataset = site.dataset(step)
        rows = site.store(dataset).finder().count(dataset, site.selection(step))
        lines.write(step.step_id, Phase.INTENT, now, {"rows": rows})


def _effect(site: Site, lines: Lines, step: ExactStep, dataset: Dataset, now: datetime) -> Effect:
    store, selection = site.store(dataset), site.selection(step)
    match step:
        case EraseRows() | RedactFields() | AnonymizeRows():
            return change_all(site, lines, Work(step.step_id, dataset, partial(_changed, site, step)), now)
        case SuspendRows():
            return cast("SuspendingStore", store).suspender().suspend_rows(dataset, selection)
        case LiftRows():
            original = site.datamap.datasets[dataset.keeps or dataset.dataset_id]
            return cast("SuspendingStore", store).suspender().lift_rows(original, selection)
        case _:
            assert_never(step)


def _changed(site: Site, step: DisposalStep, eraser: Eraser) -> Effect:
    dataset, selection = site.dataset(step), site.selection(step)
    match step:
        case EraseRows():
            return eraser.erase_rows(dataset, selection)
        case RedactFields(fields=fields):
            return eraser.redact_fields(dataset, selection, fields)
        case AnonymizeRows():
            return eraser.anonymize_rows(dataset, selection, step.transforms, step.quasi, site.rare(step))
        case _:
            assert_never(step)


def _evidence(site: Site, lines: Lines, step: RowStep, dataset: Dataset, now: datetime) -> None:
    intent = lines.find(step.step_id, Phase.INTENT)
    done = lines.find(step.step_id, Phase.DONE)
    assert intent is not None  # noqa: S101 -- narrows the type; it was written above
    assert done is not None  # noqa: S101 -- same
    body = lines.body(step.step_id, Phase.DONE)
    effect = as_effect(body)
    met = lines.body(step.step_id, Phase.INTENT)["rows"]
    for residue in effect.residues:
        site.ledger.copies.add_horizon(Horizon(site.plan.case_id, dataset.system, residue.what, residue.until))
        site.record(Remains(dataset.system, residue.what, residue.until), done.at)
    whole = _whole(effect, met, step) if body["resumed"] else effect
    entry = site.record(_fact(site, step, whole, (intent.at, done.at), resumed=body["resumed"]), done.at)
    lines.write(step.step_id, Phase.EVIDENCE, now, {"index": entry.index})


def _fact(
    site: Site, step: RowStep, effect: Effect, span: tuple[datetime, datetime], *, resumed: bool
) -> Disposed | Pseudonymized | Suspended:
    if isinstance(step, SuspensionStep):
        return _stopped(site, step, effect)
    common: dict[str, Any] = {
        "step_id": step.step_id,
        "plan_digest": site.digest,
        "dataset": step.dataset,
        "rules": step.because.rules,
        "statutes": step.because.statutes,
        "rows_planned": step.rows,
        "effect": effect,
        "started_at": span[0],
        "finished_at": span[1],
        "resumed": resumed,
    }
    if isinstance(step, PseudonymizeRows):
        domain = step.key_name.rpartition("/")[2][:63]
        return Pseudonymized(domain=domain, key_ref=key_reference(step.key_name), **common)
    return Disposed(action=_action(step), **common)


def _stopped(site: Site, step: SuspensionStep, effect: Effect) -> Suspended:
    because = step.because
    common = (step.step_id, site.digest, step.dataset)
    match step:
        case SuspendRows(until=until):
            return Suspended(*common, "suspended", because.rules, because.statutes, effect.rows, until)
        case LiftRows(reason=reason, decider_ref=decider):
            return Suspended(*common, "lifted", because.rules, because.statutes, effect.rows, None, reason, decider)
        case _:
            assert_never(step)


def _whole(effect: Effect, met: int, step: RowStep) -> Effect:
    """Return the rows of all attempts together: the first met `met`, none is left.

    Objects and versions are the last attempt's: what the attempt that died rewrote is not known.
    """
    suppressed = step.rows_rare if isinstance(step, AnonymizeRows) else 0
    return Effect(
        rows=met,
        rows_suppressed=suppressed,
        objects_rewritten=effect.objects_rewritten,
        versions_removed=effect.versions_removed,
        markers_removed=effect.markers_removed,
        residues=effect.residues,
    )


def _action(step: DisposalStep) -> str:
    match step:
        case EraseRows():
            return "erase"
        case RedactFields():
            return "redact"
        case AnonymizeRows():
            return "anonymize"
        case _:
            assert_never(step)
