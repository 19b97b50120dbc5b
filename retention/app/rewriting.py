"""Copies that are not merely kept out of use but rewritten: each a store of its own, on the road of restores.

A copy's part is looked at like a restored store, planned, approved, applied by the engine of its kind
with all earlier versions, and verified; the gate's word about it is the evidence that the copy is clean.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from retention.app.context import Context
from retention.app.records import PlanSummary
from retention.app.restores import plan_restore
from retention.errors import UnknownNameError
from retention.model.ids import CopyId, SystemId
from retention.model.restores import part_of_copy


@dataclass(frozen=True, slots=True)
class Rewrite:
    """What is to be done to one copy."""

    copy_id: CopyId
    system: SystemId
    """The copy's part, as a system: what `retention restore gate` is asked about."""
    plan: PlanSummary | None
    """None: nobody is in it who must not be."""


def plan_rewrites(context: Context, part: SystemId, now: datetime) -> tuple[Rewrite, ...]:
    """Plan, for each copy that there is and that lies in a folder of its date, what must go from this part of it.

    Raises:
        UnknownNameError: retention.yaml declares no such part of copies.
        StateError: a copy is being rewritten.
        TransientFailure, TerminalFailure: from the backup system or a copy.

    """
    if part not in context.rewrites:
        known = ", ".join(sorted(context.rewrites)) or "none"
        raise UnknownNameError(
            f"{part} is no part of copies (known: {known})",
            hint="declare it in retention.yaml, with `rewrites: BACKUPS`, `restores: SYSTEM` and `{copy}` in its url",
        )
    keeper, _ = context.rewrites[part]
    planned = []
    for copy in context.copies[keeper].keeper().copies():
        system = part_of_copy(part, copy.copy_id)
        if system is not None:
            planned.append(Rewrite(copy.copy_id, system, plan_restore(context, system, now, copy.taken_at)))
    return tuple(planned)
