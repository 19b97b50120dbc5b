"""Verification of keys that were shredded: by what is left, and by trying it."""

from __future__ import annotations

import hashlib
from datetime import datetime

from retention.errors import StateError
from retention.execution.lines import Lines
from retention.execution.shredding import owners
from retention.execution.site import Site
from retention.model.facts import Looked
from retention.model.ids import DatasetId
from retention.model.key_steps import ShredKeys
from retention.ports.ledger import Phase
from retention.verification import Look
from retention.verification.keys import look_at_keys


def look_at_shredded(site: Site, now: datetime) -> dict[DatasetId, Look]:
    """Look at every key that the plan shredded; record what was seen, passed or not.

    Raises:
        StateError: a step has not been carried out yet.
        TransientFailure, TerminalFailure: from the keys' systems.

    """
    lines = Lines(site.ledger.journal, site.plan.plan_id)
    seen: dict[DatasetId, Look] = {}
    for step in site.plan.steps:
        if not isinstance(step, ShredKeys):
            continue
        if lines.find(step.step_id, Phase.DONE) is None:
            raise StateError(f"step {step.step_id} has not been carried out", hint="apply the plan, then verify")
        found = look_at_keys(site.subject_keys[step.system].inspector(), owners(site, step))
        place = place_of(step)
        site.record(_fact(site, place, found), now)
        phase = Phase.VERIFIED if found.passed else Phase.FAILED
        lines.write(step.step_id, phase, now, {"summary": found.summary, "failed": list(found.failed)})
        seen[place] = found
    return seen


def place_of(step: ShredKeys) -> DatasetId:
    """Return what evidence calls the keys of one category."""
    return DatasetId(f"{step.system}.{step.category}")


def _fact(site: Site, place: DatasetId, found: Look) -> Looked:
    return Looked(
        plan_digest=site.digest,
        dataset=place,
        passed=found.passed,
        rows_before=found.rows_before,
        rows_after=found.rows_after,
        residual=found.residual + found.residual_past,
        expected_digest=found.digest_expected,
        found_digest=found.digest_found,
        smallest_class=None,
        expectations=found.expectations,
        suite_digest=hashlib.sha256(found.summary.encode()).hexdigest(),
    )
