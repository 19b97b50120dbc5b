"""What an investigation finds, as far as facts alone say it; the rest a person finds.

APPI art. 35(5) and guideline 3-8-5-1: data is no longer needed when *every* purpose has ended; an event that must be
reported (26(1)) is a ground, and any leak where the text says so; whether handling is likely to harm the person is
weighed against five reasons to go on with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from retention.law import Regime
from retention.model.policy import Basis, Purpose
from retention.model.request_moves import Finding
from retention.model.terms import Consent, ConsentKind


def no_longer_needed(ended: Mapping[str, bool]) -> Finding | None:
    """Return `founded` if every purpose of the data has ended, or None: a person judges.

    Args:
        ended: Purpose → whether it has ended for this person; empty: nobody knows what the data is for.

    """
    return Finding.FOUNDED if ended and all(ended.values()) else None


def leaked(reportable: Collection[bool], *, any_leak: bool) -> Finding:
    """Return whether an event is a ground for the person.

    Args:
        reportable: For each event that reached the person's data, whether it had to be reported (APPI art. 26(1)).
        any_leak: Whether the text admits every leak.

    """
    return Finding.FOUNDED if any(any_leak or each for each in reportable) else Finding.UNFOUNDED


def unconsented(
    purposes: Iterable[Purpose], consents: Collection[Consent], regimes: Collection[Regime]
) -> tuple[str, ...]:
    """Return the purposes that rest on a consent which nobody gave: it is only deemed, from use without objection.

    Deemed consent is none in the sense of GDPR art. 4(11) and 7, nor where the APPI asks for consent (18(1), 20(2),
    27(1)): data held for such a purpose alone is held unlawfully, which is a ground (GDPR 17(1)(d), APPI 35(1)).
    Under the GDPR every purpose needs a basis (6(1)): one for which the text states none but its users' consent too.
    """
    needing = {Basis.CONSENT, Basis.UNSTATED} if Regime.GDPR in regimes else {Basis.CONSENT}
    resting = (purpose.purpose_id for purpose in purposes if purpose.basis in needing)
    return tuple(purpose for purpose in resting if _only_deemed(purpose, consents))


def _only_deemed(purpose: str, consents: Collection[Consent]) -> bool:
    kinds = {consent.kind for consent in consents if not consent.purposes or purpose in consent.purposes}
    return kinds == {ConsentKind.DEEMED}


class Need(Enum):
    """A reason to go on in spite of likely harm (guideline 3-8-5-1)."""

    LIFE_OR_PROPERTY = "life-or-property"
    """To protect the life, body or property of the person or someone else."""
    LEGAL_DUTY = "legal-duty"
    CONTRACT_DUTY = "contract-duty"
    PREVENTING_WRONGDOING = "preventing-wrongdoing"
    LEGAL_CLAIMS = "legal-claims"


@dataclass(frozen=True, slots=True)
class Worksheet:
    """One weighing, filled in by a person."""

    harm_likely: bool
    """To the person's rights or legitimate interests: mail that goes on after an objection, for instance."""
    needs: frozenset[Need]
    by: str
    """Who weighed."""

    @property
    def finding(self) -> Finding:
        """What it comes to: founded only if harm is likely and nothing outweighs it."""
        return Finding.FOUNDED if self.harm_likely and not self.needs else Finding.UNFOUNDED
