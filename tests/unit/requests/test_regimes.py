"""Under which laws a person asks."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from retention.errors import InputError
from retention.law import Regime
from retention.model.asking import Reach
from retention.requests.regimes import applying, check_place, strictest

ALL = ("jp.appi", "eu.gdpr", "us.ccpa")
APPI, GDPR, CCPA = Regime.APPI, Regime.GDPR, Regime.CCPA
AT_HOME = Reach(("JP",), ("JP",))
ABROAD = Reach(("US",), ("JP", "EEA", "US-CA"))
IN_EUROPE = Reach(("JP", "DE"), ("JP",))


@pytest.mark.parametrize(
    ("place", "reach", "laws"),
    [
        (None, AT_HOME, {APPI, GDPR, CCPA}),
        ("JP", None, {APPI}),
        ("DE", None, {APPI, GDPR}),
        ("NO", None, {APPI, GDPR}),
        ("US-CA", None, {APPI, CCPA}),
        ("US", None, {APPI, CCPA}),
        ("US-NY", None, {APPI}),
        ("DE", AT_HOME, {APPI}),
        ("US-CA", AT_HOME, {APPI}),
        ("JP", ABROAD, {APPI}),
        ("FR", ABROAD, {GDPR}),
        ("US-CA", ABROAD, {CCPA}),
        ("BR", ABROAD, set()),
        ("JP", IN_EUROPE, {APPI, GDPR}),
        ("BR", IN_EUROPE, {APPI, GDPR}),
    ],
)
def test_the_laws_follow_the_person_and_the_company(place, reach, laws):
    """An establishment binds for everyone, an offer for the people of the place, and nobody's place for all."""
    assert applying(place, ALL, reach) == laws


def test_only_laws_of_the_policy_are_asked_under():
    """A company whose policy is under one law is not measured by another."""
    assert applying("DE", ["jp.appi"], None) == {APPI}


def test_the_earliest_answer_binds():
    """Of several laws the one that wants its answer first, and the same one every time if they agree."""
    early, late = datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    assert strictest({CCPA: late, APPI: early, GDPR: late}) == (APPI, early)
    assert strictest({APPI: late, GDPR: late}) == strictest({GDPR: late, APPI: late})


@pytest.mark.parametrize("place", ["Japan", "jp", "US-", "USA", ""])
def test_a_place_of_another_form_is_refused_and_not_repeated(place):
    """What was typed could be an address: it does not stand in the error."""
    with pytest.raises(InputError) as caught:
        check_place(place)
    assert not place or place not in str(caught.value).replace("JP, DE or US-CA", "")


def test_a_place_of_the_form_is_taken():
    """A country, or a part of one."""
    check_place("JP")
    check_place("US-CA")
