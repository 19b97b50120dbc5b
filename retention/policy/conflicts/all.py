"""All rules of the lint, in the order in which they are reported."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from retention.grammar import Finding
from retention.policy.conflicts import fees, floors, intake, rights, sharing, texts
from retention.policy.conflicts.view import Conflict, View

RULES: tuple[Callable[[View], Iterable[Conflict]], ...] = (
    *rights.RULES,
    *fees.RULES,
    *intake.RULES,
    *sharing.RULES,
    *texts.RULES,
    *floors.RULES,
)


def conflicts(view: View) -> tuple[Finding, ...]:
    """Return every disagreement between the policy and the statutes that bind on the day."""
    stated = (conflict.stated(view) for rule in RULES for conflict in rule(view))
    return tuple(finding for finding in stated if finding is not None)
