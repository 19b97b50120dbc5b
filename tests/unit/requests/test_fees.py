"""What a request costs."""

from __future__ import annotations

import pytest

from retention.errors import InputError
from retention.law import Regime
from retention.model.terms import ActualCost, FixedFee, FreeOfCharge, Right
from retention.requests.fees import Charge, Nothing, price, waits_for

JAPAN = frozenset({Regime.APPI})
THOUSAND = FixedFee(1000, "JPY", prepaid=True)
COSTS = (("copies", 240), ("postage", 600))


@pytest.mark.parametrize(
    ("right", "charged"),
    [
        (Right.DISCLOSURE, True),
        (Right.PURPOSE_NOTIFICATION, True),
        (Right.PROVISION_RECORD_DISCLOSURE, True),
        (Right.CORRECTION, False),
        (Right.ERASURE, False),
        (Right.SUSPENSION, False),
    ],
)
def test_a_fee_is_taken_only_where_the_act_allows_one(right, charged):
    """What a text charges for anything else is not charged, and the statute is named."""
    expected = Charge(1000, "JPY", prepaid=True, items=()) if charged else Nothing(("jp.appi.38-1",))
    assert price(right, THOUSAND, JAPAN, (), "JPY") == expected


@pytest.mark.parametrize(("law", "statute"), [(Regime.GDPR, "eu.gdpr.12-5"), (Regime.CCPA, "us.ccpa.1798-130-a-2")])
def test_nobody_pays_under_a_law_that_is_free(law, statute):
    """One such law among several is enough."""
    assert price(Right.DISCLOSURE, THOUSAND, {law, Regime.APPI}, (), "JPY") == Nothing((statute,))


def test_the_actual_cost_is_told_item_by_item():
    """The sum of what is known to be spent, before it is spent; nothing spent, nothing charged."""
    assert price(Right.DISCLOSURE, ActualCost(), JAPAN, COSTS, "JPY") == Charge(840, "JPY", prepaid=True, items=COSTS)
    assert price(Right.DISCLOSURE, ActualCost(), JAPAN, (), "JPY") == Nothing(())
    assert price(Right.CORRECTION, ActualCost(), JAPAN, COSTS, "JPY") == Nothing(("jp.appi.38-1",))


def test_a_cost_below_nothing_is_refused():
    """A discount is no cost."""
    with pytest.raises(InputError, match="0 or more"):
        price(Right.DISCLOSURE, ActualCost(), JAPAN, (("copies", -1),), "JPY")


def test_only_an_unpaid_charge_waits():
    """Free requests never wait for money, and a paid one no longer."""
    charge = price(Right.DISCLOSURE, THOUSAND, JAPAN, (), "JPY")
    assert waits_for(charge, paid=False)
    assert not waits_for(charge, paid=True)
    assert not waits_for(price(Right.ERASURE, THOUSAND, JAPAN, (), "JPY"), paid=False)
    assert not waits_for(price(Right.DISCLOSURE, FreeOfCharge(), JAPAN, (), "JPY"), paid=False)
