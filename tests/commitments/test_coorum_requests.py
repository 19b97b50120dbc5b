"""coorum: what it owes to people who ask, shown on its pack."""

from __future__ import annotations

import pytest

from retention.errors import RefusedError
from retention.law import Regime
from retention.law.refusals import APPI as LAW
from retention.law.refusals import PROCEDURAL
from retention.model.ids import CategoryId
from retention.model.request_moves import Granted, GrantedInPart, Identified, RefusedItem
from retention.model.terms import FreeOfCharge, Ground, Refusal, Right
from retention.requests.fees import Charge, Nothing, price, waits_for
from retention.requests.proof import Level, level
from retention.requests.refusals import reasons
from tests.doubles.asking import policy_of

APPI = frozenset({Regime.APPI})
BAN = CategoryId("violation_records")
USER = {"id": "u1", "email": "one@x.example", "password": "hash"}


def test_a_banned_user_goes_and_the_marker_stays_for_its_own_time(company, asking):
    """Refused for the ban, with its reason: the profile goes, the ban by its own clock (COO-10)."""
    life = asking("coorum", Right.ERASURE).identified()
    with pytest.raises(RefusedError, match="needs a reason"):
        life.move(GrantedInPart((RefusedItem(BAN, ()),)))
    life.move(GrantedInPart((RefusedItem(BAN, (Refusal.NO_GROUND,)),)))
    ban = {"id": 1, "user_id": "u1", "ban_marker": "b", "reason": "spam"}
    coorum = company("coorum", {"app.users": [USER], "app.violation_records": [ban]})
    coorum.happened("account.closed", "user_id=u1", 1)
    coorum.request("user_id=u1", refused=frozenset({BAN}))
    assert not any({"email", "password"} & row.keys() for row in coorum.left("app.users"))
    assert [row["ban_marker"] for row in coorum.left("app.violation_records")] == ["b"]
    coorum.sweep(days=600)
    assert [row["ban_marker"] for row in coorum.left("app.violation_records")] == ["b"]
    coorum.sweep(days=800)
    assert coorum.left("app.violation_records") == []


def test_nothing_is_told_or_done_before_it_is_known_who_asks(asking):
    """No grant without proof, for any right; who has an account logs in before a paper is asked for (COO-18)."""
    for right in (Right.DISCLOSURE, Right.CORRECTION, Right.ADDITION, Right.ERASURE):
        life = asking("coorum", right, Ground.UNTRUE)
        with pytest.raises(RefusedError, match="nobody has proven the identity"):
            life.move(Granted())
        assert level(right, APPI, account=True) in {Level.LOGIN, Level.FRESH_LOGIN}
    life = asking("coorum", Right.DISCLOSURE)
    life.move(Identified("login"))
    assert life.move(Granted()).decision == Granted()


@pytest.mark.parametrize("right", [right for right in Right if right in LAW])
def test_the_acts_reasons_are_the_only_ones(right):
    """Exactly the statute's per right, beside those of form; the text's "not required" is none (COO-19)."""
    given = reasons(right, APPI, policy_of("coorum").terms.rights)
    assert given - PROCEDURAL == LAW[right][1]
    assert Refusal.NOT_REQUIRED not in given


def test_a_fee_is_taken_for_disclosure_and_not_for_correction():
    """3,000 yen for what the Act lets be charged; the rest of what the text charges is free (COO-20)."""
    rights = policy_of("coorum").terms.rights
    for right in (Right.DISCLOSURE, Right.CORRECTION, Right.ADDITION):
        found = price(right, rights[right].fee, APPI, (), "JPY")
        allowed = right is Right.DISCLOSURE
        expected = Charge(3000, "JPY", prepaid=False, items=()) if allowed else Nothing(("jp.appi.38-1",))
        assert found == expected
    assert price(Right.ERASURE, FreeOfCharge(), APPI, (), "JPY") == Nothing(())
    assert not waits_for(Nothing(()), paid=False)
