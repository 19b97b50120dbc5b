"""Steps that finish elsewhere: backups that expire."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta

from retention.execution.lines import Lines
from retention.execution.site import Site
from retention.model.copies import Copy, Horizon, Suppression, UseTests
from retention.model.disclosure import SHOWN
from retention.model.facts import BeyondUse, Remains
from retention.model.horizons import is_later, latest
from retention.model.ids import CaseId
from retention.model.outcome import Done, Effect, Outcome, Pending
from retention.model.plan import ExpireCopies, Plan
from retention.model.subject import SubjectKey
from retention.model.suspension import LIFTED, SUSPENDED
from retention.ports.ledger import Ledger, Phase

MARGIN = timedelta(days=30)
"""How long someone stays in the suppression ledger after the last copy should be gone."""


def expire(site: Site, lines: Lines, step: ExpireCopies, now: datetime) -> Outcome:
    """Note the horizon of every copy that exists now, when the live data is gone.

    Raises:
        TransientFailure, TerminalFailure: from the backup system.

    """
    if lines.find(step.step_id, Phase.INTENT) is None:
        lines.write(step.step_id, Phase.INTENT, now, {})
    if lines.find(step.step_id, Phase.DONE) is None:
        copies = site.keepers[step.system].copies()
        for copy in copies:
            site.ledger.copies.add_horizon(horizon_of(site.plan.case_id, copy, now))
        until = latest([now, *(copy.expires_at for copy in copies)])
        site.ledger.copies.suppress(suppressions(site, now, until))
        told = until.isoformat() if until else None
        lines.write(step.step_id, Phase.DONE, now, {"copies": len(copies), "until": told})
    if lines.find(step.step_id, Phase.EVIDENCE) is None:
        done = lines.find(step.step_id, Phase.DONE)
        assert done  # noqa: S101 -- narrows the type; it was written above
        for horizon in horizons_of(site.ledger, site.plan, step):
            site.record(remains(horizon), done.at)
        _state_use_tests(site, step, done.at)
        lines.write(step.step_id, Phase.EVIDENCE, now, {})
    noted: str | None = lines.body(step.step_id, Phase.DONE)["until"]
    until = datetime.fromisoformat(noted) if noted else None
    return Pending(f"copies:{step.system}", until) if is_later(until, now) else Done(Effect(0))


def horizons_of(ledger: Ledger, plan: Plan, step: ExpireCopies) -> tuple[Horizon, ...]:
    """Return the case's horizons in the step's backup system."""
    return tuple(horizon for horizon in ledger.copies.horizons(plan.case_id) if horizon.system == step.system)


def horizon_of(case_id: CaseId, copy: Copy, noted_at: datetime) -> Horizon:
    """Return a copy's horizon for a case whose live data had been erased by then."""
    return Horizon(
        case_id=case_id,
        system=copy.keeper,
        what=copy.copy_id,
        until=copy.expires_at,
        why=copy.why,
        kind=copy.kind,
        region=copy.region,
        noted_at=noted_at,
    )


def remains(horizon: Horizon) -> Remains:
    """Return what evidence states of a horizon."""
    return Remains(horizon.system, horizon.what, horizon.until, horizon.why.value)


def answered(tests: UseTests) -> BeyondUse:
    """Return what evidence states of someone's answers to the four tests."""
    return BeyondUse(**asdict(tests))


def _state_use_tests(site: Site, step: ExpireCopies, at: datetime) -> None:
    """State under the case what was answered for the system that holds its copies, if anything was."""
    tests = site.ledger.copies.use_tests().get(step.system)
    if tests is not None:
        site.record(answered(tests), at)


def suppressions(site: Site, now: datetime, until: datetime | None) -> Iterator[Suppression]:
    """Yield who must not come back with a restored copy, by digest only."""
    expires_at = None if until is None else until + MARGIN
    for replay in site.plan.replays:
        if replay.scope.partition(":")[0] in (SUSPENDED, LIFTED, SHOWN):
            continue  # whose data is suspended or shown may come back; a suspension comes with him
        for value in site.keys[replay.keys.keyset_id]:
            key = SubjectKey(replay.key_name, value)
            digest = site.suppression_digest(key)
            for case_id in site.cases_of(key):
                yield Suppression(replay.key_name, digest, replay.scope, case_id, now, expires_at)
