"""Every place that a plan's steps on rows change, with what is done there and what arrives there.

Most steps change one dataset. A suspension changes up to two more: where suspended rows, or their keys, stand, and
the view by which the application reads. Each place is measured before the first step and looked at after the last.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from retention.datamap import kept_id, view_of
from retention.execution.arming import armed
from retention.execution.site import Site
from retention.model.datamap import DataMap, Dataset
from retention.model.ids import DatasetId
from retention.model.plan import (
    AnonymizeRows,
    EraseRows,
    ExactStep,
    Plan,
    RowStep,
    SuspendRows,
    SuspensionStep,
)
from retention.model.sharing import KeyUse
from retention.model.suspension import Flag, Listed
from retention.verification import Arriving, Baseline, measure


@dataclass(frozen=True, slots=True)
class Arrival:
    """Rows that a step brings from another place."""

    source: Dataset
    before: tuple[RowStep, ...]
    """The source's steps before it."""
    step: SuspensionStep
    columns: tuple[str, ...] = ()
    """What arrives of a row; all of it if empty."""


@dataclass(slots=True)
class Place:
    """A dataset, or a view of one."""

    dataset: Dataset
    steps: list[RowStep] = field(default_factory=list)
    arrivals: list[Arrival] = field(default_factory=list)
    touched_by: list[RowStep] = field(default_factory=list)
    """Every step that changes it, its own and those that bring rows."""


def places(plan: Plan, datamap: DataMap) -> dict[DatasetId, Place]:
    """Return the places by name, in the order in which they are first changed."""
    found: dict[DatasetId, Place] = {}

    def at(dataset: Dataset) -> Place:
        return found.setdefault(dataset.dataset_id, Place(dataset))

    for step in plan.steps:
        if not isinstance(step, RowStep):
            continue
        here = at(datamap.datasets[step.dataset])
        before = tuple(here.steps)
        here.steps.append(step)
        here.touched_by.append(step)
        if isinstance(step, SuspensionStep):
            original = datamap.datasets[here.dataset.keeps or step.dataset]
            for dataset, arrival in _brings(step, here.dataset, original, before, datamap):
                at(dataset).arrivals.extend(arrival)
                at(dataset).touched_by.append(step)
            if (view := view_of(original)) and isinstance(step, SuspendRows):
                at(view).steps.append(_vanishing(step, view))
                at(view).touched_by.append(step)
    return found


def _brings(
    step: SuspensionStep, here: Dataset, original: Dataset, before: tuple[RowStep, ...], datamap: DataMap
) -> Iterator[tuple[Dataset, list[Arrival]]]:
    """Yield where the step brings rows, or where it must change nothing."""
    means, view = step.how.means, view_of(original)
    if isinstance(step, SuspendRows):
        if not isinstance(means, Flag):
            columns = original.primary_key if isinstance(means, Listed) else ()
            yield datamap.datasets[kept_id(original.dataset_id)], [Arrival(here, before, step, columns)]
        return
    if isinstance(means, Listed):
        yield original, []
    elif not isinstance(means, Flag):
        yield original, [Arrival(here, before, step)]
    if view is not None:
        own = before if isinstance(means, Flag) else ()
        yield view, [Arrival(original, own, step)]


def _vanishing(step: SuspendRows, view: Dataset) -> EraseRows:
    """Return what a suspension is to those who read by the view."""
    return EraseRows(step.step_id, view.dataset_id, step.where, step.rows, step.of_rows, step.because)


def measured(site: Site, place: Place, now: datetime) -> Baseline:
    """Measure the place as it is, and compute what it should be after the plan.

    Raises:
        TransientFailure, TerminalFailure: from the stores.

    """
    exact = exact_steps(site, tuple(place.steps), KeyUse.PSEUDONYMIZATION, now)
    rare = {step.step_id: site.rare(step) for step in exact if isinstance(step, AnonymizeRows)}
    come = [_arriving(site, arrival, now) for arrival in place.arrivals]
    return measure(place.dataset, exact, site.keys, rare, site.store(place.dataset).inspector(), arriving=come)


def _arriving(site: Site, arrival: Arrival, now: datetime) -> Arriving:
    before = exact_steps(site, arrival.before, KeyUse.PSEUDONYMIZATION, now)
    rare = {step.step_id: site.rare(step) for step in before if isinstance(step, AnonymizeRows)}
    inspector = site.store(arrival.source).inspector()
    return Arriving(arrival.source, before, arrival.step, rare, inspector, arrival.columns)


def exact_steps(site: Site, steps: tuple[RowStep, ...], use: KeyUse, now: datetime) -> list[ExactStep]:
    """Return the steps as they can be computed."""
    return [armed(site, step, use, now) for step in steps]
