"""One difference between two versions of a policy, and what it means for people."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from retention.model.ids import CategoryId


class Effect(Enum):
    """What a change means for people."""

    REDUCING = "reducing"
    EXTENDING = "extending"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two versions."""

    code: str
    """`LONGER`, `SHORTER`, `OTHER_DISPOSAL`, `OTHER_START`, `HOLD_ADDED` …"""
    where: str
    """Rule, category, hold or part of the policy."""
    category: CategoryId | None
    """The category whose data changes fate; None if the change is not about one."""
    before: str
    after: str
    effect: Effect
    by_law: bool = False
    """A statute asks for it: consent is neither needed nor possible."""

    @property
    def needs_consent(self) -> bool:
        """Whether it takes something from people that no law asks to be taken."""
        return self.effect is Effect.REDUCING and not self.by_law
