"""What the law and the text allow in one request's life, as its moves are checked by (`lifecycle.Bounds`)."""

from __future__ import annotations

from collections.abc import Collection

from retention.law import Regime
from retention.law.refusals import OF_THE_LIVING
from retention.model.terms import FreeOfCharge, Ground, Refusal, Right, Terms
from retention.requests.fees import forbidding_fee
from retention.requests.grounds import finding_first
from retention.requests.lifecycle import Bounds
from retention.requests.offered import offered
from retention.requests.proof import Level, level
from retention.requests.refusals import reasons
from retention.requests.repeated import TooMuch


def bounds(
    right: Right,
    ground: Ground | None,
    regimes: Collection[Regime],
    terms: Terms,
    excess: TooMuch | None = None,
    *,
    has_died: bool = False,
) -> Bounds:
    """Return what is allowed.

    Args:
        right: What is asked for.
        ground: On which the person asks; None: no ground was given.
        regimes: The laws under which the person asks (see `regimes.applying`).
        terms: What the text says.
        excess: What may be done about a request that is repeated too often (see `repeated.too_much`).
        has_died: Whether it is recorded that the person has died: then, and only then, that is a reason.

    """
    own = offered(right, terms.rights)
    charged = own is not None and not isinstance(own.fee, FreeOfCharge)
    known = reasons(right, regimes, terms.rights, ground) | (frozenset() if excess is None else excess.refuse_for)
    if has_died and frozenset(regimes) <= OF_THE_LIVING:
        known |= {Refusal.NOT_PERSONAL_INFORMATION}
    return Bounds(
        refusals=known,
        may_charge=(charged or excess is not None) and not forbidding_fee(right, regimes, excessive=excess is not None),
        identity_first=level(right, regimes, account=False) is not Level.NONE,
        finding_first=finding_first(right, ground, regimes, terms.rights),
    )
