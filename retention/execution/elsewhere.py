"""Steps that finish elsewhere: backups that expire."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from retention.execution.lines import Lines
from retention.execution.site import Site
from retention.model.copies import Horizon, Suppression
from retention.model.facts import Remains
from retention.model.outcome import Done, Effect, Outcome, Pending
from retention.model.plan import ExpireCopies, Plan
from retention.model.subject import SubjectKey
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
            site.ledger.copies.add_horizon(Horizon(site.plan.case_id, step.system, copy.copy_id, copy.expires_at))
        until = max((copy.expires_at for copy in copies), default=now)
        site.ledger.copies.suppress(suppressions(site, now, until))
        lines.write(step.step_id, Phase.DONE, now, {"copies": len(copies), "until": until.isoformat()})
    if lines.find(step.step_id, Phase.EVIDENCE) is None:
        done = lines.find(step.step_id, Phase.DONE)
        assert done  # noqa: S101 -- narrows the type; it was written above
        for horizon in horizons_of(site.ledger, site.plan, step):
            site.record(Remains(horizon.system, horizon.what, horizon.until), done.at)
        lines.write(step.step_id, Phase.EVIDENCE, now, {})
    until = datetime.fromisoformat(lines.body(step.step_id, Phase.DONE)["until"])
    return Pending(f"copies:{step.system}", until) if until > now else Done(Effect(0))


def horizons_of(ledger: Ledger, plan: Plan, step: ExpireCopies) -> tuple[Horizon, ...]:
    """Return the case's horizons in the step's backup system."""
    return tuple(horizon for horizon in ledger.copies.horizons(plan.case_id) if horizon.system == step.system)


def suppressions(site: Site, now: datetime, until: datetime) -> Iterator[Suppression]:
    """Yield who must not come back with a restored copy, by digest only."""
    for replay in site.plan.replays:
        for value in site.keys[replay.keys.keyset_id]:
            digest = site.suppression_digest(SubjectKey(replay.key_name, value))
            yield Suppression(replay.key_name, digest, replay.scope, site.plan.case_id, now, until + MARGIN)
