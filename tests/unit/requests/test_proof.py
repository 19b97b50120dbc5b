"""Who the requester is."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from retention.law import Regime
from retention.model.terms import IdentityDocument, Masked, Right
from retention.requests.proof import AskAgain, Lack, Level, Proven, Shown, accepted_on, examine, level, to_mask

DAY = date(2026, 11, 26)
DOMICILE = Masked.REGISTERED_DOMICILE
LICENCE = IdentityDocument("drivers-licence", None, None, (DOMICILE,), shows_address=True)
PASSPORT = IdentityDocument("passport", None, None, (), shows_address=False)
RECORD = IdentityDocument("residence-record", None, None, (), shows_address=True)
CARD = IdentityDocument("health-insurance-card", None, None, (), shows_address=True)
PASS = IdentityDocument("student-card", date(2026, 4, 1), date(2027, 4, 1), (), shows_address=True)
DOCUMENTS = (LICENCE, PASSPORT, RECORD, CARD, PASS)


@pytest.mark.parametrize(
    ("shown", "lacks"),
    [
        (Shown("loyalty-card"), [("loyalty-card", Lack.NOT_ACCEPTED)]),
        (Shown("health-insurance-card"), [("health-insurance-card", Lack.ENDED)]),
        (Shown("drivers-licence", expires_on=DAY), [("drivers-licence", Lack.EXPIRED)]),
        (Shown("drivers-licence", shows_name=False), [("drivers-licence", Lack.NAME_MISSING)]),
        (Shown("drivers-licence", shows_address=False), [("", Lack.ADDRESS_MISSING)]),
        (Shown("drivers-licence", legible=frozenset({DOMICILE})), [("drivers-licence", Lack.NOT_MASKED)]),
        (Shown("residence-record", legible=frozenset({Masked.MY_NUMBER})), [("residence-record", Lack.NOT_MASKED)]),
        (Shown("passport"), [("", Lack.ADDRESS_MISSING)]),
    ],
)
def test_a_paper_that_shows_nothing_is_asked_for_again(shown, lacks):
    """The answer says what is lacking and which kinds are accepted today."""
    expected = ("drivers-licence", "passport", "residence-record", "student-card")
    assert examine([shown], DOCUMENTS, DAY) == AskAgain(tuple(lacks), expected)


def test_no_paper_at_all_is_said_so():
    """An empty envelope is not the same as a wrong paper."""
    verdict = examine([], DOCUMENTS, DAY)
    assert isinstance(verdict, AskAgain)
    assert verdict.lacks == (("", Lack.NOTHING_SHOWN),)


def test_two_papers_show_together_what_one_does_not():
    """A passport bears no address; a residence record beside it does."""
    assert examine([Shown("passport"), Shown("residence-record")], DOCUMENTS, DAY) == Proven(
        ("passport", "residence-record")
    )
    assert examine([Shown("drivers-licence")], DOCUMENTS, DAY) == Proven(("drivers-licence",))


def test_a_licence_without_a_domicile_needs_no_mask():
    """What is not on the paper, or is covered, is not asked for."""
    assert examine(
        [Shown("drivers-licence", legible=frozenset({Masked.LICENCE_CONDITIONS}))], DOCUMENTS, DAY
    ) == Proven(("drivers-licence",))


@pytest.mark.parametrize("kind", ["health-insurance-card", "resident-register-card"])
def test_a_kind_ends_for_every_company_on_its_day(kind):
    """A text that still names it is not followed: the last day counts, the next does not."""
    text = (IdentityDocument(kind, None, None, (), shows_address=True),)
    ended = {"health-insurance-card": date(2025, 12, 2), "resident-register-card": date(2026, 1, 1)}[kind]
    assert accepted_on(text, ended - timedelta(days=1)) == (kind,)
    assert accepted_on(text, ended) == ()


def test_a_text_gives_its_kinds_a_first_and_a_last_day():
    """Before and after, another one is asked for."""
    assert [bool(accepted_on((PASS,), day)) for day in (date(2026, 3, 31), DAY, date(2027, 4, 1))] == [
        False,
        True,
        False,
    ]


def test_numbers_nobody_may_collect_are_covered_without_a_text():
    """The text says nothing of My Number; the law does."""
    assert to_mask(RECORD) == {DOMICILE, Masked.MY_NUMBER}


@pytest.mark.parametrize(
    ("right", "laws", "account", "expected"),
    [
        (Right.DISCLOSURE, {Regime.APPI}, True, Level.FRESH_LOGIN),
        (Right.ERASURE, {Regime.APPI, Regime.GDPR}, True, Level.FRESH_LOGIN),
        (Right.SUSPENSION, {Regime.APPI}, True, Level.LOGIN),
        (Right.SUSPENSION, {Regime.APPI}, False, Level.DOCUMENT),
        (Right.COMPLAINT, {Regime.APPI}, False, Level.NONE),
        (Right.STOP_PROVISION, {Regime.CCPA}, False, Level.NONE),
        (Right.STOP_PROVISION, {Regime.CCPA, Regime.APPI}, False, Level.DOCUMENT),
    ],
)
def test_no_more_is_asked_for_than_the_operation_needs(right, laws, account, expected):
    """An account comes before papers; what hands data out or cannot be undone wants a fresh login."""
    assert level(right, laws, account=account) is expected
