"""WEBMO: what its policy commits it to, shown on its pack."""

from __future__ import annotations

from datetime import date

import pytest

from retention.datamap import read_datamap
from retention.disclosure import purposes_of
from retention.errors import PolicyError
from retention.grammar import Severity
from retention.model.disclosure import DiscloseRows
from retention.model.terms import Right
from retention.packs import read_pack
from retention.planning.disclosing import shown_categories
from retention.policy import InForce, in_force, read_chain, read_policy, read_terms, review, under_terms
from retention.policy.statutes import shipped_statutes
from retention.wiring import read_workspace

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


TERMS = """\
over: webmo
rules:
  - {id: living-usage, category: usage_information, effective: {from: 2026-01-01},
     keep: {for: P90D, since: last_seen}, then: erase, source: policy}
"""
EMPLOYEES = """\
over: webmo
rules:
  - {id: living-staff, category: employees, effective: {from: 2026-01-01},
     keep: {for: P90D, after: employee.retired}, then: erase, source: policy}
"""


def laid_over(terms: str) -> InForce:
    """Return what holds today where these terms stand over the company's policy."""
    text = read_pack("webmo")["policy.yaml"]
    policy = read_policy(text, "policy.yaml", shipped_statutes())
    rules = read_terms(terms, "terms", policy, shipped_statutes())
    return under_terms(InForce(policy, text, ()), rules, terms, date(2026, 11, 25))


def test_terms_of_a_service_stand_over_the_companys_policy(company, ago):
    """Ninety days beat thirteen months, evidence names the rule, and the company's other rules stay (WEB-01)."""
    usage = [{"id": n, "user_id": "u1", "history": "h", "seen_at": ago(days)} for n, days in ((1, 100), (2, 30))]
    webmo = company("webmo", {"app.users": [USER], "lake.usage": usage})
    assert webmo.sweep() is None
    webmo.policy = laid_over(TERMS).policy
    plan = webmo.sweep()
    assert [row["id"] for row in webmo.left("lake.usage")] == [2]
    assert [step.because.rules for step in plan.steps] == [("living-usage",)]
    assert {rule.rule_id for rule in webmo.policy.rules} >= {"user-information", "employees"}
    assert "living-usage" in laid_over(TERMS).text
    assert laid_over(TERMS.replace("2026-01-01", "2027-01-01")).policy.rules[0].rule_id == "user-information"


def test_terms_of_a_service_cannot_go_below_the_law():
    """A period below the labour law's is an error of the lint; rights and holds cannot be said at all (WEB-01)."""
    datamap = read_datamap(read_pack("webmo")["datamap.yaml"], "datamap.yaml")

    def errors(terms: str) -> list[str]:
        found = review(laid_over(terms).policy, datamap, shipped_statutes(), date(2026, 11, 25))
        return [finding.where for finding in found if finding.severity is Severity.ERROR]

    assert errors(TERMS) == []
    assert errors(EMPLOYEES) == ["rules.living-staff"]
    for more in ("requests: {rights: {disclosure: {}}}\n", "holds: []\n"):
        with pytest.raises(PolicyError, match=r"`over`|`rules`|unknown"):
            laid_over(TERMS + more)


def test_terms_lie_beside_the_policy_of_a_workspace(tmp_path):
    """`policy.terms.yaml` is read with the policy; what it says wrongly is said with its place (WEB-01)."""
    for name, text in read_pack("webmo").items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "policy.terms.yaml").write_text(TERMS, encoding="utf-8")
    workspace = read_workspace(tmp_path)
    rules = {rule.category: rule.rule_id for rule in workspace.in_force.policy.rules}
    assert rules["usage_information"] == "living-usage"
    assert workspace.policy.digest == workspace.in_force.policy.digest
    (tmp_path / "policy.terms.yaml").write_text(TERMS.replace("living-usage", "employees"), encoding="utf-8")
    with pytest.raises(PolicyError, match=r"policy\.terms\.yaml"):
        read_workspace(tmp_path)


def test_a_purpose_that_nobody_is_told_of_needs_one_of_the_four_exceptions_and_its_reason():
    """Announced by the policy, or exempt by a code of APPI 21(4) with its justification; else refused (WEB-06)."""
    text = read_pack("webmo")["policy.yaml"]
    title = "title: {ja: サービスの提供, en: Providing the services}\n"
    exempt = title + "    unannounced: {because: public-body, why: {ja: 捜査への協力, en: Help with an inquiry}}\n"
    policy = read_policy(text.replace(title, exempt, 1), "policy.yaml", shipped_statutes())
    assert policy.purposes["services"].exempt is not None
    assert policy.purposes["guidance"].exempt is None
    for wrong, expected in ((", why: {ja: 捜査への協力, en: Help with an inquiry}", "the key `why`"),):
        with pytest.raises(PolicyError, match=expected):
            read_policy(text.replace(title, exempt.replace(wrong, ""), 1), "policy.yaml", shipped_statutes())
    with pytest.raises(PolicyError, match="one of `harm-to-somebody`"):
        read_policy(text.replace(title, exempt.replace("public-body", "habit"), 1), "policy.yaml", shipped_statutes())


def test_the_day_of_collection_decides_which_version_holds():
    """Enacted 2008, revised 2018 and 2022: what was collected on 2020-01-01 is under the version of 2018 (WEB-25)."""
    text = read_pack("webmo")["policy.yaml"]
    line = "version: {id: 2022-12, announced: 2022-12-01, effective: 2022-12-01, reductions: notice}"
    assert line in text

    def version(name: str, day: str, before: str) -> str:
        older = text.replace("effective: {from: 2022-12-01}", f"effective: {{from: {day}}}")
        return older.replace(
            line, f"version: {{id: '{name}', announced: {day}, effective: {day}, reductions: notice{before}}}"
        )

    files = {
        "1.yaml": version("2008-05", "2008-05-01", ""),
        "2.yaml": version("2018-12", "2018-12-01", ", before: 1.yaml"),
    }
    chain = read_chain(version("2022-12", "2022-12-01", ", before: 2.yaml"), "3.yaml", files.__getitem__)
    days = (date(2020, 1, 1), date(2018, 11, 30), date(2026, 1, 1))
    assert [in_force(chain, day).text for day in days] == [chain[1].text, chain[0].text, chain[2].text]


def test_purposes_are_notified_of_what_is_held_and_no_others(company):
    """Who asks for the purposes learns those of the categories with rows of hers; no value is read (WEB-10)."""
    tables = {"app.users": [USER], "app.preferences": [{"id": 1, "user_id": "u1", "preferences": "p"}]}
    webmo = company("webmo", tables)
    plan = webmo.shown("user_id=u1", Right.PURPOSE_NOTIFICATION)
    steps = [step for step in plan.steps if isinstance(step, DiscloseRows)]
    assert {(step.dataset, step.columns, step.rows) for step in steps} == {
        ("app.users", (), 1),
        ("app.preferences", (), 1),
    }
    shown = shown_categories(plan, webmo.datamap, webmo.policy, Right.PURPOSE_NOTIFICATION)
    assert shown == {"user_information", "usage_information"}
    told = {title["en"] for category in shown for title in purposes_of(webmo.policy)[category]}
    named = ("services", "guidance", "identity", "notices", "statistics")
    assert told == {webmo.policy.purposes[each].title["en"] for each in named}
