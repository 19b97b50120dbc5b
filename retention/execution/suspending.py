"""Whose data is suspended: noted before the first row is touched, so that a sweep finds what a dead run left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from retention.execution.site import Site
from retention.model.ids import RuleId
from retention.model.plan import SuspendRows
from retention.model.subject import SubjectKey
from retention.model.suspension import SUSPENDED, SuspendedKey


def note_suspensions(site: Site, now: datetime) -> None:
    """Keep whose data the plan suspends, and which suspensions it lifts; the first word stands."""
    for case_id in site.plan.lifts:
        site.ledger.suspensions.lift(case_id, site.plan.case_id, now)
    site.ledger.suspensions.suspend(_suspended(site, now))


def _suspended(site: Site, now: datetime) -> Iterator[SuspendedKey]:
    """Yield each key of each person, by keyed digest; the scope `suspension:RULE` names the rule behind it."""
    steps = [step for step in site.plan.steps if isinstance(step, SuspendRows)]
    for replay in site.plan.replays:
        scope, _, rule = replay.scope.partition(":")
        if scope != SUSPENDED:
            continue
        behind = [step for step in steps if not rule or rule in step.because.rules]
        statutes = tuple(sorted({statute for step in behind for statute in step.because.statutes}))
        untils = [step.until for step in behind if step.until is not None]
        rules = (RuleId(rule),) if rule else ()
        for value in site.keys[replay.keys.keyset_id]:
            digest = site.suppression_digest(SubjectKey(replay.key_name, str(value)))
            until = max(untils) if len(untils) == len(behind) and untils else None
            yield SuspendedKey(site.plan.case_id, replay.key_name, digest, now, rules, statutes, until)
