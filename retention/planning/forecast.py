"""What falls due when: per category and week, without reading anybody's rows.

Row clocks are counted where the data is: how many rows will be over on the eve of each week, one
count a week and dataset. Event clocks are folded from the ledger's events as they stream past.
Both say when clocks run out; holds, restrictions and new events can postpone what they say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby, pairwise

from retention import clocks
from retention.model.datamap import Dataset
from retention.model.event import Event
from retention.model.ids import CategoryId, DatasetId, RuleId
from retention.model.policy import AfterEvent, AfterPurposes, Authority, Disposal, Rule
from retention.model.predicate import Before, Not, Populated
from retention.planning.due import rules_in_force
from retention.planning.holding import date_name, together
from retention.planning.keysets import KeySets
from retention.planning.world import World
from retention.ports.ledger import Events

WEEK = 7


@dataclass(frozen=True, slots=True)
class Series:
    """How many rows of a dataset, or people (or clients), one rule makes due, week by week."""

    category: CategoryId
    rule: RuleId
    then: Disposal
    dataset: DatasetId | None
    """None for an event clock: it counts the keys that events name, wherever their data is."""
    overdue: int | None
    """Due today already; None for an event clock: the ledger keeps the events of people who are gone."""
    weeks: tuple[int, ...]

    @property
    def total(self) -> int:
        """All weeks together."""
        return sum(self.weeks)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What falls due in the days after today."""

    today: date
    edges: tuple[date, ...]
    """The first day of each week, then the first day after the last: one more than there are weeks."""
    series: tuple[Series, ...]


def forecast(world: World, events: Events, days: int) -> Forecast:
    """Return what falls due from tomorrow on, in weeks; the last may be shorter.

    Raises:
        TransientFailure, TerminalFailure: from the finders.

    """
    today = world.now.astimezone(world.zone).date()
    last = today + timedelta(days=days + 1)
    edges = [today + timedelta(days=1 + passed) for passed in range(0, days, WEEK)]
    weeks = _Weeks(today, (*edges, last))
    series = [*_by_date(world, weeks), *_by_event(world, events, weeks)]
    place = {rule.rule_id: number for number, rule in enumerate(world.policy.rules)}
    return Forecast(today, weeks.edges, tuple(sorted(series, key=lambda one: (place[one.rule], one.dataset or ""))))


@dataclass(frozen=True, slots=True)
class _Weeks:
    today: date
    edges: tuple[date, ...]

    def place(self, day: date) -> int | None:
        """Return the number of the week that the day lies in."""
        if not self.edges[0] <= day < self.edges[-1]:
            return None
        return (day - self.edges[0]).days // WEEK


def _by_date(world: World, weeks: _Weeks) -> Iterator[Series]:
    for rule in rules_in_force(world):
        if isinstance(rule.keep.start, AfterEvent | AfterPurposes):
            continue
        for dataset in world.datamap.datasets.values():
            fields = tuple(sorted(name for name, f in dataset.fields.items() if f.category == rule.category))
            if fields and date_name(rule.keep) in dataset.dates:
                over = _over(world, rule, dataset, fields, weeks)
                counts = tuple(later - earlier for earlier, later in pairwise(over))
                yield Series(rule.category, rule.rule_id, rule.then, dataset.dataset_id, over[0], counts)


def _over(world: World, rule: Rule, dataset: Dataset, fields: tuple[str, ...], weeks: _Weeks) -> list[int]:
    """Count the rows that are over on the eve of each edge; a bound that stands still is counted once."""
    keysets = KeySets(b"no plan is made of this")
    column = dataset.dates[date_name(rule.keep)]
    own = [Not(Populated((dataset.tenant[1],)))] if dataset.tenant and rule.authority is Authority.INDIVIDUAL else []
    counted: dict[datetime, int] = {}
    found = []
    for edge in weeks.edges:
        eve = datetime.combine(edge - timedelta(days=1), time(12), world.zone)
        bound = clocks.due_before(rule.keep, eve, world.zone, world.policy.fiscal_year_end)
        if bound not in counted:
            where = together(Before(column, bound), Populated(fields), *own)
            counted[bound] = world.count(dataset, where, keysets)
        found.append(counted[bound])
    return found


def _by_event(world: World, events: Events, weeks: _Weeks) -> Iterator[Series]:
    rules = [rule for rule in rules_in_force(world) if isinstance(rule.keep.start, AfterEvent | AfterPurposes)]
    if not rules:
        return
    folding = _Folding(world, rules)
    for (key_name, _), group in groupby(events.of_kinds(folding.kinds), key=_whose):
        folding.take(key_name, list(group))
    counts = {rule.rule_id: [0] * (len(weeks.edges) - 1) for rule in rules}
    for rule_id, day, people in folding.answers():
        week = weeks.place(day)
        if week is not None:
            counts[rule_id][week] += people
    for rule in rules:
        yield Series(rule.category, rule.rule_id, rule.then, None, None, tuple(counts[rule.rule_id]))


def _whose(event: Event) -> tuple[str, str]:
    return event.key_name, event.subject_digest


class _Folding:
    """Folds each person's events into the day on which each rule's clock runs out, and counts people by day.

    Most people have one event and share the answer with all whose only event was of that kind on that
    day: they are counted first and folded once.
    """

    def __init__(self, world: World, rules: Iterable[Rule]) -> None:
        self._world = world
        self._tenants = {d.tenant[0] for d in world.datamap.datasets.values() if d.tenant}
        self._rules = tuple(rules)
        self._alike: dict[tuple[str, date, str | None, bool], tuple[Event, int]] = {}
        self._days: Counter[tuple[RuleId, date]] = Counter()
        self.kinds = tuple(sorted({k for rule in self._rules for k in clocks.kinds_that_move(rule, world.policy)}))

    def take(self, key_name: str, events: list[Event]) -> None:
        """Take all events about one key."""
        is_tenant, only = key_name in self._tenants, events[0]
        if len(events) > 1 or only.corrects is not None or only.occurred_at > self._world.now:
            self._days.update(self._fold(events, is_tenant=is_tenant))
            return
        name = (only.kind, only.occurred_at.astimezone(self._world.zone).date(), only.about, is_tenant)
        first, people = self._alike.get(name, (only, 0))
        self._alike[name] = (first, people + 1)

    def answers(self) -> Iterator[tuple[RuleId, date, int]]:
        """Yield on which day which rule's clock runs out, and for how many."""
        for (_, _, _, is_tenant), (only, people) in self._alike.items():
            for answer in self._fold([only], is_tenant=is_tenant):
                self._days[answer] += people
        yield from ((rule_id, day, people) for (rule_id, day), people in self._days.items())

    def _fold(self, events: list[Event], *, is_tenant: bool) -> Iterator[tuple[RuleId, date]]:
        for rule in self._rules:
            if (rule.authority is Authority.TENANT) is is_tenant:
                day = self._day(rule, events)
                if day is not None:
                    yield rule.rule_id, day

    def _day(self, rule: Rule, events: list[Event]) -> date | None:
        match clocks.standing(rule, self._world.policy, events, self._world.now):
            case clocks.Running(_, free_on, ()):
                return free_on
            case clocks.OpenPurposes(_, free_on):
                return free_on
            case _:
                return None
