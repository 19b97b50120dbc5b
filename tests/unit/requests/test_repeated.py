"""The same request again, and what is allowed in one request's life."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from retention.law import Regime
from retention.model.ids import CaseId, CategoryId
from retention.model.terms import ActualCost, FixedFee, Ground, Refusal, Right, RightTerms, Terms
from retention.requests.allowing import bounds
from retention.requests.fees import Charge, Nothing, price
from retention.requests.repeated import Earlier, TooMuch, merged_into, too_much

NOW = datetime(2026, 11, 26, tzinfo=UTC)
APPI, GDPR, CCPA = (frozenset({regime}) for regime in (Regime.APPI, Regime.GDPR, Regime.CCPA))
ACCOUNT, VIEWS = CategoryId("account"), CategoryId("viewing_history")


def earlier(days: int, right: Right = Right.DISCLOSURE, *items: CategoryId, is_open: bool = False) -> Earlier:
    """Return a request of so many days ago."""
    return Earlier(CaseId(f"C-{days}"), right, frozenset(items), NOW - timedelta(days=days), is_open)


ASKED_OFTEN = [earlier(10), earlier(40)]


@pytest.mark.parametrize(
    ("items", "known", "into"),
    [
        ((), [earlier(3, is_open=True), earlier(9, is_open=True)], "C-9"),
        ((), [earlier(9)], None),
        ((), [earlier(9, Right.ERASURE, is_open=True)], None),
        ((VIEWS,), [earlier(9, is_open=True)], "C-9"),
        ((VIEWS,), [earlier(9, Right.DISCLOSURE, VIEWS, ACCOUNT, is_open=True)], "C-9"),
        ((VIEWS, ACCOUNT), [earlier(9, Right.DISCLOSURE, VIEWS, is_open=True)], None),
        ((), [earlier(9, Right.DISCLOSURE, VIEWS, is_open=True)], None),
    ],
)
def test_a_request_is_merged_into_the_first_that_asks_for_as_much(items, known, into):
    """Open, for the same right, and covering it: then its day counts; one that asks for more stands alone."""
    assert merged_into(Right.DISCLOSURE, items, known) == into


@pytest.mark.parametrize(
    ("right", "laws", "codes"),
    [
        (Right.DISCLOSURE, GDPR, {Refusal.MANIFESTLY_UNFOUNDED}),
        (Right.DISCLOSURE, CCPA, {Refusal.MANIFESTLY_UNFOUNDED}),
        (Right.DISCLOSURE, APPI, {Refusal.BUSINESS_HINDRANCE}),
        (Right.DISCLOSURE, APPI | GDPR, {Refusal.MANIFESTLY_UNFOUNDED, Refusal.BUSINESS_HINDRANCE}),
        (Right.ERASURE, APPI | GDPR, None),
        (Right.CONSENT_WITHDRAWAL, GDPR, None),
    ],
)
def test_too_much_is_a_word_of_each_law(right, laws, codes):
    """Every law that knows the right must have one; where one has none it is answered like any other."""
    known = [replace(each, right=right) for each in ASKED_OFTEN]
    found = too_much(right, laws, known, NOW, shown=True)
    assert (None if found is None else set(found.refuse_for)) == codes


@pytest.mark.parametrize(
    ("known", "shown"),
    [
        (ASKED_OFTEN, False),
        ([earlier(10)], True),
        ([earlier(10), earlier(366)], True),
        ([earlier(1, is_open=True)] * 3, True),
    ],
)
def test_nothing_is_too_much_unless_a_person_shows_it(known, shown):
    """The burden is the company's; a second time, one of years ago, or one that waits for us, proves nothing."""
    assert too_much(Right.DISCLOSURE, GDPR, known, NOW, shown=shown) is None


def test_what_is_too_much_may_cost_where_it_would_be_free():
    """The actual cost, under the GDPR; under the Act what may never cost stays free."""
    costs = (("clerk", 3000),)
    assert price(Right.DISCLOSURE, ActualCost(), GDPR, costs, "JPY", excessive=True) == Charge(
        3000, "JPY", prepaid=True, items=costs
    )
    assert price(Right.ERASURE, ActualCost(), APPI | GDPR, costs, "JPY", excessive=True) == Nothing(("jp.appi.38-1",))


def offering(right: Right, *grounds: Ground) -> Terms:
    """Return a text that charges for everything."""
    fee = FixedFee(3000, "JPY", prepaid=False)
    return Terms(rights={right: RightTerms(right, grounds, (), fee, (), reserves_statute=False)})


def test_the_bounds_of_a_life_follow_the_law_and_the_text():
    """Disclosure may cost and needs no finding; erasure is free and looked into; a complaint needs no identity."""
    told = bounds(Right.DISCLOSURE, None, APPI, offering(Right.DISCLOSURE))
    assert (told.may_charge, told.identity_first, told.finding_first) == (True, True, False)
    erased = bounds(Right.ERASURE, Ground.LIKELY_HARM, APPI, offering(Right.ERASURE))
    assert (erased.may_charge, erased.identity_first, erased.finding_first) == (False, True, True)
    assert Refusal.DIFFICULT_WITH_SUBSTITUTE in erased.refusals
    assert Refusal.BUSINESS_HINDRANCE not in erased.refusals
    assert not bounds(Right.COMPLAINT, None, APPI, Terms()).identity_first


def test_excess_widens_the_bounds():
    """Its reasons may be given and its cost charged, and only then."""
    free = Terms()
    excess = TooMuch(frozenset({Refusal.MANIFESTLY_UNFOUNDED}), ("eu.gdpr.15-4",))
    assert bounds(Right.DISCLOSURE, None, GDPR, free, excess).may_charge
    assert not bounds(Right.DISCLOSURE, None, GDPR, free).may_charge
    both = bounds(Right.DISCLOSURE, None, APPI | GDPR, free, excess)
    assert Refusal.MANIFESTLY_UNFOUNDED in both.refusals
    assert Refusal.MANIFESTLY_UNFOUNDED not in bounds(Right.DISCLOSURE, None, APPI | GDPR, free).refusals
