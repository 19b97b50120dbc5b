"""An account that several people use: each is answered for himself.

APPI art. 33(2)(i), GDPR art. 15(4), CCPA 1798.145: what one person gets or has erased must not reach into the
rights of another; who holds the contract does not speak for the household. A minor's part goes with the statutory
agent; an adult's with a mandate.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar

_Person = TypeVar("_Person")


def covers(requester: _Person, household: Collection[_Person], represented: Collection[_Person]) -> frozenset[_Person]:
    """Return whose data the request is for.

    Args:
        requester: Who asks.
        household: Everybody who uses the account.
        represented: Those for whom the requester showed an authority (see `filing.admit`).

    """
    return frozenset({requester}) | (frozenset(household) & frozenset(represented))
