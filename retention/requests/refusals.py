"""For which reasons a request may be refused.

A reason must be one of every law under which the person uses the right (APPI 32(2), 33(2), 34(2), 35 provisos;
GDPR 12(5), 15(4), 17(3), 20(4), 21(1); CCPA 1798.105(d), 1798.145), and none that the text gave up. Reasons of form
count where a law lets form be insisted on. Words for a difficulty (harm, hindrance) refuse nothing under APPI art. 35:
`difficult-with-substitute` does, beside the measure that takes its place.

One text's `purpose-unclear` stands in no law (APPI 32(2)(i) says "evident"): never a reason, `purpose-evident` is
offered in its place. `not-required` is a reason only for what no law gives and no text offers: otherwise the Act's
own ground is named.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from retention.law import Regime
from retention.law.refusals import APPI, LAWS, NEED_MEASURE, PROCEDURAL, PROCEDURE, measured
from retention.model.terms import FreeOfCharge, Ground, Refusal, Right, RightTerms
from retention.requests.fees import forbidding_fee
from retention.requests.offered import knowing, offered, standing
from retention.requests.proof import Level, level

_OFFERED_INSTEAD = {Refusal.PURPOSE_UNCLEAR: Refusal.PURPOSE_EVIDENT}
_OF_PROOF = frozenset({Refusal.IDENTITY_UNPROVEN, Refusal.AGENT_UNPROVEN, Refusal.FORM_DEFECTIVE})


@dataclass(frozen=True, slots=True)
class Permitted:
    """It may be given."""

    articles: tuple[str, ...]
    """What each law says; empty: only the text does."""


@dataclass(frozen=True, slots=True)
class NotPermitted:
    """It may not."""

    articles: tuple[str, ...]
    """The provisions that do not know it; empty: the text gave it up."""
    instead: Refusal | None
    """What may be meant."""


Reason: TypeAlias = Permitted | NotPermitted


def may_refuse(
    right: Right,
    code: Refusal,
    regimes: Collection[Regime],
    rights: Mapping[Right, RightTerms],
    ground: Ground | None = None,
) -> Reason:
    """Return whether the right may be refused for the reason.

    Args:
        right: What is asked for.
        code: The reason.
        regimes: The laws under which the person asks.
        rights: What the text offers.
        ground: On which the person asks: only the laws that know it are asked, or all if none does.

    """
    terms = offered(right, rights)
    if code is Refusal.NOT_REQUIRED:
        given = knowing(right, regimes) or terms is not None
        return NotPermitted((), None) if given else Permitted(())
    laws = _asked(right, ground, regimes)
    if code in PROCEDURAL:
        return _form(right, code, laws, terms)
    if not laws:
        own = (Refusal.OTHER_LAW, *(terms.refusals if terms is not None else ()))
        return Permitted(()) if code in own else NotPermitted((), _meant(right, code, regimes))
    strange = tuple(LAWS[law][right][0] for law in laws if code not in LAWS[law][right][1])
    if strange:
        return NotPermitted(strange, _meant(right, code, regimes))
    if terms is not None and _given_up(right, code, terms):
        return NotPermitted((), None)
    return Permitted(tuple(LAWS[law][right][0] for law in laws))


def _asked(right: Right, ground: Ground | None, regimes: Collection[Regime]) -> tuple[Regime, ...]:
    known = knowing(right, regimes)
    if ground is None:
        return known
    bearing = [law for law in standing(right, ground, regimes) if law in known]
    return tuple(bearing) or known


def _form(right: Right, code: Refusal, laws: Collection[Regime], terms: RightTerms | None) -> Reason:
    """Return whether a reason of form counts in every law; a fee must be one that may be charged."""
    if code is Refusal.FEE_UNPAID:
        forbidding = forbidding_fee(right, laws)
        if forbidding or terms is None or isinstance(terms.fee, FreeOfCharge):
            return NotPermitted(forbidding, None)
    if code in _OF_PROOF and level(right, laws, account=False) is Level.NONE:
        return NotPermitted((), None)
    admitting = PROCEDURE[code]
    strange = tuple(LAWS[law][right][0] for law in laws if law not in admitting)
    return NotPermitted(strange, None) if strange else Permitted(tuple(admitting[law] for law in laws))


def _meant(right: Right, code: Refusal, regimes: Collection[Regime]) -> Refusal | None:
    if any(code in measured(right, regime) for regime in regimes):
        return Refusal.DIFFICULT_WITH_SUBSTITUTE
    return _OFFERED_INSTEAD.get(code)


def _given_up(right: Right, code: Refusal, terms: RightTerms) -> bool:
    """Whether the text, which speaks in words of the APPI, promises not to refuse for it.

    A list of reasons is closed unless it refers to the Act as a whole; what another law forbids or requires is
    no promise of anybody's to give, and a request without a ground is none.
    """
    if code is Refusal.NO_GROUND:
        return Ground.NONE_NEEDED in terms.grounds
    if not terms.refusals or Refusal.NOT_REQUIRED in terms.refusals or code is Refusal.OTHER_LAW:
        return False
    said = set(terms.refusals) | {_OFFERED_INSTEAD.get(word, word) for word in terms.refusals}
    if NEED_MEASURE & said:
        said.add(Refusal.DIFFICULT_WITH_SUBSTITUTE)
    return code in APPI.get(right, ("", frozenset[Refusal]()))[1] and code not in said


def reasons(
    right: Right, regimes: Collection[Regime], rights: Mapping[Right, RightTerms], ground: Ground | None = None
) -> frozenset[Refusal]:
    """Return all reasons that may be given."""
    return frozenset(
        code for code in Refusal if isinstance(may_refuse(right, code, regimes, rights, ground), Permitted)
    )
