"""The due set in SQL says what the fold says, on both databases, whatever is recorded in whatever order."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retention.clocks import Due, standing, uncorrected
from retention.model.event import Event
from retention.model.period import Period
from retention.model.policy import Agreed, Keep, NotAgreed, Rule, SinceDate
from retention.policy import read_policy

POLICY = read_policy(
    """
policy: p
controller: {name: {en: C}, address: a, responsible: r}
timezone: Asia/Tokyo
regimes: [jp.appi]
purposes:
  service: {title: {en: Service}, basis: contract}
  mail: {title: {en: Mail}, basis: consent}
  ads: {title: {en: Ads}, basis: legitimate-interest}
  fraud: {title: {en: Fraud}, basis: legitimate-interest, ends: {after: account.closed, for: P6D}}
categories:
  profile: {title: {en: Profile}, purposes: [service]}
  account: {title: {en: Account}, purposes: [service, fraud]}
  letters: {title: {en: Letters}, purposes: [mail, ads]}
  tastes: {title: {en: Tastes}, purposes: [service]}
rules:
  - {id: profile, category: profile, effective: {from: 2020-01-01}, keep: {for: P3D, after: account.closed},
     then: erase, source: policy}
  - {id: account, category: account, effective: {from: 2020-01-01}, keep: {for: P3D, after: account.closed},
     then: erase, source: policy}
  - {id: letters, category: letters, effective: {from: 2020-01-01}, keep: {for: P2D, after: purposes.ended},
     then: erase, source: policy}
  - {id: tastes, category: tastes, effective: {from: 2020-01-01}, keep: {for: P0D, after: consent.withdrawn},
     then: erase, source: policy}
requests: {answer_within: P14D, channels: [post], identity_documents: [passport]}
""",
    "policy.yaml",
)
PROFILE, ACCOUNT, LETTERS, _ = POLICY.rules
RULES = [
    *POLICY.rules,
    replace(PROFILE, preference=True),
    replace(ACCOUNT, preference=True),
    replace(LETTERS, preference=True),
    replace(PROFILE, audience=Agreed("2")),
    replace(LETTERS, audience=NotAgreed("2")),
]
NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)
KEYS = [("email", "a"), ("user_id", "b"), ("user_id", "c")]
PURPOSES = [None, "mail", "ads", "fraud"]
ABOUT = {
    "consent.withdrawn": PURPOSES,
    "consent.given": PURPOSES,
    "objection": PURPOSES,
    "purpose.accomplished": PURPOSES,
    "preference.set": [None, "P0D", "P1D", "P7D", "P9999Y", "forever"],
    "policy.agreed": [None, "1", "2"],
    "notice.delivered": ["restriction-lift", "2"],
}
KINDS = [
    *("account.closed", "account.closed", "account.reopened", "withdrawn", "survey.closed"),
    *("restriction.placed", "restriction.lifted"),
    *ABOUT,
]
numbers = count()


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Return what happened under three keys, near every bound, with corrections of any event, also across keys."""
    prefix = f"{next(numbers)}-"
    events = []
    for number in range(draw(st.integers(1, 10))):
        kind = draw(st.sampled_from(KINDS))
        about = draw(st.sampled_from(ABOUT.get(kind, [None])))
        name, digest = draw(st.sampled_from(KEYS))
        at = NOW + timedelta(days=-draw(st.integers(-1, 9)), hours=draw(st.sampled_from([0, 11, 12])))
        recorded = NOW + timedelta(minutes=draw(st.integers(0, 2)))
        corrects = draw(st.none() | st.none() | st.integers(0, 9).map(f"{prefix}{{}}".format))
        events.append(Event(f"{prefix}{number}", kind, name, prefix + digest, at, recorded, corrects, about))
    return events


def by_key(events: list[Event]) -> dict[tuple[str, str], list[Event]]:
    """Return the events of each key that stand among all."""
    found = defaultdict(list)
    for event in uncorrected(events):
        found[event.key_name, event.subject_digest].append(event)
    return found


def is_due(rule: Rule, events: list[Event]) -> bool:
    """Ask the fold."""
    return isinstance(standing(rule, POLICY, events, NOW), Due)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.data())
def test_sql_and_the_fold_agree(ledger, data):
    """For each rule, the keys that SQL finds are those whose events the fold finds due; none of a person is missed."""
    events = data.draw(histories())
    order = data.draw(st.permutations(events))
    cut = data.draw(st.integers(0, len(order)))
    ledger.events.record(order[:cut])
    ledger.events.record(order[cut:] + order[:1])
    known = by_key(events)
    keys = set(known) | {(event.key_name, event.subject_digest) for event in events}
    for rule in data.draw(st.lists(st.sampled_from(RULES), min_size=3, max_size=3, unique_by=id)):
        found = set(ledger.events.due(rule, POLICY, NOW))
        assert keys & found == {key for key, told in known.items() if is_due(rule, told)}
        perhaps = set(ledger.events.perhaps_due(rule, POLICY, NOW))
        for person in ([0, 1], [1, 2], [0, 2], [0, 1, 2]):
            his = {(KEYS[i][0], events[0].event_id.split("-")[0] + "-" + KEYS[i][1]) for i in person}
            if is_due(rule, [event for key in his for event in known.get(key, ())]):
                assert his & perhaps
    kinds = {event.kind for event in events}
    assert sorted(ledger.events.of_keys(keys, kinds), key=str) == sorted(uncorrected(events), key=str)


def at(day: int) -> datetime:
    """Return the instant so many days ago."""
    return NOW - timedelta(days=day)


def test_a_correction_counts_whoever_it_names(ledger):
    """A closing told of the wrong person does not make him due, once it is corrected to be about another."""
    wrong = Event("e1", "account.closed", "user_id", "a", at(9), at(9))
    ledger.events.record([wrong, Event("e2", "account.closed", "user_id", "b", at(9), at(8), corrects="e1")])
    assert list(ledger.events.due(PROFILE, POLICY, NOW)) == [("user_id", "b")]
    assert [
        event.event_id for event in ledger.events.of_keys([("user_id", "a"), ("user_id", "b")], ["account.closed"])
    ] == ["e2"]


def test_a_wish_under_another_key_is_not_missed(ledger):
    """Closed by id, wished shorter by address: the address is asked for, since its person may be due."""
    rule = replace(PROFILE, preference=True)
    closed = Event("e1", "account.closed", "user_id", "a", at(2), at(2))
    wish = Event("e2", "preference.set", "email", "b", at(1), at(1), about="P1D")
    ledger.events.record([closed, wish])
    assert list(ledger.events.due(rule, POLICY, NOW)) == []
    assert list(ledger.events.perhaps_due(rule, POLICY, NOW)) == [("email", "b")]
    assert list(ledger.events.perhaps_due(PROFILE, POLICY, NOW)) == []


def test_events_of_the_fold_are_those_of_the_keys(ledger):
    """A key name and a digest belong together."""
    ledger.events.record([Event("e1", "account.closed", "user_id", "a", at(9), at(9))])
    assert list(ledger.events.of_keys([("email", "a")], ["account.closed"])) == []
    assert list(ledger.events.of_keys([("user_id", "a")], ["survey.closed"])) == []


def test_a_row_clock_has_no_keys(ledger):
    """What starts from a date of the row is not asked of events."""
    rule = replace(PROFILE, keep=Keep(Period(days=1), SinceDate("paid")))
    assert list(ledger.events.due(rule, POLICY, NOW)) == list(ledger.events.perhaps_due(rule, POLICY, NOW)) == []


def test_a_period_longer_than_the_calendar_is_never_over(ledger):
    """Nine thousand years are no error."""
    ledger.events.record([Event("e1", "account.closed", "user_id", "a", at(9), at(9))])
    rule = replace(PROFILE, keep=replace(PROFILE.keep, keep_for=Period(years=9999)))
    assert list(ledger.events.due(rule, POLICY, NOW)) == []


def test_rules_asked_side_by_side_answer_in_order(ledger):
    """More rules than are asked at once: each comes in its place, with what it says when asked alone."""
    ledger.events.record([Event("e1", "account.closed", "user_id", "a", at(9), at(9))])
    for many, one in (
        (ledger.events.due_of, ledger.events.due),
        (ledger.events.perhaps_due_of, ledger.events.perhaps_due),
    ):
        found = [(rule, set(keys)) for rule, keys in many(RULES, POLICY, NOW)]
        assert found == [(rule, set(one(rule, POLICY, NOW))) for rule in RULES]
        assert found[0][1] == {("user_id", "a")}
