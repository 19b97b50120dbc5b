"""WEBMO: what its policy commits it to, shown on its pack."""

from __future__ import annotations

from datetime import date

from retention.datamap import read_datamap
from retention.packs import read_pack
from retention.policy import read_policy, review
from retention.policy.statutes import shipped_statutes

USER = {"id": "u1", "name": "One", "email": "one@x.example"}


def test_a_request_in_one_service_reaches_the_other(company):
    """The plan names the copies in both services, although each knows its members by its own number (WEB-02)."""
    member = {"id": "m1", "nickname": "1", "email": "one@x.example"}
    stranger = {"id": "m2", "nickname": "2", "email": "two@x.example"}
    webmo = company("webmo", {"app.users": [USER], "community.members": [member, stranger]})
    plan = webmo.request("user_id=u1")
    assert {"app.users", "community.members"} <= {step.dataset for step in plan.steps if hasattr(step, "dataset")}
    assert webmo.left("community.members") == [stranger]


def test_what_one_service_needs_no_other_service_disposes_of(company):
    """Closed in one service and opened again under another's number: nothing goes in either (WEB-02)."""
    member = {"id": "m1", "nickname": "1", "email": "one@x.example"}
    webmo = company("webmo", {"app.users": [USER], "community.members": [member]})
    webmo.happened("account.closed", "user_id=u1", 60)
    webmo.happened("account.reopened", "member_id=m1", 50)
    assert webmo.sweep() is None


def test_the_article_of_today_is_named_beside_the_one_the_text_cites():
    """The lint reports 2(6) as stale and cites 16(3), which is what notices would show (WEB-03)."""
    files = read_pack("webmo")
    policy = read_policy(files["policy.yaml"], "policy.yaml", shipped_statutes())
    datamap = read_datamap(files["datamap.yaml"], "datamap.yaml")
    findings = review(policy, datamap, shipped_statutes(), date(2026, 11, 25))
    (moved,) = (finding for finding in findings if finding.code == "CITATION_MOVED")
    assert moved.articles == ("jp.appi.16-3",)
    assert "16(3)" in moved.law
    cited = {rule.statute for rule in policy.rules} | {hold.statute for hold in policy.holds}
    assert "jp.appi.2-6" not in cited


def test_a_questionnaire_that_ended_takes_only_its_answers(company):
    """Eight purposes, each with an end: the questionnaire's own is over, the account's are not (WEB-05)."""
    answers = [{"id": 1, "user_id": "u1", "answer": "a", "score": "5"}]
    inquiries = [{"id": 1, "user_id": "u1", "email": "one@x.example", "name": "One", "content": "c"}]
    webmo = company("webmo", {"app.users": [USER], "app.questionnaire_answers": answers, "app.inquiries": inquiries})
    eight = ("services", "misuse", "statistics", "guidance", "questionnaires", "inquiries", "identity", "notices")
    assert all(webmo.policy.purposes[name].ends for name in eight)
    webmo.happened("survey.closed", "user_id=u1", 200)
    webmo.happened("purpose.accomplished", "user_id=u1", 200, about="services")
    webmo.sweep()
    assert not any("answer" in row for row in webmo.left("app.questionnaire_answers"))
    assert webmo.left("app.inquiries") == inquiries
    assert webmo.left("app.users") == [USER]


def test_contractors_and_employees_have_clocks_and_the_tax_law_its_amounts(company, ago):
    """A year after his contract a contractor goes, the fee stays without him; staff stay five years (WEB-09)."""
    webmo = company(
        "webmo",
        {
            "hr.employees": [{"id": n, "name": f"E{n}", "email": f"e{n}@x.example", "wages": "w"} for n in (1, 2)],
            "hr.contractors": [{"id": n, "name": f"K{n}", "email": f"k{n}@x.example"} for n in (1, 2)],
            "hr.contractor_fees": [{"id": 1, "contractor_id": 1, "payee": "K1", "amount": "100", "paid_at": ago(500)}],
        },
    )
    webmo.happened("contractor.ended", "contractor_id=1", 400)
    webmo.happened("contractor.ended", "contractor_id=2", 100)
    webmo.happened("employee.retired", "employee_id=1", 1900)
    webmo.happened("employee.retired", "employee_id=2", 400)
    webmo.sweep()
    assert [row["id"] for row in webmo.left("hr.contractors") if "name" in row] == [2]
    assert [row["id"] for row in webmo.left("hr.employees")] == [2]
    (fee,) = webmo.left("hr.contractor_fees")
    assert (fee["amount"], "payee" in fee) == ("100", False)


def test_usage_information_goes_by_its_rule(company, ago):
    """Of a closed account, what was seen thirteen months ago is gone and what was seen last month is not (WEB-23)."""
    usage = [
        {"id": n, "user_id": "u1", "history": "h", "cookie": "k", "ip_address": "i", "seen_at": ago(days)}
        for n, days in ((1, 430), (2, 30))
    ]
    webmo = company("webmo", {"app.users": [USER], "lake.usage": usage})
    webmo.happened("account.closed", "user_id=u1", 20)
    webmo.sweep()
    assert [row["id"] for row in webmo.left("lake.usage")] == [2]
