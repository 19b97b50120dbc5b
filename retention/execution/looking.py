"""Verification of what was done, dataset by dataset, after all its steps."""

from __future__ import annotations

import hashlib
from datetime import datetime

from retention.errors import StateError
from retention.execution.disclosed_looking import look_at_disclosed
from retention.execution.lines import Lines
from retention.execution.places import exact_steps, places
from retention.execution.rows import look_id
from retention.execution.shared_looking import look_at_sets
from retention.execution.shredded_looking import look_at_shredded
from retention.execution.site import Site
from retention.model.facts import Looked
from retention.model.ids import DatasetId
from retention.model.plan import RowStep
from retention.model.sharing import KeyUse
from retention.ports.ledger import Phase
from retention.verification import Baseline, Look, look


def look_again(site: Site, now: datetime) -> dict[DatasetId, Look]:
    """Look at every dataset, handed-over set and key that the plan touched; record what was seen, passed or not.

    Raises:
        StateError: a step has not been carried out yet.
        TransientFailure, TerminalFailure: from the stores.

    """
    lines = Lines(site.ledger.journal, site.plan.plan_id)
    seen: dict[DatasetId, Look] = {}
    for dataset_id, place in places(site.plan, site.datamap).items():
        _require_done(lines, place.touched_by)
        dataset = place.dataset
        exact = exact_steps(site, tuple(place.steps), KeyUse.VERIFICATION, now)
        baseline = Baseline.from_json(lines.body(look_id(dataset_id), Phase.INTENT)["baseline"])
        found = look(dataset, exact, site.keys, site.store(dataset).inspector(), baseline)
        site.record(_fact(site, dataset_id, found), now)
        if found.passed:
            lines.write(look_id(dataset_id), Phase.VERIFIED, now, {"summary": found.summary})
        else:
            lines.write(look_id(dataset_id), Phase.FAILED, now, {"failed": list(found.failed)})
        seen[dataset_id] = found
    return seen | look_at_sets(site, site.counter, now) | look_at_shredded(site, now) | look_at_disclosed(site, now)


def _require_done(lines: Lines, steps: list[RowStep]) -> None:
    for step in steps:
        if lines.find(step.step_id, Phase.DONE) is None:
            raise StateError(f"step {step.step_id} has not been carried out", hint="apply the plan, then verify")


def _fact(site: Site, dataset: DatasetId, found: Look) -> Looked:
    return Looked(
        plan_digest=site.digest,
        dataset=dataset,
        passed=found.passed,
        rows_before=found.rows_before,
        rows_after=found.rows_after,
        residual=found.residual + found.residual_past,
        expected_digest=found.digest_expected,
        found_digest=found.digest_found,
        smallest_class=found.smallest_class,
        expectations=found.expectations,
        suite_digest=hashlib.sha256(found.summary.encode()).hexdigest(),
    )
