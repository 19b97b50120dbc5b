"""For which reasons a request may be refused."""

from __future__ import annotations

from datetime import date

import pytest

from retention.law import Regime
from retention.model.ids import HoldId
from retention.model.request_moves import Alternative, Measure
from retention.model.terms import Fee, FixedFee, FreeOfCharge, Ground, Refusal, Right, RightTerms
from retention.requests.measures import alternatives
from retention.requests.refusals import NotPermitted, Permitted, may_refuse, reasons

APPI, GDPR, CCPA = (frozenset({regime}) for regime in (Regime.APPI, Regime.GDPR, Regime.CCPA))
HARM, HINDRANCE, OTHER_LAW = Refusal.RIGHTS_OF_OTHERS, Refusal.BUSINESS_HINDRANCE, Refusal.OTHER_LAW


def text(
    right: Right, *refusals: Refusal, grounds: tuple[Ground, ...] = (), fee: Fee | None = None
) -> dict[Right, RightTerms]:
    """Return what a text offers: this right, refused for these reasons."""
    return {right: RightTerms(right, grounds, refusals, fee or FreeOfCharge(), (), reserves_statute=False)}


@pytest.mark.parametrize(
    ("right", "code", "laws", "article"),
    [
        (Right.DISCLOSURE, HARM, APPI, "jp.appi.33-2"),
        (Right.DISCLOSURE, HINDRANCE, APPI, "jp.appi.33-2"),
        (Right.PURPOSE_NOTIFICATION, Refusal.PURPOSE_EVIDENT, APPI, "jp.appi.32-2"),
        (Right.ERASURE, Refusal.LEGAL_CLAIMS, GDPR, "eu.gdpr.17-3"),
        (Right.ERASURE, Refusal.CCPA_EXCEPTION, CCPA, "us.ccpa.1798-105-d"),
        (Right.ERASURE, Refusal.NO_GROUND, APPI, "jp.appi.35-2"),
        (Right.ITEM_DELETION, Refusal.NO_GROUND, APPI, "jp.appi.35-2"),
        (Right.ERASURE, Refusal.IDENTITY_UNPROVEN, GDPR, "eu.gdpr.12-6"),
    ],
)
def test_a_laws_own_reason_may_be_given(right, code, laws, article):
    """And the answer names its provision."""
    assert may_refuse(right, code, laws, {}) == Permitted((article,))


@pytest.mark.parametrize(
    ("right", "code", "laws"),
    [
        (Right.ERASURE, Refusal.LEGAL_CLAIMS, APPI),
        (Right.ERASURE, Refusal.PUBLIC_BODY, APPI),
        (Right.DISCLOSURE, Refusal.HARM_TO_COMPANY, APPI),
        (Right.DISCLOSURE, HINDRANCE, APPI | GDPR),
        (Right.ERASURE, Refusal.FORM_DEFECTIVE, GDPR),
        (Right.CONSENT_WITHDRAWAL, Refusal.MANIFESTLY_UNFOUNDED, GDPR),
        (Right.COMPLAINT, OTHER_LAW, APPI),
        (Right.STOP_PROVISION, OTHER_LAW, CCPA),
    ],
)
def test_a_reason_must_stand_in_every_law_that_gives_the_right(right, code, laws):
    """What one law does not know refuses nothing, also beside one that does."""
    reason = may_refuse(right, code, laws, {})
    assert isinstance(reason, NotPermitted)
    assert reason.articles
    assert reason.instead is None


@pytest.mark.parametrize(
    ("right", "code", "instead"),
    [
        (Right.ERASURE, HINDRANCE, Refusal.DIFFICULT_WITH_SUBSTITUTE),
        (Right.SUSPENSION, HARM, Refusal.DIFFICULT_WITH_SUBSTITUTE),
        (Right.PURPOSE_NOTIFICATION, Refusal.PURPOSE_UNCLEAR, Refusal.PURPOSE_EVIDENT),
    ],
)
def test_what_may_be_meant_is_offered(right, code, instead):
    """A difficulty needs a measure in its place, and the inverted exception is turned round."""
    reason = may_refuse(right, code, APPI, text(right, code))
    assert isinstance(reason, NotPermitted)
    assert reason.instead is instead
    assert isinstance(may_refuse(right, instead, APPI, text(right, code, instead)), Permitted)


def test_a_ground_that_one_law_alone_knows_is_refused_by_that_law_alone():
    """Consent withdrawn is no ground of the Act: its reasons do not count, and the GDPR's do."""
    both = APPI | GDPR
    assert isinstance(may_refuse(Right.ERASURE, Refusal.LEGAL_CLAIMS, both, {}), NotPermitted)
    withdrawn = may_refuse(Right.ERASURE, Refusal.LEGAL_CLAIMS, both, {}, Ground.CONSENT_WITHDRAWN)
    assert withdrawn == Permitted(("eu.gdpr.17-3",))


def test_a_text_gives_up_reasons():
    """A closed list is a promise, a right without a ground is never groundless, and another law stays."""
    listed = text(Right.DISCLOSURE, HARM)
    assert may_refuse(Right.DISCLOSURE, HINDRANCE, APPI, listed) == NotPermitted((), None)
    assert isinstance(may_refuse(Right.DISCLOSURE, OTHER_LAW, APPI, listed), Permitted)
    assert isinstance(may_refuse(Right.DISCLOSURE, HARM, APPI, listed), Permitted)
    free = text(Right.ERASURE, grounds=(Ground.NONE_NEEDED,))
    assert may_refuse(Right.ERASURE, Refusal.NO_GROUND, APPI, free) == NotPermitted((), None)


def test_the_act_as_a_whole_is_no_closed_list_and_no_reason():
    """Who says "where the Act asks for nothing" may give the Act's reasons, by their own names."""
    whole = text(Right.DISCLOSURE, Refusal.NOT_REQUIRED)
    assert isinstance(may_refuse(Right.DISCLOSURE, HINDRANCE, APPI, whole), Permitted)
    assert isinstance(may_refuse(Right.DISCLOSURE, Refusal.NOT_REQUIRED, APPI, whole), NotPermitted)
    assert may_refuse(Right.PORTABILITY, Refusal.NOT_REQUIRED, APPI, {}) == Permitted(())


def test_an_unpaid_fee_refuses_only_what_may_be_charged_for():
    """Disclosure under the Act; neither erasure, nor anything for people in the Union, nor what is free."""
    fee = FixedFee(1000, "JPY", prepaid=True)
    charged = text(Right.DISCLOSURE, fee=fee) | text(Right.ERASURE, fee=fee)
    assert may_refuse(Right.DISCLOSURE, Refusal.FEE_UNPAID, APPI, charged) == Permitted(("jp.appi.38-1",))
    for right, laws in ((Right.ERASURE, APPI), (Right.DISCLOSURE, APPI | GDPR)):
        assert isinstance(may_refuse(right, Refusal.FEE_UNPAID, laws, charged), NotPermitted)
    assert isinstance(may_refuse(Right.DISCLOSURE, Refusal.FEE_UNPAID, APPI, {}), NotPermitted)


@pytest.mark.parametrize(("right", "laws"), [(Right.COMPLAINT, APPI), (Right.STOP_PROVISION, CCPA)])
def test_nobody_is_refused_for_a_proof_that_is_not_asked_for(right, laws):
    """A complaint, and an opt-out in California, need no identity."""
    assert not reasons(right, laws, {}) & {Refusal.IDENTITY_UNPROVEN, Refusal.AGENT_UNPROVEN, Refusal.FORM_DEFECTIVE}


def test_a_text_that_turned_its_exception_round_keeps_the_right_one():
    """`purpose-unclear` is listed: never a reason, and the reason that was meant is not given up."""
    listed = text(Right.PURPOSE_NOTIFICATION, Refusal.PURPOSE_UNCLEAR, HARM)
    assert Refusal.PURPOSE_EVIDENT in reasons(Right.PURPOSE_NOTIFICATION, APPI, listed)
    assert Refusal.PURPOSE_UNCLEAR not in reasons(Right.PURPOSE_NOTIFICATION, APPI, listed)


def test_a_voluntary_right_is_refused_as_its_text_says():
    """No law speaks: what the text lists, and what another law forbids."""
    rights = text(Right.PORTABILITY, HARM)
    given = reasons(Right.PORTABILITY, APPI, rights) - {*text_of_form()}
    assert given == {HARM, OTHER_LAW}


def text_of_form() -> set[Refusal]:
    """Return the reasons of form."""
    return {Refusal.IDENTITY_UNPROVEN, Refusal.AGENT_UNPROVEN, Refusal.FORM_DEFECTIVE, Refusal.NOT_RETAINED_DATA}


def test_a_measure_takes_the_place_of_what_is_difficult():
    """What laws keep goes when the last of them ends; an end that nobody knows is not guessed."""
    holds = ((HoldId("tax-books"), date(2030, 5, 31)), (HoldId("books"), date(2034, 3, 31)))
    names = (HoldId("tax-books"), HoldId("books"))
    later, suspended, other = alternatives(Right.ERASURE, Refusal.DIFFICULT_WITH_SUBSTITUTE, holds)
    assert later == Alternative(Measure.ERASE_WHEN_PERIOD_ENDS, names, date(2034, 3, 31))
    assert (suspended.measure, other.measure) == (Measure.SUSPEND, Measure.OTHER)
    (unknown, _) = alternatives(Right.ERASURE, OTHER_LAW, ((names[0], None), holds[1]))
    assert unknown.until is None


@pytest.mark.parametrize(
    ("right", "code"),
    [(Right.ERASURE, Refusal.NO_GROUND), (Right.DISCLOSURE, OTHER_LAW), (Right.SUSPENSION, OTHER_LAW)],
)
def test_no_measure_is_offered_where_none_is_owed(right, code):
    """Without a ground nothing is owed in its place, and nothing stands in for disclosure."""
    assert alternatives(right, code, ()) == ()
