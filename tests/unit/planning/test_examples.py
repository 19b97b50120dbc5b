"""Examples beside a policy: a lawyer's question becomes a test."""

from __future__ import annotations

from datetime import date

import pytest

from retention.datamap import read_datamap
from retention.errors import PolicyError, Problem
from retention.grammar import Severity
from retention.model.example import Example, Fate, Outcome
from retention.planning.examples import failing, outcome
from retention.policy import read_examples, read_policy

POLICY = read_policy(
    """\
policy: example
controller: {name: {en: Example}, address: Tokyo, responsible: Privacy}
timezone: Asia/Tokyo
regimes: [jp.appi]
purposes:
  service: {title: {en: Service}, basis: contract, ends: {after: account.closed}}
  news: {title: {en: News}, basis: consent}
  books: {title: {en: Books}, basis: legal-obligation}
categories:
  account: {title: {en: Account}, purposes: [service, news]}
  viewing: {title: {en: Viewing}, purposes: [books]}
  billing: {title: {en: Billing}, purposes: [books]}
rules:
  - {id: account, category: account, effective: {from: 2017-12-01}, keep: {for: P30D, after: purposes.ended},
     then: erase, source: policy, statute: jp.appi.22}
  - {id: viewing-old, category: viewing, effective: {from: 2017-12-01, until: 2026-04-01},
     keep: {for: P12M, after: account.closed}, then: erase, source: policy}
  - {id: viewing, category: viewing, effective: {from: 2026-04-01}, keep: {for: P6M, after: account.closed},
     then: erase, source: policy, preference: true}
  - {id: billing, category: billing, effective: {from: 2017-12-01}, keep: {for: P1Y, since: paid},
     then: erase, source: policy}
holds:
  - id: tax
    fields: [payments.amount]
    keep: {for: P7Y, after: fiscal_year.closed, of: paid, plus: P2M}
    statute: jp.tax
requests: {answer_within: P14D, channels: [post], identity_documents: [passport]}
""",
    "policy.yaml",
)
DATAMAP = read_datamap(
    """\
datasets:
  app.payments:
    system: app
    table: payments
    primary_key: [id]
    subject: {user_id: user_id}
    dates: {paid: paid_at}
    fields:
      amount: {category: billing, identifies: "no"}
      card: {category: billing, identifies: directly}
""",
    "datamap.yaml",
)
CLOSED = "{kind: account.closed, at: 2026-01-10}"
WITHDRAWN = "{kind: consent.withdrawn, at: 2026-02-10, about: news}"


def read(text: str) -> tuple[Example, ...]:
    """Read examples of the policy."""
    return read_examples(text, "policy.tests.yaml", POLICY, DATAMAP)


def one(asked: str, at: str = "2026-11-25", expect: str = "{fate: due}") -> Example:
    """Return an example that asks this."""
    return read(f"tests:\n  - {{name: x, at: {at}, expect: {expect}, {asked}}}\n")[0]


def what(asked: str, at: str = "2026-11-25") -> Outcome:
    """Return what becomes of the data of such an example."""
    return outcome(one(asked, at), POLICY)


@pytest.mark.parametrize(
    ("asked", "at", "fate", "until"),
    [
        ("rule: account", "2026-11-25", Fate.KEPT, None),
        (f"rule: account, events: [{CLOSED}]", "2026-11-25", Fate.OPEN_PURPOSE, None),
        (f"rule: account, events: [{CLOSED}, {WITHDRAWN}]", "2026-03-12", Fate.KEPT, date(2026, 3, 13)),
        (f"rule: account, events: [{WITHDRAWN}, {CLOSED}]", "2026-03-13", Fate.DUE, date(2026, 3, 13)),
        (f"category: viewing, events: [{CLOSED}]", "2026-03-31", Fate.KEPT, date(2027, 1, 11)),
        (f"category: viewing, events: [{CLOSED}]", "2026-04-01", Fate.KEPT, date(2026, 7, 11)),
        (f"category: viewing, events: [{CLOSED}, {{kind: preference.set, at: 2026-01-01, about: P1M}}]",
         "2026-04-01", Fate.DUE, date(2026, 2, 11)),
        (f"rule: viewing, events: [{CLOSED}, {{kind: restriction.placed, at: 2026-02-01}}]",
         "2026-11-25", Fate.PAUSED, date(2026, 7, 11)),
        ("rule: billing, dates: {paid: 2024-05-01}", "2026-11-25", Fate.DUE, date(2025, 5, 2)),
        ("rule: billing, dates: {paid: 2026-05-01}", "2026-11-25", Fate.KEPT, date(2027, 5, 2)),
        ("rule: billing, dates: {paid: 2024-05-01}, field: payments.card", "2026-11-25", Fate.DUE, date(2025, 5, 2)),
        ("rule: billing, dates: {paid: 2024-05-01}, field: payments.amount", "2026-11-25", Fate.HELD, date(2032, 6, 1)),
        ("rule: billing, dates: {paid: 2024-05-01}, field: payments.amount", "2032-06-01", Fate.DUE, date(2025, 5, 2)),
        ("rule: billing, dates: {paid: 2024-05-01}, holds: [suit]", "2026-11-25", Fate.HELD, None),
        ("rule: billing, dates: {paid: 2024-05-01}, events: [{kind: restriction.placed, at: 2026-02-01}]",
         "2026-11-25", Fate.PAUSED, date(2025, 5, 2)),
        (f"rule: viewing, events: [{CLOSED}, {{kind: withdrawn, at: 2026-02-01, corrects: event-0}}]",
         "2026-11-25", Fate.KEPT, None),
        ("rule: viewing-old, events: [{kind: account.closed, at: 2020-01-01}]", "2026-11-25", Fate.KEPT, None),
    ],
)  # fmt: skip
def test_an_example_comes_out_as_the_plan_would(asked: str, at: str, fate: Fate, until: date | None) -> None:
    """Clocks, purposes, preferences, restriction and holds mean what they mean elsewhere."""
    found = what(asked, at)
    assert (found.fate, found.until) == (fate, until)


def test_the_reason_names_rule_event_statute_hold_and_purpose() -> None:
    """What the fate rests on can be asked for by name."""
    assert {"account", "jp.appi.22", "news"} <= set(what(f"rule: account, events: [{CLOSED}]").because)
    held = what("rule: billing, dates: {paid: 2024-05-01}, field: payments.amount, holds: [suit]")
    assert {"suit", "tax", "jp.tax", "billing", "paid"} <= set(held.because)


def test_an_example_that_comes_out_otherwise_is_an_error() -> None:
    """The finding says what was expected and what was found; a good example says nothing."""
    good = one(f"rule: viewing, events: [{CLOSED}]", expect="{fate: due, until: 2026-07-11, because: account.closed}")
    wrong = [
        one(f"rule: viewing, events: [{CLOSED}]", expect=expect)
        for expect in ("{fate: kept}", "{fate: due, until: 2026-07-10}", "{fate: due, because: account}")
    ]
    assert list(failing([good], POLICY)) == []
    findings = list(failing([good, *wrong], POLICY))
    assert [finding.code for finding in findings] == ["EXAMPLE_FAILED"] * 3
    assert {finding.severity for finding in findings} == {Severity.ERROR}
    assert "expected due until 2026-07-10, found due until 2026-07-11" in findings[1].text


def test_an_instant_is_taken_as_it_is_and_a_day_as_its_noon() -> None:
    """Days are days of the policy's time zone."""
    assert one("rule: viewing").at.isoformat() == "2026-11-25T12:00:00+09:00"
    assert one("rule: viewing", at='"2026-11-25T10:00Z"').at.isoformat() == "2026-11-25T10:00:00+00:00"


def problems(text: str) -> tuple[Problem, ...]:
    """Return the problems of a file that must not be readable."""
    with pytest.raises(PolicyError) as caught:
        read(text)
    return caught.value.problems


GOOD = """\
tests:
  - name: closed and gone
    at: 2026-11-25
    rule: viewing
    events: [{kind: account.closed, at: 2026-01-10}, {kind: consent.withdrawn, at: 2026-01-10, about: news}]
    dates: {paid: 2026-01-01}
    field: payments.amount
    expect: {fate: due}
"""


@pytest.mark.parametrize(
    ("old", "new", "where", "expected"),
    [
        ("rule: viewing", "rule: viewings", "4 tests[0].rule", "a rule of the policy"),
        ("    rule: viewing\n", "", "2 tests[0]", "exactly one"),
        ("rule: viewing", "rule: viewing\n    category: viewing", "2 tests[0]", "exactly one"),
        ("kind: account.closed", "kind: account.close", "5 tests[0].events[0].kind", "a kind of event"),
        ("about: news", "about: new", "5 tests[0].events[1].about", "a purpose of the policy"),
        ("account.closed, at: 2026-01-10", "account.closed, at: 2026-01-10, about: news",
         "5 tests[0].events[0].about", "no `about`"),
        ("at: 2026-11-25", "at: 2026-02-30", "3 tests[0].at", "a day like"),
        ("at: 2026-11-25", "at: 2026-11-25T10:00", "3 tests[0].at", "a day like"),
        ("dates: {paid", "dates: {payed", "6 tests[0].dates.payed", "paid"),
        ("payments.amount", "payments.amont", "7 tests[0].field", "a field of the data map"),
        ("fate: due", "fate: gone", "8 tests[0].expect.fate", "open-purpose"),
        ("tests:", "test:", "1 test", "`tests`"),
    ],
)  # fmt: skip
def test_each_mistake_is_one_problem_in_its_place(old: str, new: str, where: str, expected: str) -> None:
    """A misspelt word must not make an example pass."""
    assert read(GOOD)
    (problem,) = problems(GOOD.replace(old, new, 1))
    assert problem.where == f"policy.tests.yaml:{where}"
    assert expected in problem.expected
