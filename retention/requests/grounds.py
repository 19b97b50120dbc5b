"""Whether there is a ground to ask, and whether it is looked into before anything is done.

The law's grounds and the text's are added up (APPI 34(1), 35(1)(3)(5); GDPR 16-18, 20, 21; CCPA 1798.105, 106,
110, 120): where the text is silent the law's count, and where it is wider (no ground needed, any leak) it is
honoured and marked as voluntary.

Looking into it first: APPI 34(2) for what is said to be untrue, 35(2)(4)(6) where a fact is given as the reason, and
wherever the text promises it. What a law gives without a ground needs no finding, whatever the text says, and who
gives no reason may be granted more than is owed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from retention.law import Regime
from retention.law.grounds import GROUNDS
from retention.model.terms import Ground, Right, RightTerms
from retention.requests.offered import knowing, offered, standing

_UNTRUE = frozenset({Right.CORRECTION, Right.ADDITION, Right.DELETION})
_OWN_ACT = frozenset({Ground.CONSENT_WITHDRAWN, Ground.OBJECTION, Ground.NONE_NEEDED})
"""The person's own word makes them true."""


@dataclass(frozen=True, slots=True)
class Owed:
    """A law gives the right on this ground."""

    articles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Promised:
    """The text is wider than every law that applies: it is honoured, and the answer says that it is voluntary."""


@dataclass(frozen=True, slots=True)
class NoGround:
    """Neither a law nor the text knows this ground for the right."""

    known: tuple[Ground, ...]
    """Those that they know."""


@dataclass(frozen=True, slots=True)
class NotGiven:
    """No law that applies gives the right, and the text does not offer it."""


Judgement: TypeAlias = Owed | Promised | NoGround | NotGiven


def judge(
    right: Right, ground: Ground | None, regimes: Collection[Regime], rights: Mapping[Right, RightTerms]
) -> Judgement:
    """Return whether the right may be used on that ground.

    Args:
        right: What is asked for.
        ground: The reason that the person gives; None: none is given.
        regimes: The laws under which the person asks.
        rights: What the text offers.

    """
    laws = standing(right, ground, regimes)
    if laws:
        return Owed(tuple(_article(right, ground, law) for law in laws))
    terms = offered(right, rights)
    if terms is not None and _in_text(ground, terms, regimes):
        return Promised()
    if terms is None and not knowing(right, regimes):
        return NotGiven()
    return NoGround(_known(right, terms, regimes))


def _article(right: Right, ground: Ground | None, law: Regime) -> str:
    grounds = GROUNDS[law][right]
    return grounds[ground] if ground is not None and ground in grounds else grounds[Ground.NONE_NEEDED]


def _in_text(ground: Ground | None, terms: RightTerms, regimes: Collection[Regime]) -> bool:
    if Ground.NONE_NEEDED in terms.grounds:
        return True
    if not terms.grounds:
        # a right that the text alone gives, without a word on grounds
        return not knowing(terms.right, regimes)
    wide = {Ground.ANY_LEAK, Ground.BREACH} if Ground.ANY_LEAK in terms.grounds else set[Ground]()
    return ground in {*terms.grounds, *wide}


def _known(right: Right, terms: RightTerms | None, regimes: Collection[Regime]) -> tuple[Ground, ...]:
    by_law = {ground for regime in regimes for ground in GROUNDS[regime].get(right, {})}
    by_text = set(terms.grounds) if terms is not None else set[Ground]()
    return tuple(ground for ground in Ground if ground in by_law | by_text)


def finding_first(
    right: Right, ground: Ground | None, regimes: Collection[Regime], rights: Mapping[Right, RightTerms]
) -> bool:
    """Whether nothing is granted before someone has looked into it and found a reason."""
    terms = offered(right, rights)
    if any(Ground.NONE_NEEDED in GROUNDS[regime].get(right, {}) for regime in regimes):
        return False
    if terms is not None and Ground.NONE_NEEDED in terms.grounds:
        return False
    if terms is not None and terms.investigated:
        return True
    fact = right in _UNTRUE or (ground is not None and ground not in _OWN_ACT)
    return fact and bool(knowing(right, regimes))
