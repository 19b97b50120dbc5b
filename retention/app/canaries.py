"""Canaries: plant a synthetic person everywhere, erase it by the normal road, and look whether it is gone."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from itertools import chain
from typing import cast

from retention.app import applying, requests, sealing, verifying
from retention.app.context import Context, rehomed
from retention.app.records import approve_standing, new_id, open_case, stored
from retention.errors import FoundError, LimitError, RefusedError, TransientFailure
from retention.execution.site import fetch_keys
from retention.model.canary import Canary, CanaryId, CanaryState
from retention.model.case import Case, CaseKind, CaseState
from retention.model.datamap import Dataset
from retention.model.facts import CanaryLooked
from retention.model.ids import CaseId, DatasetId, PlanId, SystemId
from retention.model.plan import Plan, RowStep
from retention.model.predicate import Everything, Selection
from retention.model.subject import Key, SubjectKey
from retention.planning.canary import Planting, Shape, keys_of, rows_of, telling_columns
from retention.ports.connector import Store
from retention.ports.planter import PlantingStore
from retention.requests import due_at

OFFICE = "canary"
"""Who approves: a standing approval that covers a canary's rows and nothing else."""
_FINISHED = (CaseState.SEALED, CaseState.CLOSED)
_APPLICABLE = (CaseState.APPROVED, CaseState.APPLYING, CaseState.APPLIED)


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where everybody was looked for, and who was found."""

    looked_in: int
    """Datasets, old versions and restored systems included."""
    found: Mapping[CanaryId, tuple[DatasetId, ...]]
    """Canary → `system.dataset`, wherever it was seen."""
    unreached: tuple[SystemId, ...]
    """Restored systems that are not there, or not reachable."""


@dataclass(frozen=True, slots=True)
class Known:
    """One canary, for who must leave it out of his statistics."""

    canary_id: CanaryId
    case_id: CaseId
    state: CanaryState
    planted_at: datetime
    looked_at: datetime | None
    rows: Mapping[DatasetId, int]
    keys: Mapping[str, Key] = field(default_factory=dict)
    """Identity keys while its rows stand; nobody's: they were drawn by lot. Empty once the case is sealed."""


def plant(context: Context, now: datetime) -> Canary:
    """Write one synthetic person into every mapped store that can take it; open the request that erases it.

    Raises:
        RefusedError: no store can take a canary.
        TransientFailure, TerminalFailure: a store took nothing; what was planted before is known, and `run` erases it.

    """
    plantings = rows_of(context.datamap, _shapes(context), secrets.token_bytes(32), now)
    start = next(((p, name, p.row[column]) for p in plantings for name, column in p.dataset.subject.items()), None)
    if start is None:
        raise RefusedError(
            "no mapped store can take a canary", hint="a dataset with a subject key in sql, lake or memory"
        )
    case = Case(CaseId(new_id("C", now)), CaseKind.REQUEST, CaseState.OPEN, now, _due(context, now), now, now)
    open_case(context, case)
    vault = context.ledger.vault
    vault.put(case.case_id, "start", json.dumps({"name": start[1], "value": start[2]}).encode())
    vault.put(case.case_id, "canary", json.dumps(_identities(plantings)).encode())
    rows = {planting.dataset.dataset_id: 1 for planting in plantings}
    digests = frozenset(_digest(context, value) for value in keys_of(plantings))
    canary = Canary(CanaryId(new_id("K", now)), case.case_id, now, rows, digests)
    context.ledger.canaries.add(canary)
    for planting in plantings:
        store = cast("PlantingStore", context.stores[planting.dataset.system])
        store.planter().plant(planting.dataset, planting.row)
    _record(context, canary, Sighting(len(plantings), {}, ()), now)
    return canary


def erase(context: Context, canary_id: CanaryId, now: datetime) -> Sighting:
    """Take the canary down the normal road, then look for it in every mapped store. Safe to run again.

    Raises:
        RefusedError: the plan would touch more than the canary's own rows, or leave some; nothing was touched.
        FoundError: the canary survived; the message names the stores, and its case stays open.
        TransientFailure: a system could not be reached; run again.

    """
    canary = context.ledger.canaries.get(canary_id)
    failure = None
    if context.ledger.cases.get(canary.case_id).state not in _FINISHED:
        plan_id = _approved(context, canary, now)
        if context.ledger.cases.get(canary.case_id).state is not CaseState.VERIFIED:
            failure = _carried_out(context, plan_id, now)
    seen = _look(context, [canary], restored=False)
    if seen.found:
        _refuse_survivors(context, [canary], seen, now)
    if failure is not None:
        raise failure
    _note(context, canary, seen, now)
    if context.ledger.cases.get(canary.case_id).state not in _FINISHED:
        sealing.seal(context, context.ledger.plans.of_case(canary.case_id)[0].plan_id, now)
    return seen


def check(context: Context, now: datetime) -> Sighting:
    """Look for every canary that was erased, also in restored systems: a backup may have brought it back.

    Raises:
        FoundError: one was found; the message names it and the stores.

    """
    gone = [canary for canary in context.ledger.canaries.all() if canary.state is not CanaryState.PLANTED]
    seen = _look(context, gone, restored=True)
    if seen.found:
        _refuse_survivors(context, gone, seen, now)
    for canary in gone:
        _note(context, canary, seen, now)
    context.log.publish()
    return seen


def listed(context: Context) -> tuple[Known, ...]:
    """Return every canary; those whose rows stand with their keys."""
    return tuple(
        Known(c.canary_id, c.case_id, c.state, c.planted_at, c.looked_at, c.rows, _keys(context, c))
        for c in context.ledger.canaries.all()
    )


# -- planting


def _shapes(context: Context) -> dict[DatasetId, Shape]:
    found: dict[DatasetId, Shape] = {}
    for dataset in context.datamap.datasets.values():
        store = context.stores[dataset.system]
        columns = store.finder().describe(dataset)
        if store.capabilities.plants and columns and dataset.keeps is None:
            examples = {}
            for column in dataset.not_personal.keys() & columns.keys():
                value = next(iter(store.finder().values(dataset, [column], Selection(Everything()))), (None,))
                examples[column] = value[0]
            found[dataset.dataset_id] = Shape(columns, examples, _is_kept(context, dataset))
    return found


def _is_kept(context: Context, dataset: Dataset) -> bool:
    names = (f"{dataset.short_name}.", f"{dataset.dataset_id}.")
    return any(field.startswith(names) for hold in context.policy.holds for field in hold.fields)


def _identities(plantings: Sequence[Planting]) -> dict[str, Key]:
    keys: dict[str, Key] = {}
    for planting in plantings:
        for name, column in planting.dataset.subject.items():
            value = planting.row[column]
            if isinstance(value, str | int):
                keys.setdefault(name, value)
    return keys


def _due(context: Context, now: datetime) -> datetime:
    return due_at(now, context.policy.requests, context.zone)


def _keys(context: Context, canary: Canary) -> dict[str, Key]:
    if context.ledger.cases.get(canary.case_id).state in _FINISHED:
        return {}
    keys: dict[str, Key] = json.loads(context.ledger.vault.get(canary.case_id, "canary"))
    return keys


# -- the road


def _approved(context: Context, canary: Canary, now: datetime) -> PlanId:
    """Return the plan that is allowed; make one if there is none that can be carried out."""
    state = context.ledger.cases.get(canary.case_id).state
    if state in (*_APPLICABLE, CaseState.VERIFIED):
        return context.ledger.plans.of_case(canary.case_id)[0].plan_id
    if state is not CaseState.PLANNED:
        requests.plan_request(context, canary.case_id, now)
    kept, plan = stored(context, context.ledger.plans.of_case(canary.case_id)[0].plan_id)
    _refuse_more_than(context, canary, plan)
    approve_standing(context, plan, kept.digest, OFFICE, now)
    return plan.plan_id


def _refuse_more_than(context: Context, canary: Canary, plan: Plan) -> None:
    """Refuse a plan that names a key or a row that is not the canary's: approving it would need a person."""
    keys = fetch_keys(context.ledger.vault, plan.case_id, plan.plan_id)
    others = sum(_digest(context, value) not in canary.digests for values in keys.values() for value in values)
    rows: dict[DatasetId, int] = {}
    for step in plan.steps:
        if isinstance(step, RowStep):
            rows[step.dataset] = max(rows.get(step.dataset, 0), step.rows)
    more = sorted(name for name, count in rows.items() if count > canary.rows.get(name, 0))
    if others or more:
        where = f" in {', '.join(more)}" if more else ""
        raise RefusedError(
            f"{canary.canary_id}: plan {plan.plan_id} touches more than the canary's rows{where}; nothing was touched",
            hint="somebody's data is tied to the canary's keys: look at the plan",
        )
    if plan.withheld:
        kept = ", ".join(sorted({held.dataset for held in plan.withheld}))
        raise RefusedError(f"{canary.canary_id}: a hold would keep the canary's rows in {kept}; nothing was touched")
    if plan.crossings:
        what = ", ".join(crossing.limit for crossing in plan.crossings)
        raise LimitError(
            f"{canary.canary_id}: its plan crosses a limit ({what})", hint="the dataset is too small for one"
        )


def _carried_out(context: Context, plan_id: PlanId, now: datetime) -> FoundError | None:
    """Apply and verify; return what verification found, so that the look can say where."""
    report = applying.apply(context, plan_id, now)
    if report.failed:
        codes = ", ".join(f"{step} ({failed.code})" for step, failed in report.failed.items())
        if all(failed.transient for failed in report.failed.values()):
            raise TransientFailure(f"canary: {codes}", hint="run again")
        return FoundError(f"canary: {codes}", hint=f"its case is {report.state.value}: see the journal")
    try:
        verifying.verify(context, plan_id, now)
    except FoundError as error:
        return error
    return None


# -- looking


def _look(context: Context, canaries: Sequence[Canary], *, restored: bool) -> Sighting:
    owners = {digest: canary.canary_id for canary in canaries for digest in canary.digests}
    found: dict[CanaryId, set[DatasetId]] = {}
    looked, unreached = 0, []
    for dataset in context.datamap.datasets.values():
        looked += _see(context, context.stores[dataset.system], dataset, owners, found)
    for system, original in context.restores.items() if restored else ():
        try:
            store = context.stores[system]
            for dataset in rehomed(context.datamap, original, system).datasets.values():
                looked += _see(context, store, dataset, owners, found)
        except TransientFailure:
            unreached.append(system)
    return Sighting(looked, {name: tuple(sorted(where)) for name, where in found.items()}, tuple(unreached))


def _see(
    context: Context,
    store: Store,
    dataset: Dataset,
    owners: Mapping[str, CanaryId],
    found: dict[CanaryId, set[DatasetId]],
) -> int:
    """Read the whole dataset, old versions included, with verification's eyes; return 1 if it was there to be read."""
    if not store.finder().describe(dataset):
        return 0
    for value in _telling_values(store, dataset):
        owner = owners.get(_digest(context, value))
        if owner is not None:
            found.setdefault(owner, set()).add(_place(dataset))
    return 1


def _telling_values(store: Store, dataset: Dataset) -> Iterator[Key]:
    inspector, columns = store.inspector(), telling_columns(dataset)
    for batch in chain(inspector.scan(dataset), inspector.past(dataset)):
        for name in columns:
            if name in batch.schema.names:
                yield from (
                    key for value in batch.column(name).unique().to_pylist() if (key := _key(value)) is not None
                )


def _key(value: object) -> Key | None:
    """Return the value as a key: stores differ in how they give whole numbers back."""
    if isinstance(value, float | Decimal) and value == int(value):
        return int(value)
    return value if isinstance(value, str | int) else None


def _place(dataset: Dataset) -> DatasetId:
    """Name the dataset in its system: a restored one has the original's name."""
    is_there = dataset.dataset_id.partition(".")[0] == dataset.system
    return dataset.dataset_id if is_there else DatasetId(f"{dataset.system}.{dataset.dataset_id}")


def _refuse_survivors(context: Context, canaries: Sequence[Canary], seen: Sighting, now: datetime) -> None:
    """Record who survived, and raise the alarm."""
    told = []
    for canary in canaries:
        _note(context, canary, seen, now)
        if canary.canary_id in seen.found:
            told.append(f"{canary.canary_id} survived in {', '.join(seen.found[canary.canary_id])}")
    context.log.publish()
    raise FoundError(
        f"the cascade has a hole: {'; '.join(told)}",
        hint="erasures of people went the same way: find out why before anything is called done",
    )


def _note(context: Context, canary: Canary, seen: Sighting, now: datetime) -> None:
    state = CanaryState.SURVIVED if canary.canary_id in seen.found else CanaryState.ABSENT
    after = replace(canary, state=state, looked_at=now)
    _record(context, after, seen, now)
    context.ledger.canaries.looked(after)


def _record(context: Context, canary: Canary, seen: Sighting, now: datetime) -> None:
    reference = hashlib.sha256(canary.canary_id.encode()).hexdigest()
    where = seen.found.get(canary.canary_id, ())
    context.record(canary.case_id, CanaryLooked(reference, canary.state.value, seen.looked_in, where), now)


def _digest(context: Context, value: Key) -> str:
    return SubjectKey("canary", value).digest(context.keys.create("canary"))
