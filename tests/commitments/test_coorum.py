"""Asobica's coorum: what its policy commits it to, shown on its pack."""

from __future__ import annotations

from datetime import date

import pytest

from retention.datamap import read_datamap
from retention.errors import PolicyError
from retention.packs import read_pack
from retention.policy import InForce, in_force, read_chain, read_policy, review
from retention.policy.statutes import shipped_statutes

USER = {"id": "u1", "email": "one@x.example", "password": "hash"}


def test_a_request_covers_behaviour_and_what_the_terminal_stored(company):
    """The plan names the tables of behaviour, with the digest that was made of it (COO-03)."""
    behaviour = [{"id": n, "user_id": f"u{n}", "action": "a", "terminal_data": "t"} for n in (1, 2)]
    coorum = company("coorum", {"app.users": [USER], "lake.behaviour": behaviour})
    plan = coorum.request("user_id=u1")
    assert "lake.behaviour" in {step.dataset for step in plan.steps if hasattr(step, "dataset")}
    assert [row["user_id"] for row in coorum.left("lake.behaviour")] == ["u2"]


def test_an_answered_inquiry_goes_and_the_account_stays(company, ago):
    """Guidance ends a year after its answer; the account is open and stays, and so does an open inquiry (COO-08)."""
    inquiries = [
        {"id": n, "user_id": "u1", "email": "one@x.example", "content": "c", "closed_at": closed}
        for n, closed in ((1, ago(400)), (2, None))
    ]
    coorum = company("coorum", {"app.users": [USER], "app.inquiries": inquiries})
    coorum.sweep()
    assert [row["id"] for row in coorum.left("app.inquiries")] == [2]
    assert coorum.left("app.users") == [USER]
    assert coorum.policy.purposes["operation"].ends[0].event == "account.closed"


FIRST = read_pack("coorum")["policy.yaml"]
VERSION = "{id: 2019-03, announced: 2019-03-26, effective: 2019-03-26, reductions: announcement, takes_effect: "
SECOND = VERSION.replace("2019-03-26", "2026-10-01").replace("id: 2019-03", "before: 1.yaml, id: '2'")


def after(served: str, title: str) -> InForce:
    """Return what holds once a second version has been announced in which access logs serve these purposes."""
    second = FIRST.replace(VERSION, SECOND).replace(
        "en: Access logs}\n    purposes: [improvement]", f"en: Access logs}}\n    purposes: [{served}]"
    )
    second = second.replace("purposes:\n", f"purposes:\n  ads: {{title: {{ja: 広告, en: Ads}}{title}}}\n", 1)
    return in_force(read_chain(second, "2.yaml", {"1.yaml": FIRST}.__getitem__), date(2026, 11, 25))


def test_an_announcement_adds_no_purpose_that_did_not_grow_out_of_an_earlier_one():
    """A related purpose holds once announced; an unrelated one waits for consent, and that is said (COO-11)."""
    related = after("improvement, ads", ", related_to: improvement")
    assert related.policy.categories["access_logs"].purposes == ("improvement", "ads")
    assert related.findings == ()
    for title in ("", ", related_to: violations"):
        unrelated = after("improvement, ads", title)
        assert unrelated.policy.categories["access_logs"].purposes == ("improvement",)
        assert [(finding.code, finding.where) for finding in unrelated.findings] == [
            ("PURPOSE_UNRELATED", "access_logs")
        ]
    assert after("ads", "").policy.categories["access_logs"].purposes == ("improvement",)
    with pytest.raises(PolicyError, match="announced"):
        read_policy(FIRST.replace("announced: 2019-03-26, ", ""), "policy.yaml")


def test_a_version_takes_effect_at_the_moment_of_its_announcement():
    """This company's text leaves no day between them, and a file that does is refused (COO-24)."""
    assert read_policy(FIRST, "policy.yaml").version.at_announcement
    with pytest.raises(PolicyError, match="at-announcement"):
        read_policy(FIRST.replace("effective: 2019-03-26, red", "effective: 2019-03-27, red"), "policy.yaml")
    elsewhere = FIRST.replace(", takes_effect: at-announcement", "")
    later = elsewhere.replace("effective: 2019-03-26, red", "effective: 2019-03-27, red")
    assert read_policy(later, "policy.yaml").version.effective_from == date(2019, 3, 27)


def test_what_the_law_has_added_since_the_text_is_listed():
    """Erasure, provision records, breaches, pseudonyms have come since 2019; a text of today misses none (COO-25)."""

    def added(text: str) -> list[tuple[str, ...]]:
        policy = read_policy(text, "policy.yaml", shipped_statutes())
        datamap = read_datamap(read_pack("coorum")["datamap.yaml"], "datamap.yaml")
        found = review(policy, datamap, shipped_statutes(), date(2026, 11, 25))
        return [finding.articles for finding in found if finding.code == "TEXT_OLDER_THAN_LAW"]

    (articles,) = added(FIRST)
    assert {"jp.appi.35-5", "jp.appi.33-5", "jp.appi.26-1", "jp.appi.41-1"} <= set(articles)
    assert added(FIRST.replace(VERSION, VERSION.replace("2019-03-26", "2026-10-01"))) == []


def test_access_logs_and_cookies_go_by_their_own_dates(company, ago):
    """Logs a year after they were written, cookies thirteen months after they were last seen (COO-06)."""
    days = (1, 400), (2, 380), (3, 300)
    logs = [{"id": n, "user_id": "u1", "access_log": "GET /", "logged_at": ago(age)} for n, age in days]
    cookies = [{"id": n, "user_id": "u1", "cookie": "c", "last_seen_at": ago(age)} for n, age in days]
    coorum = company("coorum", {"app.users": [USER], "lake.access_logs": logs, "lake.cookies": cookies})
    coorum.sweep()
    assert [row["id"] for row in coorum.left("lake.access_logs")] == [3]
    assert [row["id"] for row in coorum.left("lake.cookies")] == [2, 3]


def test_a_password_goes_on_the_day_and_the_address_waits(company):
    """Closed today: no password, no grace copy; the address stays its month, and the other user hers (COO-04)."""
    users = [{"id": who, "email": f"{who}@x.example", "password": "hash"} for who in ("u1", "u2")]
    coorum = company("coorum", {"app.users": users})
    coorum.happened("account.closed", "user_id=u1", 0)
    coorum.sweep()
    assert coorum.left("app.users") == [{"id": "u1", "email": "u1@x.example"}, users[1]]
    coorum.sweep(days=40)
    assert coorum.left("app.users") == [users[1]]


def test_contact_data_waits_until_its_person_was_told_that_the_service_ends(company):
    """Terminated long ago: the address stays until the letter was sent or given up, and a month more (COO-09)."""
    coorum = company("coorum", {"app.users": [USER, {"id": "u2", "email": "two@x.example"}]})
    for who in ("u1", "u2"):
        coorum.happened("service.terminated", f"user_id={who}", 100)
    coorum.sweep()
    assert {row["email"] for row in coorum.left("app.users")} == {"one@x.example", "two@x.example"}
    coorum.happened("purpose.accomplished", "user_id=u1", 40, about="notices")
    coorum.sweep()
    assert [row["email"] for row in coorum.left("app.users") if "email" in row] == ["two@x.example"]
