"""What the text offers for a right, in terms of the laws that know it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from retention.law import Regime
from retention.law.grounds import GROUNDS
from retention.law.refusals import LAWS
from retention.model.terms import Ground, Right, RightTerms


def offered(right: Right, rights: Mapping[Right, RightTerms]) -> RightTerms | None:
    """Return the terms of the right; who offers erasure of everything offers it of some items, too."""
    if right is Right.ITEM_DELETION:
        return rights.get(right) or rights.get(Right.ERASURE)
    return rights.get(right)


def knowing(right: Right, regimes: Collection[Regime]) -> tuple[Regime, ...]:
    """Return the laws that say something about the right, in one order."""
    return tuple(regime for regime in Regime if regime in regimes and right in LAWS[regime])


def standing(right: Right, ground: Ground | None, regimes: Collection[Regime]) -> tuple[Regime, ...]:
    """Return the laws under which the right may be used on that ground; None: no ground is given."""
    known = ((regime, GROUNDS[regime].get(right, {})) for regime in Regime if regime in regimes)
    return tuple(regime for regime, grounds in known if Ground.NONE_NEEDED in grounds or ground in grounds)
