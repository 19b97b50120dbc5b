"""What rules say of people and rows, for all histories."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.clocks import Due, OpenPurposes, Paused, Running, Standing, first_free_day, row_standing, standing
from retention.model.event import Event
from retention.model.period import Period
from retention.model.policy import Keep, Policy, Rule, SinceDate
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
  fraud: {title: {en: Fraud}, basis: legitimate-interest, ends: {after: account.closed, for: P20D}}
categories:
  profile: {title: {en: Profile}, purposes: [service]}
  account: {title: {en: Account}, purposes: [service, fraud]}
  letters: {title: {en: Letters}, purposes: [mail, fraud]}
rules:
  - {id: profile, category: profile, effective: {from: 2020-01-01}, keep: {for: P10D, after: account.closed},
     then: erase, source: policy, preference: true}
  - {id: account, category: account, effective: {from: 2020-01-01}, keep: {for: P10D, after: account.closed},
     then: erase, source: policy, preference: true}
  - {id: letters, category: letters, effective: {from: 2020-01-01}, keep: {for: P1M, after: purposes.ended},
     then: erase, source: policy, preference: true}
requests: {answer_within: P14D, channels: [post], identity_documents: [passport]}
""",
    "policy.yaml",
)
NOW = datetime(2026, 3, 31, 3, tzinfo=UTC)
ABOUT = {
    "consent.withdrawn": [None, "mail"],
    "consent.given": [None, "mail", "fraud"],
    "objection": [None, "fraud"],
    "purpose.accomplished": [None, "mail", "fraud"],
    "preference.set": [None, "P0D", "P3D", "P1Y"],
    "notice.delivered": ["restriction-lift"],
}
KINDS = ["account.closed", "account.reopened", "withdrawn", "restriction.placed", "restriction.lifted", *ABOUT]
rules = st.sampled_from(POLICY.rules)


@st.composite
def histories(draw: st.DrawFn, kinds: tuple[str, ...] = tuple(KINDS)) -> list[Event]:
    """Return what happened to one person under two keys, with corrections of any event."""
    events = []
    for number in range(draw(st.integers(0, 9))):
        kind = draw(st.sampled_from(kinds))
        at = NOW + timedelta(days=draw(st.integers(-70, 3)))
        corrects = draw(st.none() | st.none() | st.integers(0, 9).map("e{}".format))
        key, about = draw(st.sampled_from(["user_id", "email"])), draw(st.sampled_from(ABOUT.get(kind, [None])))
        events.append(Event(f"e{number}", kind, key, key, at, at, corrects, about))
    return events


def ask(rule: Rule, events: list[Event], now: datetime = NOW, policy: Policy = POLICY) -> Standing:
    """Ask for one person."""
    return standing(rule, policy, events, now)


@settings(max_examples=80)
@given(rules, histories(), st.data())
def test_the_order_of_events_and_repeated_deliveries_change_nothing(rule, events, data):
    """The answer is a function of the set of events."""
    again = data.draw(st.lists(st.sampled_from(events), max_size=4)) if events else []
    assert ask(rule, data.draw(st.permutations([*events, *again]))) == ask(rule, events)


@settings(max_examples=60)
@given(rules, histories(), st.integers(0, 4000))
def test_what_is_due_stays_due_while_nothing_happens(rule, events, hours):
    """Time alone never makes undone what is due; events that were still to come are news when they come."""
    later = NOW + timedelta(hours=hours)
    events = [event for event in events if not NOW < event.occurred_at <= later]
    if isinstance(ask(rule, events), Due):
        assert ask(rule, events, later) == ask(rule, events)


@settings(max_examples=60)
@given(rules, histories())
def test_it_is_due_from_the_free_day_on(rule, events):
    """Whoever was told a day finds it due on that day and not the day before, while nothing happens."""
    events = [event for event in events if event.occurred_at <= NOW]
    told = ask(rule, events)
    if (isinstance(told, Running) and not told.open_purposes) or (isinstance(told, OpenPurposes) and told.free_on):
        assert told.free_on
        midnight = datetime.combine(told.free_on, time(), tzinfo=ZoneInfo(POLICY.timezone))
        assert isinstance(ask(rule, events, midnight), Due)
        assert not isinstance(ask(rule, events, midnight - timedelta(seconds=1)), Due)


@settings(max_examples=60)
@given(rules, histories(), st.sampled_from([None, "P0D", "P1D", "P9D", "P10D", "P5Y", "P9999Y"]))
def test_a_preference_never_lengthens(rule, events, wish):
    """Without any preference nothing would be free earlier; with one, never later."""
    without = [event for event in events if event.kind != "preference.set" and event.corrects is None]
    asked = [*without, Event("wish", "preference.set", "user_id", "user_id", NOW, NOW, about=wish)]
    before, after = ask(rule, without), ask(rule, asked)
    assert _free_on(after) <= _free_on(before)
    assert not isinstance(before, Due) or isinstance(after, Due)
    if not rule.preference or wish is None:
        assert after == before


@settings(max_examples=60)
@given(rules, histories())
def test_a_preference_does_not_cut_what_a_purpose_needs(rule, events):
    """The purpose's own time runs, whatever the person wishes: against fraud, twenty days after the closing."""
    asked = [*events, Event("wish", "preference.set", "user_id", "user_id", NOW, NOW, about="P0D")]
    found = ask(rule, asked)
    ended_early = any(event.kind in ("objection", "purpose.accomplished") for event in events)
    if isinstance(found, Due) and rule.category != "profile" and not ended_early:
        assert found.free_on >= found.started_at.astimezone(ZoneInfo(POLICY.timezone)).date() + timedelta(days=20)


@settings(max_examples=80)
@given(rules, histories())
def test_a_restriction_only_pauses(rule, events):
    """Placing one turns any answer into a pause or leaves it; the day on which it would go stays the same."""
    open_ = [event for event in events if not event.kind.startswith("restriction") and event.corrects is None]
    placed = Event("stop", "restriction.placed", "email", "email", NOW, NOW)
    before, after = ask(rule, open_), ask(rule, [*open_, placed])
    assert not isinstance(after, Due)
    if isinstance(before, Due):
        assert after == Paused(NOW, before.free_on)


@settings(max_examples=80)
@given(
    st.dates(date(1900, 1, 1), date(2200, 12, 31)),
    st.builds(Period, st.integers(0, 12), st.integers(0, 40), st.integers(0, 800)),
    st.builds(Period, st.integers(0, 12), st.integers(0, 40), st.integers(0, 800)),
)
def test_a_hold_never_shortens(day, promised, held):
    """The later of the rule's and the hold's day counts: a row under both is free on neither day before its own."""
    own, law = first_free_day(day, promised, Period()), first_free_day(day, held, Period())
    rule = replace(POLICY.rules[0], keep=Keep(promised, SinceDate("at")))
    hold = replace(rule, keep=Keep(held, SinceDate("at")))
    for today in (own - timedelta(days=1), own, law - timedelta(days=1), law):
        now = datetime.combine(today, time(12), tzinfo=ZoneInfo(POLICY.timezone))
        gone = all(isinstance(row_standing(each, POLICY, day, now), Due) for each in (rule, hold))
        assert gone == (today >= max(own, law))


@settings(max_examples=60)
@given(
    st.dates(date(1900, 1, 1), date(2200, 12, 31)),
    st.builds(Period, st.integers(0, 12), st.integers(0, 40), st.integers(0, 800)),
)
def test_the_first_free_day_is_dateutils_or_the_day_after(day, period):
    """Counted from the day after the event (Civil Code 140), over on the eve of the corresponding day (143 II).

    So it is what dateutil adds to the day after the event. They differ only where the month of
    the end has no such day: dateutil takes the month's last day, the Civil Code lets the whole
    month pass (143 II, proviso), and the first free day is the first of the next: one day later.
    """
    theirs = day + timedelta(days=1) + relativedelta(years=period.years, months=period.months)
    has_no_such_day = theirs.day != (day + timedelta(days=1)).day
    if period.is_zero:
        assert first_free_day(day, period, Period()) == day
    else:
        later = timedelta(days=period.days + has_no_such_day)
        assert first_free_day(day, period, Period()) == theirs + later


def _free_on(found: Standing) -> date:
    match found:
        case Running(_, free_on, open_purposes):
            return date.max if open_purposes else free_on
        case Due(_, free_on):
            return free_on
        case OpenPurposes(_, free_on) | Paused(_, free_on):
            return free_on or date.max
        case _:
            return date.max
