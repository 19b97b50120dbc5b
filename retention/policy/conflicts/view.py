"""What a rule of the lint sees, and how it states what it found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from retention.grammar import Finding, Severity
from retention.model.datamap import DataMap
from retention.model.policy import Policy
from retention.model.statute import Statutes
from retention.model.terms import Terms
from retention.policy.statutes import REGIMES


@dataclass(frozen=True, slots=True)
class View:
    """A policy on a day, beside the law of that day."""

    policy: Policy
    statutes: Statutes
    datamap: DataMap
    day: date

    @property
    def terms(self) -> Terms:
        """What the text says beside the rules."""
        return self.policy.terms

    def under(self, regime: str) -> bool:
        """Whether the policy is under the regime."""
        return regime in self.policy.regimes

    def measured_by(self, articles: Sequence[str]) -> tuple[str, ...]:
        """Return those of the statutes that the policy is under and that bind on the day."""
        return tuple(code for code in articles if self._reached_by(code) and self.statutes.binds(code, self.day))

    def _reached_by(self, code: str) -> bool:
        regime = next((regime for regime in REGIMES if code.startswith(f"{regime}.")), None)
        return regime is None or self.under(regime)


@dataclass(frozen=True, slots=True)
class Conflict:
    """A disagreement before it is known whether its statutes bind."""

    code: str
    where: str
    says: str
    """What the policy says."""
    articles: tuple[str, ...]
    """The statutes, most important first."""
    law: str
    """What they say, in our words."""
    instead: str
    """What is done instead."""
    severity: Severity = Severity.WARNING

    def stated(self, view: View) -> Finding | None:
        """Return the finding, or None if none of the statutes binds."""
        binding = view.measured_by(self.articles)
        if self.articles and not binding:
            return None
        cited = ", ".join(view.statutes.article(code) for code in binding)
        law = f"{cited}: {self.law}" if cited else self.law
        return Finding(self.code, self.where, self.says, self.severity, binding, law, self.instead)
