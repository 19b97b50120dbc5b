"""How long evidence itself keeps what still ties it to people; the log holds nothing personal and stays."""

from __future__ import annotations

from dataclasses import dataclass, field

from retention.model.period import Period


@dataclass(frozen=True, slots=True)
class EvidenceTerms:
    """The `evidence` section of retention.yaml, as far as people are concerned."""

    openings_for: Period = field(default_factory=lambda: Period(years=5))
    """How long after the end of its year an epoch's key and openings stay: who knows a person can ask."""
    receipts_for: Period = field(default_factory=lambda: Period(years=1))
    """How long after sealing we keep what a person's receipt is made from: a lost one can be printed again."""
    remainders_for: Period = field(default_factory=lambda: Period(years=1))
    """How long a case that was rejected and not planned again keeps the person's key in the vault."""
