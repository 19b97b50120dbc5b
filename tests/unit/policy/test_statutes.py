"""The file of statutes: what it means, and every mistake at once."""

from __future__ import annotations

from datetime import date

import pytest

from retention.errors import PolicyError, Problem
from retention.model.period import Period
from retention.model.policy import AfterFiscalYear, Keep, SinceDate
from retention.model.statute import Answer, Certainty, Duty, Erase, Retain, Strength
from retention.model.terms import Right
from retention.policy import read_policy, read_statutes, shipped_statutes

GOOD = """\
statutes:
  jp.tax:
    title: {ja: 税法, en: Tax}
    article: {ja: 税法1条, en: Tax Act art. 1}
    regime: jp
    certainty: secondary
    effective: {from: 2000-01-01, until: 2030-01-01}
    forces: {retain: {for: P7Y, after: fiscal_year.closed, of: paid, plus: P2M, data: [tax-books]}}
  eu.gdpr.12-3:
    title: {en: GDPR}
    article: {en: GDPR art. 12(3)}
    regime: eu.gdpr
    certainty: known
    effective: {from: 2018-05-25}
    forces:
      - answer: {within: P1M, extended_by: P2M, rights: [erasure]}
      - answer: {within: without-delay, acknowledge_within: P14D}
      - erase: {when: [objection], strength: endeavour, for: P12M, since: logged, data: [logs]}
      - duty: tell-recipients
  jp.appi.r8:
    title: {en: Amendment of 2026}
    article: {en: Act of 2026}
    regime: jp.appi
    certainty: secondary
    enabled: false
    forces: {duty: consent-of-guardian}
"""
POLICY = """\
policy: example
controller: {name: {en: Example}, address: Tokyo, responsible: Privacy}
timezone: Asia/Tokyo
regimes: [jp.appi]
categories: {billing: {title: {en: Billing}, purposes: [A9], kinds: [tax-books]}}
rules:
  - {id: billing, category: billing, effective: {from: 2017-12-01}, keep: {for: P9Y, since: paid}, then: erase,
     source: statute, statute: jp.tax}
holds:
  - id: tax
    fields: [payments.amount]
    keep: {for: P7Y, after: fiscal_year.closed, of: paid, plus: P2M}
    statute: jp.tax
requests: {answer_within: P14D, channels: [post], identity_documents: [passport]}
"""


def problems(text: str) -> tuple[Problem, ...]:
    """Return the problems of a file that must not be readable."""
    with pytest.raises(PolicyError) as caught:
        read_statutes(text, "statutes.yaml")
    return caught.value.problems


def cited(policy: str) -> tuple[Problem, ...]:
    """Return the problems of a policy that cites these statutes; none if it can be read."""
    try:
        read_policy(policy, "policy.yaml", read_statutes(GOOD, "statutes.yaml"))
    except PolicyError as error:
        return error.problems
    return ()


def test_every_force_is_read() -> None:
    """Duties to keep, to erase and to answer, and codes."""
    known = read_statutes(GOOD, "statutes.yaml").by_id
    tax, gdpr, amendment = known.values()
    keep = Keep(Period(years=7), AfterFiscalYear("paid"), Period(months=2))
    assert tax.forces == (Retain(keep, ("tax-books",)),)
    assert (tax.certainty, tax.article["ja"]) == (Certainty.SECONDARY, "税法1条")
    assert gdpr.forces == (
        Answer(Period(months=1), Period(months=2), None, (Right.ERASURE,)),
        Answer(None, None, Period(days=14), ()),
        Erase(("objection",), Keep(Period(months=12), SinceDate("logged")), ("logs",), Strength.ENDEAVOUR),
        Duty("tell-recipients"),
    )
    assert not amendment.enabled


def test_a_statute_is_in_force_from_its_first_day_to_the_eve_of_its_end() -> None:
    """A law without a date is never in force."""
    tax, _, amendment = read_statutes(GOOD, "statutes.yaml").by_id.values()
    days = (date(1999, 12, 31), date(2000, 1, 1), date(2029, 12, 31), date(2030, 1, 1))
    assert [tax.in_force(day) for day in days] == [False, True, True, False]
    assert not amendment.in_force(date(2040, 1, 1))


def test_what_is_not_in_the_file_is_cited_by_its_code() -> None:
    """A citation is never empty."""
    known = read_statutes(GOOD, "statutes.yaml")
    assert known.article("jp.tax", "ja") == "税法1条"
    assert known.article("eu.gdpr.12-3", "ja") == "GDPR art. 12(3)"
    assert known.article("jp.other") == "jp.other"


@pytest.mark.parametrize(
    ("old", "new", "where", "expected"),
    [
        ("certainty: secondary", "certainty: sure", "6 jp.tax.certainty", "unverified"),
        ("regime: jp\n", "regime: fr\n", "5 jp.tax.regime", "standard"),
        ("until: 2030-01-01", "until: 2000-01-01", "7 jp.tax.effective.until", "after 2000-01-01"),
        ("    effective: {from: 2018-05-25}\n", "", "9 eu.gdpr.12-3", "enabled: false"),
        ("{retain: {for", "{retains: {for", "8 jp.tax.forces.retains", "retain"),
        ("data: [tax-books]", "data: []", "8 jp.tax.forces.retain.data", "a list"),
        ("for: P7Y", "for: P0D", "8 jp.tax.forces.retain.for", "at least a day"),
        ("rights: [erasure]", "rights: [erase]", "16 eu.gdpr.12-3.forces[0].answer.rights[0]", "erasure"),
        ("when: [objection]", "when: [objecting]", "18 eu.gdpr.12-3.forces[2].erase.when[0]", "objection"),
        ("duty: tell-recipients", "{}", "19 eu.gdpr.12-3.forces[3]", "exactly one"),
    ],
)  # fmt: skip
def test_each_mistake_is_one_problem_in_its_place(old: str, new: str, where: str, expected: str) -> None:
    """One wrong thing gives exactly one problem, with line and path."""
    assert GOOD.count(old) >= 1
    (problem,) = problems(GOOD.replace(old, new, 1))
    assert problem.where == f"statutes.yaml:{where.replace(' ', ' statutes.', 1)}"
    assert expected in problem.expected


@pytest.mark.parametrize(
    ("old", "new", "expected", "hint"),
    [
        ("jp.tax}\nholds", "jp.taxes}\nholds", "a statute of statutes.yaml", "did you mean `jp.tax`?"),
        ("jp.tax\nreq", "jp.taxes\nreq", "a statute of statutes.yaml", "did you mean `jp.tax`?"),
        ("jp.tax}\nholds", "jp.appi.r8}\nholds", "in force", ""),
        ("from: 2017-12-01", "from: 2031-01-01", "in force", ""),
        ("kinds: [tax-books]", "kinds: [tax-book]", "a kind of data", "did you mean `tax-books`?"),
        ("{for: P7Y, after", "{for: P6Y, after", "at least what jp.tax asks for", ""),
        ("plus: P2M", "plus: P1M", "at least what jp.tax asks for", ""),
        ("{for: P7Y, after: fiscal_year.closed, of: paid, plus: P2M}", "{for: P8Y, since: paid}", "at least what", ""),
    ],
)  # fmt: skip
def test_a_policy_may_cite_only_what_is_known_and_binds(old: str, new: str, expected: str, hint: str) -> None:
    """A wrong citation, or a hold below its own statute, is one problem."""
    assert cited(POLICY) == ()
    assert POLICY.count(old) == 1
    (problem,) = cited(POLICY.replace(old, new))
    assert expected in problem.expected
    assert problem.hint == hint


def test_the_shipped_file_can_be_read() -> None:
    """Every statute has a citation in both languages, and the amendment of 2026 does not bind yet."""
    known = shipped_statutes().by_id
    assert all({"ja", "en"} <= statute.article.keys() for statute in known.values())
