from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.model.case import NEXT, CaseState
from retention.model.period import Period
from retention.model.subject import SubjectKey
from retention.model.transform import Band, Drop, Prefix, ToMonth, ToYear, apply, class_of

FULL_WIDTH = "".join(chr(ord(letter) + 0xFEE0) for letter in "TARO@example.com")


@given(st.integers(0, 9999), st.integers(0, 99999), st.integers(0, 999999))
def test_a_period_reads_what_it_writes(years, months, days):
    """Text of a period and back is the same period."""
    period = Period(years, months, days)
    assert Period.parse(str(period)) == period


@pytest.mark.parametrize("text", ["", "P", "P-1D", "1Y", "PT5H", "P1D1Y", "p1y", "P1Y ", "P1.5Y"])
def test_what_is_no_period_is_refused(text):
    """Times, signs, fractions and a wrong order are no calendar period."""
    with pytest.raises(ValueError, match="is not a period"):
        Period.parse(text)


def test_weeks_are_seven_days_and_years_are_not_days():
    """Weeks become days; years and months stay what they are."""
    assert Period.parse("P2W1D") == Period(days=15)
    assert Period.parse("P12M") != Period.parse("P1Y")


@pytest.mark.parametrize("written", [FULL_WIDTH, " taro@example.com\n", "Taro@Example.COM"])
def test_the_same_address_written_otherwise_has_the_same_digest(written):
    """Full-width letters, case and outer spaces do not make another person."""
    key = b"k" * 32
    assert SubjectKey("email", written).digest(key) == SubjectKey("email", "taro@example.com").digest(key)


def test_a_digest_depends_on_key_and_name_and_repr_hides_the_value():
    """Another key or another identity key is another digest; numbers and their text are one; repr shows nothing."""
    subject = SubjectKey("user_id", 42)
    assert subject.digest(b"a") != subject.digest(b"b")
    assert subject.digest(b"a") != SubjectKey("device_id", 42).digest(b"a")
    assert subject.digest(b"a") == SubjectKey("user_id", "42").digest(b"a")
    assert "42" not in repr(subject)


@pytest.mark.parametrize(
    ("transform", "value", "expected"),
    [
        (Drop(), "x", None),
        (ToMonth(), None, None),
        (ToMonth(), date(2026, 11, 23), date(2026, 11, 1)),
        (ToYear(), datetime(2026, 11, 23, 5, 6, 7, 8, UTC), datetime(2026, 1, 1, tzinfo=UTC)),
        (ToMonth(), "2026-11-23", "2026-11-01"),
        (ToYear(), "2026-11-23T05:06:07+09:00", "2026-01-01T00:00:00+09:00"),
        (Prefix(3), "1500001", "150"),
        (Band(10), 37, 30),
        (Band(10), -1, -10),
        (Band(10), -10, -10),
        (Band(10), Decimal("-0.5"), Decimal(-10)),
        (Band(5), 7.5, 5.0),
    ],
)
def test_what_a_transform_makes_of_a_value(transform, value, expected):
    """Bands round down for negatives too; ISO text stays text; the type stays."""
    found = apply(transform, value)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(("transform", "value"), [(Band(10), "7"), (Band(10), True), (ToYear(), 2026)])
def test_a_transform_without_meaning_is_refused_without_the_value(transform, value):
    """The error names types only."""
    with pytest.raises(TypeError, match="found a value of type") as caught:
        apply(transform, value)
    assert repr(value) not in str(caught.value)


def test_a_class_is_named_by_its_quasi_identifiers_only():
    """Null is not the text of null, and other columns do not count."""
    assert class_of({"a": None, "b": date(2026, 1, 1), "c": "x"}, ["a", "b"]) == '[null, "2026-01-01"]'
    assert class_of({"a": "null"}, ["a"]) != class_of({"a": None}, ["a"])


def test_every_state_says_where_it_leads():
    """The table is complete; only what comes back leads out of an end; every state can be reached from OPEN."""
    assert set(NEXT) == set(CaseState)
    assert {state for state, following in NEXT.items() if not following} == {CaseState.DENIED}
    assert NEXT[CaseState.CLOSED] == {CaseState.RETURNED}
    seen, rest = set(), [CaseState.OPEN]
    while rest:
        state = rest.pop()
        if state not in seen:
            seen.add(state)
            rest.extend(NEXT[state])
    assert seen == set(CaseState)


def test_only_verification_leads_to_the_seal():
    """Neither PARTIAL nor APPLIED can be sealed; what came back was sealed before, and its own case is verified."""
    assert {state for state in CaseState if CaseState.SEALED in NEXT[state]} == {CaseState.VERIFIED, CaseState.RETURNED}
    assert {state for state in CaseState if CaseState.VERIFIED in NEXT[state]} == {CaseState.APPLIED}
    assert NEXT[CaseState.SEALED] == {CaseState.CLOSED, CaseState.RETURNED}
