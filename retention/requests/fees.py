"""What a request costs: only where every law allows a fee, whatever the text charges.

APPI art. 38(1): for disclosure (also of records of provision) and for notification of the purpose, within what is
reasonable in view of the cost (38(2)). GDPR art. 12(5) and CCPA 1798.130(a)(2): nothing, unless a request is
manifestly unfounded or excessive (see `repeated`). A fee that is not paid stops nothing but what it is charged for.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from retention.errors import InputError, Problem
from retention.law import Regime
from retention.law.charges import FREE, MAY_COST
from retention.model.terms import ActualCost, Fee, FixedFee, FreeOfCharge, Right


@dataclass(frozen=True, slots=True)
class Nothing:
    """Nothing is charged."""

    forbidden_by: tuple[str, ...]
    """Statutes that forbid what the text would charge; empty: the text charges nothing either."""


@dataclass(frozen=True, slots=True)
class Charge:
    """So much is charged, for this request alone."""

    amount: int
    """Above 0, in the currency's own unit (yen)."""
    currency: str
    """ISO 4217."""
    prepaid: bool
    """The request waits until it is paid; otherwise only the handing over does."""
    items: tuple[tuple[str, int], ...]
    """What it is made of: code and amount; empty for a fixed fee."""


Price: TypeAlias = Nothing | Charge


def price(
    right: Right,
    fee: Fee,
    regimes: Collection[Regime],
    costs: Collection[tuple[str, int]],
    currency: str,
    *,
    excessive: bool = False,
) -> Price:
    """Return what the person pays.

    Args:
        right: What is asked for.
        fee: What the text charges for it.
        regimes: The laws under which the person asks.
        costs: Where the text charges the actual cost: what it is made of, told before anything is done.
        currency: Of these costs (ISO 4217).
        excessive: Whether a person has shown it to be (see `repeated`): then no law makes it free.

    Raises:
        InputError: an item costs less than nothing.

    """
    if isinstance(fee, FreeOfCharge):
        return Nothing(())
    forbidding = forbidding_fee(right, regimes, excessive=excessive)
    if forbidding:
        return Nothing(forbidding)
    match fee:
        case FixedFee(amount, its_currency, prepaid):
            return Charge(amount, its_currency, prepaid, ())
        case ActualCost():
            return _itemised(tuple(costs), currency)
        case _:
            assert_never(fee)


def _itemised(items: tuple[tuple[str, int], ...], currency: str) -> Price:
    if any(amount < 0 for _, amount in items):
        problem = Problem(where="--cost", expected="amounts of 0 or more", found="a smaller one")
        raise InputError("the cost cannot be told", problems=(problem,))
    total = sum(amount for _, amount in items)
    return Charge(total, currency, prepaid=True, items=items) if total else Nothing(())


def forbidding_fee(right: Right, regimes: Collection[Regime], *, excessive: bool = False) -> tuple[str, ...]:
    """Return the statutes that forbid any fee for the request."""
    free = [statute for regime, statute in FREE.items() if regime in regimes and not excessive]
    bound = Regime.APPI in regimes and right not in MAY_COST
    return (*free, *(("jp.appi.38-1",) if bound else ()))


def waits_for(charge: Price, *, paid: bool) -> bool:
    """Whether the request waits for money."""
    return isinstance(charge, Charge) and charge.prepaid and not paid
