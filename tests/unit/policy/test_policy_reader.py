"""The policy file: what it means, and every mistake at once."""

from __future__ import annotations

import hashlib
from datetime import date

import pytest

from retention.errors import PolicyError, Problem
from retention.model.period import Period
from retention.model.policy import AfterEvent, AfterFiscalYear, Disposal, Keep, SinceDate, Source
from retention.policy import read_policy

GOOD = """\
policy: example
controller: {name: {ja: 例, en: Example}, address: Tokyo, responsible: Privacy}
timezone: Asia/Tokyo
fiscal_year_ends: "12-31"
regimes: [jp.appi, eu.gdpr]
categories:
  account: {title: {en: Account}, purposes: [A1, A2]}
  billing: {title: {en: Billing}, purposes: [A9]}
  logs: {title: {en: Logs}, purposes: [A7]}
rules:
  - id: account
    category: account
    effective: {from: 2017-12-01}
    keep: {for: P30D, after: account.closed}
    then: anonymize
    k: 7
    source: default
  - id: logs
    category: logs
    effective: {from: 2017-12-01, until: 2030-01-01}
    keep: {for: P12M, since: requested}
    then: erase
    source: policy
holds:
  - id: tax-books
    fields: [payments.amount]
    keep: {for: P7Y, after: fiscal_year.closed, plus: P2M}
    statute: jp.corporate-tax-act.enf-reg-59
requests: {answer_within: P14D, channels: [post], identity_documents: [passport]}
processors:
  analytics: {categories: [account], key: user_id, answer_within: P30D}
preapproved: {sweep: {by: Head of CRM, rules: [logs]}}
"""


def problems(text: str) -> tuple[Problem, ...]:
    """Return the problems of a policy that must not be readable."""
    with pytest.raises(PolicyError) as caught:
        read_policy(text, "policy.yaml")
    return caught.value.problems


def changed(old: str, new: str) -> str:
    """Return the good policy with one change."""
    assert GOOD.count(old) >= 1
    return GOOD.replace(old, new, 1)


def test_a_good_policy_is_read_completely() -> None:
    """Every clause of the file stands in the record."""
    policy = read_policy(GOOD, "policy.yaml")
    account, logs = policy.rules
    assert (policy.policy_id, policy.timezone, policy.fiscal_year_end) == ("example", "Asia/Tokyo", (12, 31))
    assert policy.controller.name == {"ja": "例", "en": "Example"}
    assert policy.regimes == ("jp.appi", "eu.gdpr")
    assert [category.purposes for category in policy.categories.values()] == [("A1", "A2"), ("A9",), ("A7",)]
    assert account.keep == Keep(Period(days=30), AfterEvent("account.closed"))
    assert (account.then, account.k, account.source) == (Disposal.ANONYMIZE, 7, Source.DEFAULT)
    assert logs.keep.start == SinceDate("requested")
    assert (logs.effective_from, logs.effective_until) == (date(2017, 12, 1), date(2030, 1, 1))
    assert (logs.k, logs.then) == (5, Disposal.ERASE)
    assert policy.holds[0].keep == Keep(Period(years=7), AfterFiscalYear("accounted"), Period(months=2))
    assert policy.requests.answer_within == Period(days=14)
    assert policy.processors[0].key == "user_id"
    assert policy.preapproved is not None
    assert policy.preapproved.rules == ("logs",)
    assert policy.digest == hashlib.sha256(GOOD.encode()).hexdigest()


def test_the_fiscal_year_ends_in_march_unless_said_otherwise() -> None:
    """Most Japanese companies close on 31 March."""
    assert read_policy(changed('fiscal_year_ends: "12-31"\n', ""), "policy.yaml").fiscal_year_end == (3, 31)


def test_five_mistakes_are_reported_at_once_with_their_lines() -> None:
    """A misspelt key, a wrong time zone, an unknown event, a wrong period and a wrong word: one error."""
    text = (
        GOOD.replace("purposes: [A1, A2]", "purpose: [A1, A2]")
        .replace("Asia/Tokyo", "Asia/Tokio")
        .replace("account.closed}", "account.close}")
        .replace("for: P12M", "for: 12 months")
        .replace("then: erase", "then: eraze")
    )
    found = problems(text)
    assert [problem.where for problem in found] == [
        "policy.yaml:3 timezone",
        "policy.yaml:7 categories.account.purpose",
        "policy.yaml:14 rules[0].keep.after",
        "policy.yaml:21 rules[1].keep.for",
        "policy.yaml:22 rules[1].then",
    ]
    assert [problem.hint for problem in found] == [
        "did you mean `Asia/Tokyo`?",
        "did you mean `purposes`?",
        "did you mean `account.closed`?",
        "",
        "did you mean `erase`?",
    ]
    assert str(found[3]).endswith("expected a period like P12M, P7Y or P35D, found '12 months'")
    assert found[4].expected == "erase or anonymize or pseudonymize or suspend"


@pytest.mark.parametrize(
    ("old", "new", "where", "expected"),
    [
        ("policy: example", "policy: U NEXT", "policy.yaml:1 policy", "lower-case"),
        ("regimes: [jp.appi", "regimes: [jp.apppi", "policy.yaml:5 regimes[0]", "us.ccpa"),
        ('"12-31"', '"13-31"', "policy.yaml:4 fiscal_year_ends", "month and day"),
        ("category: account", "category: acount", "policy.yaml:12 rules[0].category", "a category of this policy"),
        ("id: account", "id: logs", "policy.yaml:18 rules[1]", "used once"),
        ("until: 2030-01-01", "until: 2017-12-01", "policy.yaml:20 rules[1].effective.until", "after 2017-12-01"),
        ("since: requested", "since: requested, after: objection", "policy.yaml:21 rules[1].keep", "either"),
        (", since: requested", "", "policy.yaml:21 rules[1].keep", "either"),
        ("since: requested", "since: requested, of: paid", "policy.yaml:21 rules[1].keep.of", "only with"),
        ("k: 7", "k: 1", "policy.yaml:16 rules[0].k", "at least 2"),
        ("then: anonymize", "then: erase", "policy.yaml:16 rules[0].k", "only with `then: anonymize`"),
        ("source: policy", "source: statute", "policy.yaml:18 rules[1]", "the key `statute`"),
        ("jp.corporate-tax-act.enf-reg-59", "JP Tax Act", "policy.yaml:28 holds[0].statute", "a statute code"),
        ("payments.amount", "amount", "policy.yaml:26 holds[0].fields[0]", "payments.amount"),
        ("for: P7Y", "for: P0D", "policy.yaml:27 holds[0].keep.for", "at least a day"),
        ("channels: [post]", "channels: []", "policy.yaml:29 requests.channels", "a list"),
        ("rules: [logs]", "rules: [log]", "policy.yaml:32 preapproved.sweep.rules[0]", "a rule of this policy"),
        ("category: logs", "category: account", "policy.yaml:18 rules[1]", "one rule in force"),
    ],
)
def test_each_mistake_is_one_problem_in_its_place(old: str, new: str, where: str, expected: str) -> None:
    """One wrong thing gives exactly one problem, with line and path."""
    (problem,) = problems(changed(old, new))
    assert problem.where == where
    assert expected in problem.expected


def test_rules_of_a_category_may_follow_each_other() -> None:
    """A rule that begins on the day the earlier one ends does not overlap it."""
    text = changed(
        "category: account\n    effective: {from: 2017-12-01}", "category: logs\n    effective: {from: 2030-01-01}"
    )
    assert len(read_policy(text, "policy.yaml").rules) == 2


def test_disposal_at_once_may_be_said() -> None:
    """`P0D` is a period: disposal is due when the clock starts."""
    assert read_policy(changed("for: P30D", "for: P0D"), "policy.yaml").rules[0].keep.keep_for.is_zero


@pytest.mark.parametrize("text", ["", "[]", "a: [", "policy", "rules: [1, x, {}]", "rules: {a: 1}\nholds: 3\n"])
def test_a_hopeless_file_is_an_error_not_a_traceback(text: str) -> None:
    """Whatever stands in the file, the answer is a PolicyError with problems."""
    assert problems(text)
