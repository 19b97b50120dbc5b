"""UMU: what it owes to people who ask, shown on its pack."""

from __future__ import annotations

import pytest

from retention.errors import RefusedError
from retention.law import Regime
from retention.model.asking import Holder
from retention.model.request_moves import Finding, Granted, Investigated
from retention.model.terms import Ground, Right
from retention.requests.grounds import Owed, judge
from retention.requests.routing import Elsewhere, Ours, route
from tests.doubles.asking import answered_by, policy_of, unreadable_without

USER = {"id": "u1", "name": "One", "email": "one@x.example", "phone": "1"}
PROFILE = {"id": 1, "user_id": "u1", "company_id": "k1", "real_name": "One", "contact": "one@k1.example"}
REDIRECTS = policy_of("umu").terms.redirects


def test_who_has_an_account_of_his_own_asks_umu(company):
    """Nothing is another's: UMU answers, and what the person owns goes (UMU-02)."""
    umu = company("umu", {"app.users": [USER], "app.account_activity": [{"id": 1, "user_id": "u1", "action": "a"}]})
    plan = umu.request("user_id=u1")
    held = {held.statute for held in plan.withheld}
    assert "tenant-controlled" not in held
    assert route(own=True, held_for=(), redirects=REDIRECTS) == Ours()
    assert umu.left("app.users") == []


def test_who_belongs_to_an_enterprise_is_sent_to_its_administrator(company):
    """Nothing of the company's moves until it instructs; the person is told whom to ask (UMU-03)."""
    umu = company("umu", {"app.users": [USER], "app.enterprise_profiles": [PROFILE]})
    plan = umu.request("user_id=u1")
    assert ("app.enterprise_profiles", "tenant-controlled") in {(held.dataset, held.statute) for held in plan.withheld}
    assert umu.left("app.enterprise_profiles") == [PROFILE]
    answer = route(own=False, held_for=["company_id"], redirects=REDIRECTS)
    assert isinstance(answer, Elsewhere)
    (told,) = answer.ask
    assert told.to is Holder.ADMINISTRATOR
    assert {"ja", "en"} <= told.title.keys()
    umu.request("user_id=u1", tenant="company_id=k1")
    assert umu.left("app.enterprise_profiles") == []


@pytest.mark.parametrize("right", [Right.SUSPENSION, Right.ERASURE])
@pytest.mark.parametrize(
    ("ground", "article"),
    [
        (Ground.OUT_OF_PURPOSE, "jp.appi.35-1"),
        (Ground.UNLAWFUL_ACQUISITION, "jp.appi.35-1"),
        (Ground.NO_LONGER_NEEDED, "jp.appi.35-5"),
        (Ground.BREACH, "jp.appi.35-5"),
        (Ground.LIKELY_HARM, "jp.appi.35-5"),
    ],
)
def test_the_acts_grounds_count_beside_the_texts(asking, right, ground, article):
    """Also those that the text omits; a finding stands before anything is done (UMU-22)."""
    assert judge(right, ground, {Regime.APPI}, policy_of("umu").terms.rights) == Owed((article,))
    life = asking("umu", right, ground).identified()
    with pytest.raises(RefusedError, match="looked into"):
        life.move(Granted())
    life.move(Investigated(Finding.FOUNDED))
    assert life.move(Granted()).decision == Granted()


def test_the_controller_is_named_with_its_address_in_both_languages():
    """Unreadable without name or address; the answer bears them in Japanese and in English (UMU-01)."""
    policy = policy_of("umu")
    assert unreadable_without("umu", "name")
    assert unreadable_without("umu", "address")
    for language, name in (("ja", policy.controller.name["ja"]), ("en", "UMU Technology Japan Co.")):
        page = answered_by(policy, language)
        assert name in page
        assert "新宿区新宿4丁目1番6号" in page
