"""Whether there is a ground, and whether it is looked into first."""

from __future__ import annotations

import pytest

from retention.law import Regime
from retention.model.request_moves import Finding
from retention.model.terms import FreeOfCharge, Ground, Right, RightTerms
from retention.requests.findings import Need, Worksheet, leaked, no_longer_needed
from retention.requests.grounds import NoGround, NotGiven, Owed, Promised, finding_first, judge

APPI, GDPR, CCPA = (frozenset({regime}) for regime in (Regime.APPI, Regime.GDPR, Regime.CCPA))


def text(right: Right, *grounds: Ground, investigated: bool = False) -> dict[Right, RightTerms]:
    """Return what a text offers: this right, on these grounds."""
    return {
        right: RightTerms(right, grounds, (), FreeOfCharge(), (), reserves_statute=False, investigated=investigated)
    }


OLD_TEXT = text(Right.ERASURE, Ground.OUT_OF_PURPOSE, Ground.UNLAWFUL_ACQUISITION)
ANYBODY = text(Right.ERASURE, Ground.NONE_NEEDED)
LEAKS = text(Right.ERASURE, Ground.ANY_LEAK)


@pytest.mark.parametrize(
    ("right", "ground", "laws", "rights", "expected"),
    [
        (Right.ERASURE, Ground.NO_LONGER_NEEDED, APPI, OLD_TEXT, Owed(("jp.appi.35-5",))),
        (Right.ERASURE, Ground.OUT_OF_PURPOSE, APPI | GDPR, OLD_TEXT, Owed(("jp.appi.35-1", "eu.gdpr.17-1"))),
        (Right.ERASURE, Ground.CONSENT_WITHDRAWN, APPI | GDPR, OLD_TEXT, Owed(("eu.gdpr.17-1",))),
        (Right.ERASURE, None, CCPA | APPI, OLD_TEXT, Owed(("us.ccpa.1798-105-a",))),
        (Right.ITEM_DELETION, None, APPI, ANYBODY, Promised()),
        (Right.ERASURE, Ground.ANY_LEAK, APPI, LEAKS, Promised()),
        (Right.ERASURE, Ground.BREACH, APPI, LEAKS, Owed(("jp.appi.35-5",))),
        (Right.PORTABILITY, None, APPI, text(Right.PORTABILITY), Promised()),
        (Right.PORTABILITY, None, APPI, {}, NotGiven()),
        (Right.CORRECTION, None, APPI, text(Right.CORRECTION), NoGround((Ground.UNTRUE,))),
        (Right.STOP_PROVISION, Ground.UNLAWFUL_PROVISION, APPI, {}, Owed(("jp.appi.35-3",))),
        (Right.DISCLOSURE, None, APPI, {}, Owed(("jp.appi.33-1",))),
    ],
)
def test_the_laws_and_the_text_are_added_up(right, ground, laws, rights, expected):
    """The law counts where the text is silent, and a wider text is honoured as a promise."""
    assert judge(right, ground, laws, rights) == expected


def test_a_reason_that_nobody_knows_is_answered_with_those_that_are_known():
    """A leak that need not be reported is no ground by the Act alone."""
    judged = judge(Right.ERASURE, Ground.ANY_LEAK, APPI, OLD_TEXT)
    assert isinstance(judged, NoGround)
    assert {Ground.BREACH, Ground.LIKELY_HARM, Ground.OUT_OF_PURPOSE} <= set(judged.known)
    assert Ground.ANY_LEAK not in judged.known


@pytest.mark.parametrize(
    ("right", "ground", "laws", "rights", "first"),
    [
        (Right.CORRECTION, Ground.UNTRUE, APPI, {}, True),
        (Right.ERASURE, Ground.LIKELY_HARM, APPI, {}, True),
        (Right.ERASURE, Ground.LIKELY_HARM, APPI, ANYBODY, False),
        (Right.ERASURE, None, APPI, {}, False),
        (Right.ERASURE, None, APPI, text(Right.ERASURE, investigated=True), True),
        (Right.CORRECTION, None, APPI, {}, True),
        (Right.ERASURE, Ground.CONSENT_WITHDRAWN, GDPR, {}, False),
        (Right.DISCLOSURE, None, APPI, {}, False),
        (Right.RESTRICTION, Ground.OBJECTION, GDPR, text(Right.RESTRICTION, investigated=True), True),
        (Right.ERASURE, None, CCPA | APPI, text(Right.ERASURE, investigated=True), False),
        (Right.PORTABILITY, None, APPI, text(Right.PORTABILITY), False),
    ],
)
def test_what_is_said_to_be_so_is_looked_into(right, ground, laws, rights, first):
    """A person's own act needs no finding, nor what a law gives without a ground, nor who gives no reason."""
    assert finding_first(right, ground, laws, rights) is first


def test_data_is_no_longer_needed_when_every_purpose_has_ended():
    """One that lives leaves the judgement to a person, and so does not knowing any."""
    assert no_longer_needed({"A1": True, "A2": True}) is Finding.FOUNDED
    assert no_longer_needed({"A1": True, "A2": False}) is None
    assert no_longer_needed({}) is None


@pytest.mark.parametrize(
    ("events", "any_leak", "finding"),
    [
        ([False], True, Finding.FOUNDED),
        ([False], False, Finding.UNFOUNDED),
        ([False, True], False, Finding.FOUNDED),
        ([], True, Finding.UNFOUNDED),
    ],
)
def test_a_leak_is_a_ground_for_whom_it_reached(events, any_leak, finding):
    """A reportable one always, any other where the text says so, none without an event."""
    assert leaked(events, any_leak=any_leak) is finding


def test_harm_is_weighed_against_five_needs():
    """Any of them outweighs it, and without harm there is nothing to weigh."""
    assert Worksheet(harm_likely=True, needs=frozenset(), by="Mori").finding is Finding.FOUNDED
    assert Worksheet(harm_likely=False, needs=frozenset(), by="Mori").finding is Finding.UNFOUNDED
    for need in Need:
        assert Worksheet(harm_likely=True, needs=frozenset({need}), by="Mori").finding is Finding.UNFOUNDED
    assert len(Need) == 5
