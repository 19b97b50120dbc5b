"""The company under three laws: what it owes to people who ask, shown on its pack."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from retention.errors import RefusedError
from retention.law import Regime
from retention.law.refusals import PROCEDURAL
from retention.model.request_moves import Finding, Granted, Investigated, Refused
from retention.model.terms import ConsentKind, Ground, ProtectionOfficer, Refusal, Right
from retention.policy import review, shipped_statutes
from retention.requests.fees import Charge, Nothing, price
from retention.requests.findings import unconsented
from retention.requests.grounds import Owed, judge
from retention.requests.refusals import reasons
from retention.requests.regimes import strictest
from tests.doubles.asking import DAY, policy_of

APPI, GDPR, CCPA = Regime.APPI, Regime.GDPR, Regime.CCPA
COSTS = (("copies", 240), ("postage", 600))


def test_the_laws_follow_the_person_and_the_strictest_binds(asking):
    """Germany: two laws, an unknown place: all three; the earliest date binds, a reason of one law is none (TRI-01)."""
    erasure = {place: asking("three-regime", Right.ERASURE, place=place) for place in ("JP", "DE", "US-CA", None)}
    assert {place: life.laws for place, life in erasure.items()} == {
        "JP": {APPI},
        "DE": {APPI, GDPR},
        "US-CA": {APPI, CCPA},
        None: {APPI, GDPR, CCPA},
    }
    dues = {law: datetime(2026, 12, day, tzinfo=UTC) for law, day in ((APPI, 4), (GDPR, 20), (CCPA, 31))}
    assert strictest(dues)[0] is APPI
    difficult = Refusal.DIFFICULT_WITH_SUBSTITUTE
    assert [difficult in erasure[place].bounds.refusals for place in ("JP", "DE", None)] == [True, False, False]


def test_nothing_is_refused_by_a_program(asking):
    """A refusal whose decider is nobody is not recorded; with a name it is (TRI-13)."""
    life = asking("three-regime", Right.DISCLOSURE).identified()
    refused = Refused((Refusal.BUSINESS_HINDRANCE,))
    with pytest.raises(RefusedError, match="by a person"):
        life.move(refused, by=None)
    assert life.move(refused).decided_by == "mori"


def test_the_actual_cost_is_quoted_in_japan_and_nobody_else_pays():
    """Disclosure in Japan costs what it costs, item by item; abroad nothing, and correction nowhere (TRI-23)."""
    fees = {right: policy_of("three-regime").terms.rights[right].fee for right in (Right.DISCLOSURE, Right.CORRECTION)}
    disclosure, correction = fees.items()
    assert price(*disclosure, {APPI}, COSTS, "JPY") == Charge(840, "JPY", prepaid=True, items=COSTS)
    assert price(*disclosure, {APPI, GDPR}, COSTS, "JPY") == Nothing(("eu.gdpr.12-5",))
    assert price(*disclosure, {APPI, CCPA}, COSTS, "JPY") == Nothing(("us.ccpa.1798-130-a-2",))
    assert price(*correction, {APPI}, COSTS, "JPY") == Nothing(("jp.appi.38-1",))


@pytest.mark.parametrize("code", [Refusal.RIGHTS_OF_OTHERS, Refusal.BUSINESS_HINDRANCE])
def test_reasons_for_not_disclosing_refuse_no_destruction(asking, code):
    """Harm and hindrance refuse disclosure in Japan, and neither suspension nor erasure anywhere (TRI-24)."""
    assert asking("three-regime", Right.DISCLOSURE).identified().move(Refused((code,))).decision == Refused((code,))
    for right, place in ((Right.ERASURE, "JP"), (Right.ERASURE, "DE"), (Right.SUSPENSION, "JP")):
        with pytest.raises(RefusedError, match="may not be refused"):
            asking("three-regime", right, Ground.LIKELY_HARM, place=place).identified().move(Refused((code,)))


@pytest.mark.parametrize("right", [Right.SUSPENSION, Right.RESTRICTION, Right.ERASURE])
def test_an_investigation_comes_before_suspension_restriction_and_disposal(asking, right):
    """No grant without a finding, none on a finding that there is no reason, and one on a reason found (TRI-25)."""
    place, ground = "DE", Ground.UNLAWFUL_USE
    life = asking("three-regime", right, ground, place=place).identified()
    with pytest.raises(RefusedError, match="looked into"):
        life.move(Granted())
    life.move(Investigated(Finding.UNFOUNDED))
    with pytest.raises(RefusedError, match="does not bear it"):
        life.move(Granted())
    life = asking("three-regime", right, ground, place=place).identified()
    life.move(Investigated(Finding.FOUNDED))
    assert life.move(Granted()).decision == Granted()


def test_agreeing_by_use_is_no_consent(company):
    """Deemed consent bears no purpose and is a ground; who declines is refused for no reason (TRI-06)."""
    policy = policy_of("three-regime")
    purposes, consents = policy.purposes.values(), policy.terms.consents
    (use,) = (consent for consent in consents if consent.kind is ConsentKind.DEEMED)
    assert set(unconsented(purposes, consents, {APPI, GDPR})) == {"service", "identification", "quality"}
    assert unconsented(purposes, consents, {APPI}) == ()
    assert unconsented(purposes, [replace(use, kind=ConsentKind.EXPLICIT)], {APPI, GDPR}) == ()
    special = replace(use, purposes=("special_care",))
    assert unconsented(purposes, [special], {APPI}) == ("special_care",)
    found = review(policy, company("three-regime", {}).datamap, shipped_statutes(), DAY)
    assert "CONSENT_DEEMED" in {finding.code for finding in found}
    judged = judge(Right.ERASURE, Ground.UNLAWFUL_USE, {APPI, GDPR}, policy.terms.rights)
    assert judged == Owed(("jp.appi.35-1", "eu.gdpr.17-1"))
    assert judge(Right.CONSENT_WITHDRAWAL, None, {APPI, GDPR}, policy.terms.rights) == Owed(("eu.gdpr.7-3",))
    assert reasons(Right.CONSENT_WITHDRAWAL, {APPI, GDPR}, policy.terms.rights) <= PROCEDURAL


def test_a_protection_officer_is_named_and_missed_where_none_is(company):
    """The office stands in the policy; under the GDPR a policy without one is warned (TRI-14)."""
    tri = company("three-regime", {})
    assert policy_of("three-regime").terms.officer == ProtectionOfficer("Data Protection Officer", None)
    nobody = replace(tri.policy, terms=replace(tri.policy.terms, officer=None))
    codes = [
        {finding.code for finding in review(policy, tri.datamap, shipped_statutes(), DAY)}
        for policy in (tri.policy, nobody)
    ]
    assert ["OFFICER_MISSING" in found for found in codes] == [False, True]


def test_a_californian_is_not_asked_for_a_reason(asking):
    """The text promises to look into it; the law gives erasure without a ground, and wins."""
    assert not asking("three-regime", Right.ERASURE, place="US-CA").bounds.finding_first
    judged = judge(Right.ERASURE, None, {APPI, CCPA}, policy_of("three-regime").terms.rights)
    assert judged == Owed(("us.ccpa.1798-105-a",))
