from __future__ import annotations

from dataclasses import replace

from retention.clocks import kinds_that_move, needs_of
from retention.model.period import Period
from retention.model.policy import AfterEvent, AfterPurposes, Authority, Keep, Policy, SinceDate
from retention.policy import read_policy

POLICY = """
policy: p
controller: {name: {en: C}, address: a, responsible: r}
timezone: Asia/Tokyo
regimes: [jp.appi]
purposes:
  service: {title: {en: Service}, basis: contract}
  mail: {title: {en: Mail}, basis: consent}
  fraud: {title: {en: Fraud}, basis: legitimate-interest, ends: {after: account.closed, for: P24M}}
categories:
  account: {title: {en: Account}, purposes: [service, fraud]}
  letters: {title: {en: Letters}, purposes: [mail]}
rules:
  - {id: account, category: account, effective: {from: 2020-01-01}, keep: {for: P30D, after: account.closed},
     then: erase, source: policy}
  - {id: letters, category: letters, effective: {from: 2020-01-01}, keep: {for: P7D, after: purposes.ended},
     then: erase, source: policy}
requests: {answer_within: P14D, channels: [post], identity_documents: [passport]}
"""


def policy() -> Policy:
    return read_policy(POLICY, "policy.yaml")


def test_an_event_rule_needs_its_clock_and_every_purpose_with_an_end_of_its_own():
    """The account waits for the closing, and for the fraud purpose; the service ends with the account."""
    clock, fraud = needs_of(policy().rules[0], policy())
    assert [(trigger.kind, trigger.keep.keep_for) for trigger in clock] == [("account.closed", Period(days=30))]
    assert {trigger.kind for trigger in fraud} == {"account.closed", "objection", "purpose.accomplished"}
    assert {trigger.about for trigger in fraud} == {None, "fraud"}
    assert next(t for t in fraud if t.kind == "account.closed").keep.plus == Period(months=24)


def test_a_purposes_rule_runs_after_each_end_of_the_purpose():
    """Letters go seven days after the consent to them was withdrawn."""
    (mail,) = needs_of(policy().rules[1], policy())
    assert {(t.kind, t.about, t.keep.keep_for) for t in mail} == {
        ("consent.withdrawn", "mail", Period(days=7)),
        ("purpose.accomplished", "mail", Period(days=7)),
    }


def test_a_row_clock_has_no_needs():
    """What the store answers from a date of the row is not asked of events."""
    rule = policy().rules[0]
    assert isinstance(policy().rules[1].keep.start, AfterPurposes)
    billing = replace(rule, keep=Keep(Period(years=7), start=SinceDate("paid")))
    assert needs_of(billing, policy()) == ()


def test_the_ledger_is_asked_for_every_kind_that_can_change_the_answer():
    """Starts, stops, and what shortens, pauses or includes; nothing for a row clock."""
    account, letters = (kinds_that_move(rule, policy()) for rule in policy().rules)
    always = {"preference.set", "policy.agreed", "restriction.placed", "restriction.lifted", "notice.delivered"}
    ends = {"purpose.accomplished", "consent.given"}
    assert account == always | ends | {"account.closed", "account.opened", "account.reopened", "objection"}
    assert letters == always | ends | {"consent.withdrawn"}
    billing = replace(policy().rules[0], keep=Keep(Period(years=7), start=SinceDate("paid")))
    assert kinds_that_move(billing, policy()) == frozenset()


def test_a_withdrawal_that_names_a_purpose_starts_only_the_clocks_of_that_purpose():
    """Who takes back the consent to letters has not taken back the consent to the rest."""
    rule = replace(policy().rules[0], keep=Keep(Period(), start=AfterEvent("consent.withdrawn")))
    own = needs_of(rule, policy())[:2]
    assert [[trigger.about for trigger in need] for need in own] == [["service"], ["fraud"]]
    assert not own[0][0].admits("mail")
    assert own[0][0].admits(None)


def test_a_tenants_clock_does_not_wait_for_what_only_people_can_end():
    """A contract's end counts for itself: no account of a person closes with it."""
    rule = replace(
        policy().rules[0], authority=Authority.TENANT, keep=Keep(Period(days=60), start=AfterEvent("contract.ended"))
    )
    ((trigger,),) = needs_of(rule, policy())
    assert trigger.kind == "contract.ended"
