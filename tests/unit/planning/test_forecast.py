"""What falls due when: the same as asking on each later day what has become due."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from retention.clocks import due_before
from retention.clocks import standing as standing_of
from retention.model.predicate import Before, Selection
from retention.planning.forecast import forecast
from retention.planning.plot import bars, sparkline

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
PURPOSES = "purposes: {P: {title: {en: P}, ends: {after: account.closed, for: P40D}}}\n"


@pytest.fixture
def world(box, rows):
    """Orders whose year ends in the coming weeks, and people who closed their accounts lately."""
    customer, order = rows
    orders = [order(n, "c1", date(2025, 11, 10) + timedelta(days=3 * n)) for n in range(40)]
    made = box({"customers": [customer("c1")], "orders": [*orders, order(99, "c1", None)]})
    for number in range(30):
        made.event("account.closed", f"c{number}", NOW - timedelta(days=number))
    made.event("account.reopened", "c3", NOW - timedelta(days=1))
    return made


def test_weeks_add_up_to_what_is_due_later(world):
    """Each week holds the rows that become due on its days, and what was due today is told apart."""
    found = forecast(world.world(), world, 60)
    series = next(one for one in found.series if one.dataset == "app.orders")
    assert (found.edges[0], found.edges[-1], len(series.weeks)) == (date(2026, 11, 24), date(2027, 1, 23), 9)
    keep, zone = world.policy.rules[1].keep, world.world().zone
    finder, dataset = world.store.finder(), world.datamap.datasets["app.orders"]
    total = series.overdue
    for edge, count in zip(found.edges[1:], series.weeks, strict=True):
        total += count
        eve = datetime.combine(edge, datetime.min.time(), zone) - timedelta(hours=1)
        where = Before("at", due_before(keep, eve, zone, (3, 31)))
        assert total == finder.count(dataset, Selection(where))


def test_people_are_counted_on_the_day_their_clock_ends(world):
    """The fold of each person's events says the same; who came back is not counted."""
    found = forecast(world.world(), world, 60)
    series = next(one for one in found.series if one.rule == "account")
    days = []
    for number in range(30):
        happened = [e for e in world.events if e.subject_digest == world.events[number].subject_digest]
        free_on = getattr(standing_of(world.policy.rules[0], world.policy, happened, NOW), "free_on", None)
        days += [free_on] if free_on and free_on > date(2026, 11, 23) else []
    assert series.total == len(days)
    weeks = [sum(begin <= day < end for day in days) for begin, end in zip(found.edges, found.edges[1:], strict=False)]
    assert series.weeks == tuple(weeks)


def test_a_purpose_that_ends_later_moves_the_day(box, rows):
    """The account's own clock ends after 30 days, the purpose after 40: the later counts."""
    world = box({"customers": [rows[0]("c1")], "orders": [rows[1](1, "c1", None)]}, processors=PURPOSES)
    world.event("account.closed", "c1", NOW - timedelta(days=1))
    series = next(one for one in forecast(world.world(), world, 60).series if one.rule == "account")
    assert series.weeks.index(1) == 5


def test_a_clients_rows_are_not_counted_by_their_dates(box, rows):
    """They move on the client's word only."""
    customer, _ = rows
    datamap = """\
datasets:
  app.customers:
    system: app
    table: customers
    primary_key: [id]
    subject: {user_id: id}
    tenant: {company_id: company}
    dates: {at: at}
    fields: {name: {category: traces, identifies: directly}}
"""
    people = [customer("c1", company=None, at=date(2025, 1, 1)), customer("c2", company="k", at=date(2025, 1, 1))]
    world = box({"customers": people}, datamap=datamap)
    assert [one.overdue for one in forecast(world.world(), world, 7).series if one.dataset] == [1]


def test_pictures_show_every_week_with_something_in_it(world):
    """One in a thousand is still seen; nothing is a dot; the SVG names what it shows."""
    assert sparkline([0, 1, 1000]) == "·▁█"
    assert sparkline([0, 0]) == "··"
    found = forecast(world.world(), world, 30)
    svg = bars(found, found.series, [f"<{one.rule}>" for one in found.series])
    assert svg.count("<title>") == sum(bool(week) for one in found.series for week in one.weeks)
    assert "&lt;account&gt;" in svg
