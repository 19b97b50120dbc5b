"""Why a step is in a plan."""

from __future__ import annotations

from dataclasses import dataclass

from retention.model.ids import RuleId


@dataclass(frozen=True, slots=True)
class Because:
    """Why a step is in the plan."""

    rules: tuple[RuleId, ...]
    """Rules whose clocks ran out; empty when a person asked."""
    statutes: tuple[str, ...]
    request: bool
    """A person asked (or a restore replays what was once asked)."""
