"""What a rule says for one person or row, by example."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from retention.clocks import (
    Due,
    LiftWithoutNotice,
    NotStarted,
    OpenPurposes,
    OutsideAudience,
    Paused,
    RestrictedSince,
    Running,
    Standing,
    Unrestricted,
    restricted,
    row_standing,
    standing,
)
from retention.model.event import Event
from retention.model.period import Period
from retention.model.policy import AfterFiscalYear, Agreed, Keep, NotAgreed, Policy, SinceDate
from retention.policy import read_policy

POLICY = """
policy: p
controller: {name: {en: C}, address: a, responsible: r}
timezone: Asia/Tokyo
fiscal_year_ends: 03-31
regimes: [jp.appi]
purposes:
  service: {title: {en: Service}, basis: contract}
  mail: {title: {en: Mail}, basis: consent}
  ads: {title: {en: Ads}, basis: legitimate-interest}
  fraud: {title: {en: Fraud}, basis: legitimate-interest, ends: {after: account.closed, for: P24M}}
categories:
  account: {title: {en: Account}, purposes: [service, fraud]}
  profile: {title: {en: Profile}, purposes: [service]}
  letters: {title: {en: Letters}, purposes: [mail, ads]}
rules:
  - {id: account, category: account, effective: {from: 2020-01-01}, keep: {for: P30D, after: account.closed},
     then: erase, source: policy}
  - {id: profile, category: profile, effective: {from: 2020-01-01}, keep: {for: P30D, after: account.closed},
     then: erase, source: policy}
  - {id: letters, category: letters, effective: {from: 2020-01-01}, keep: {for: P7D, after: purposes.ended},
     then: erase, source: policy}
requests: {answer_within: P14D, channels: [post], identity_documents: [passport]}
"""
START = datetime(2024, 1, 1, tzinfo=UTC)
ACCOUNT, PROFILE, LETTERS = 0, 1, 2


@pytest.fixture(scope="module")
def policy() -> Policy:
    return read_policy(POLICY, "policy.yaml")


def event(kind: str, day: int, about: str | None = None, *, key: str = "user_id", corrects: str | None = None) -> Event:
    """Return an event of the day, recorded on arrival."""
    at = START + timedelta(days=day)
    return Event(f"{kind}{day}{about}", kind, key, f"d-{key}", at, at, corrects, about)


def on(policy: Policy, rule: int, day: int, *events: Event, **changes: object) -> Standing:
    """Ask for the rule on the day."""
    return standing(replace(policy.rules[rule], **changes), policy, events, START + timedelta(days=day))


CLOSED = event("account.closed", 0)
"""On 1 January 2024, 9:00 in Tokyo; thirty days are over on 1 February."""


def test_a_clock_runs_until_the_first_free_day(policy):
    """Closed on 1 January: the thirtieth day after it is the 31st, and the data is free on 1 February."""
    free_on = date(2024, 2, 1)
    assert on(policy, PROFILE, 10) == NotStarted()
    assert on(policy, PROFILE, 30, CLOSED) == Running(START, free_on)
    assert on(policy, PROFILE, 31, CLOSED) == Due(START, free_on)
    assert on(policy, PROFILE, 31, CLOSED, event("account.reopened", 5)) == NotStarted()


def test_events_under_all_keys_of_a_person_count(policy):
    """Closed by one key and reopened by another is not closed."""
    assert on(policy, PROFILE, 60, CLOSED, event("account.reopened", 5, key="email")) == NotStarted()


def test_a_purpose_with_its_own_end_keeps_the_data(policy):
    """The account's clock is over after thirty days; against fraud it is needed for two years."""
    assert on(policy, ACCOUNT, 31, CLOSED) == OpenPurposes(("fraud",), date(2026, 1, 2))
    assert on(policy, ACCOUNT, 10, CLOSED) == Running(START, date(2026, 1, 2))
    assert on(policy, ACCOUNT, 732, CLOSED) == Due(START, date(2026, 1, 2))


def test_an_objection_ends_a_legitimate_interest_at_once(policy):
    """Whichever end comes first counts."""
    assert on(policy, ACCOUNT, 40, CLOSED, event("objection", 39, "fraud")) == Due(START, date(2024, 2, 9))
    assert on(policy, ACCOUNT, 40, CLOSED, event("objection", 39, "mail")) == OpenPurposes(("fraud",), date(2026, 1, 2))


def test_no_longer_needed_means_for_none_of_the_purposes(policy):
    """One of two purposes ended: kept for the other, without an end in sight; both: seven days later free."""
    withdrawn, objected = event("consent.withdrawn", 1, "mail"), event("objection", 3, "ads")
    assert on(policy, LETTERS, 50) == NotStarted()
    assert on(policy, LETTERS, 50, withdrawn) == OpenPurposes(("ads",), None)
    assert on(policy, LETTERS, 5, withdrawn, objected) == Running(objected.occurred_at, date(2024, 1, 12))
    assert on(policy, LETTERS, 50, withdrawn, objected) == Due(objected.occurred_at, date(2024, 1, 12))


def test_what_is_about_nothing_is_about_every_purpose(policy):
    """A withdrawal of all consents ends each purpose that rests on one."""
    objected = event("objection", 3)
    assert isinstance(on(policy, LETTERS, 50, event("consent.withdrawn", 1), objected), Due)


@pytest.mark.parametrize("ended", ["consent.withdrawn", "objection", "purpose.accomplished"])
@pytest.mark.parametrize("about", ["mail", None])
def test_a_purpose_lives_again_when_the_person_consents_again(policy, ended, about):
    """However it had ended; consent to another purpose changes nothing."""
    over = [event("purpose.accomplished", 1, "ads"), event("consent.withdrawn", 1, "mail"), event(ended, 2, "mail")]
    assert isinstance(on(policy, LETTERS, 50, *over, event("consent.given", 9, "service")), Due)
    assert isinstance(on(policy, LETTERS, 50, *over, event("consent.given", 9, about)), OpenPurposes | NotStarted)


def test_a_preference_shortens_where_the_rule_allows_it(policy):
    """The latest counts; one that names no period takes the earlier back; none lengthens."""
    week, year = event("preference.set", 1, "P7D"), event("preference.set", 2, "P1Y")
    free = {
        asked: getattr(on(policy, PROFILE, 20, CLOSED, *asked, preference=True), "free_on", None)
        for asked in [(), (week,), (week, year), (week, event("preference.set", 3))]
    }
    assert list(free.values()) == [date(2024, 2, 1), date(2024, 1, 9), date(2024, 2, 1), date(2024, 2, 1)]
    assert on(policy, PROFILE, 20, CLOSED, week) == Running(START, date(2024, 2, 1))


def test_a_preference_does_not_cut_a_purposes_own_end(policy):
    """Against fraud it is needed for two years, whatever the person wishes for the account."""
    asked = event("preference.set", 1, "P0D")
    assert on(policy, ACCOUNT, 20, CLOSED, asked, preference=True) == OpenPurposes(("fraud",), date(2026, 1, 2))


def test_a_preference_past_the_calendar_changes_nothing(policy):
    """A period of nine thousand years is longer than any other."""
    asked = event("preference.set", 1, "P9999Y")
    assert on(policy, PROFILE, 31, CLOSED, asked, preference=True) == Due(START, date(2024, 2, 1))


def test_a_restriction_pauses_and_resets_nothing(policy):
    """Due on the same day as without it, once it is lifted and the person was told."""
    placed = event("restriction.placed", 5)
    told, lifted = event("notice.delivered", 40, "restriction-lift"), event("restriction.lifted", 41)
    assert on(policy, PROFILE, 35, CLOSED, placed) == Paused(placed.occurred_at, date(2024, 2, 1))
    assert on(policy, PROFILE, 50, CLOSED, placed, lifted) == Paused(placed.occurred_at, date(2024, 2, 1))
    assert on(policy, PROFILE, 50, CLOSED, placed, told, lifted) == Due(START, date(2024, 2, 1))


def restriction(*events: Event) -> object:
    """Ask for the hundredth day."""
    return restricted(events, START + timedelta(days=100))


def test_a_restriction_lifts_only_after_the_person_was_told():
    """The notice lies after the placing and not after the lifting; another notice is none."""
    placed, lifted = event("restriction.placed", 5), event("restriction.lifted", 9)
    assert restriction() == Unrestricted()
    assert restriction(placed) == RestrictedSince(placed.occurred_at)
    in_vain = LiftWithoutNotice(placed.occurred_at, lifted.occurred_at)
    for day, about in [(5, "restriction-lift"), (10, "restriction-lift"), (7, "2024-06"), (7, None)]:
        assert restriction(placed, lifted, event("notice.delivered", day, about)) == in_vain
    for day in (6, 9):
        assert restriction(placed, lifted, event("notice.delivered", day, "restriction-lift")) == Unrestricted()


def test_a_second_restriction_needs_a_second_notice():
    """What was said of the first does not lift the second; a lift by and by counts when told by then."""
    first, second = event("restriction.placed", 5), event("restriction.placed", 20)
    told, lifted = event("notice.delivered", 8, "restriction-lift"), event("restriction.lifted", 9)
    assert restriction(first, told, lifted, second) == RestrictedSince(second.occurred_at)
    again = event("restriction.lifted", 30)
    assert restriction(first, told, lifted, second, again) == LiftWithoutNotice(second.occurred_at, again.occurred_at)
    assert restriction(first, second, told) == RestrictedSince(first.occurred_at)


def test_a_placing_at_the_instant_of_the_lifting_stands():
    """Erasing too late can be mended."""
    first, told = event("restriction.placed", 5), event("notice.delivered", 8, "restriction-lift")
    lifted, second = event("restriction.lifted", 9), event("restriction.placed", 9)
    assert restriction(first, told, lifted, second) == RestrictedSince(second.occurred_at)


def test_a_rule_is_for_those_who_agreed_or_for_the_others(policy):
    """Agreeing to another version, or to none in particular, agrees to nothing here."""
    agreed, other = event("policy.agreed", 1, "2024"), event("policy.agreed", 1, "2023")
    for audience, inside, outside in [(Agreed("2024"), agreed, other), (NotAgreed("2024"), other, agreed)]:
        assert on(policy, PROFILE, 60, CLOSED, inside, audience=audience) == Due(START, date(2024, 2, 1))
        assert on(policy, PROFILE, 60, CLOSED, outside, audience=audience) == OutsideAudience()
    assert on(policy, PROFILE, 60, CLOSED, event("policy.agreed", 1), audience=Agreed("2024")) == OutsideAudience()


@pytest.mark.parametrize(
    ("day", "free_on"), [(date(2024, 3, 31), date(2025, 6, 1)), (date(2024, 4, 1), date(2026, 6, 1))]
)
def test_a_row_counts_from_the_end_of_its_fiscal_year(policy, day, free_on):
    """One year after the filing deadline of two months; a day later is a year later."""
    rule = replace(policy.rules[PROFILE], keep=Keep(Period(years=1), AfterFiscalYear("paid"), Period(months=2)))
    for ahead, kind in [(-1, Running), (0, Due)]:
        now = datetime(free_on.year, free_on.month, free_on.day, 3, tzinfo=UTC) + timedelta(days=ahead)
        found = row_standing(rule, policy, day, now)
        assert isinstance(found, kind)
        assert found.free_on == free_on


def test_a_row_without_a_date_is_kept(policy):
    """Nobody can show that the time is over; nor does a time end that lies past the calendar."""
    rule = replace(policy.rules[PROFILE], keep=Keep(Period(days=1), SinceDate("paid")))
    assert row_standing(rule, policy, None, START) == NotStarted()
    assert row_standing(rule, policy, date.max, START) == NotStarted()


def test_each_question_has_its_kind_of_rule(policy):
    """A row has no events, a person no date."""
    row = replace(policy.rules[PROFILE], keep=Keep(Period(days=1), SinceDate("paid")))
    with pytest.raises(TypeError, match="event"):
        standing(row, policy, [], START)
    with pytest.raises(TypeError, match="date"):
        row_standing(policy.rules[PROFILE], policy, None, START)
