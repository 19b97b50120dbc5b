"""Who has to be written to: recipients whom no system connects, by what they are to us.

Those who work for us get an order, those who answer for their own copy a notice, authorities nothing:
they hold what a law gives them. Where rows say to which company they were given (`given_to` in the data
map), only those companies are meant.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import assert_never

from retention.model.ids import CategoryId, DatasetId
from retention.model.plan import Letter, RedactFields, RowStep
from retention.model.predicate import Predicate, Selection
from retention.model.recipient import Recipient, RecipientKind
from retention.planning.changed import Concerned
from retention.planning.holding import together
from retention.planning.keysets import KeySets
from retention.planning.reach import any_of, rows_of, through_parents
from retention.planning.world import World

_LONGEST = 80
"""Characters of a company's name."""


def letters(
    world: World, concerned: Iterable[Concerned], steps: Iterable[RowStep], keysets: KeySets
) -> tuple[Letter, ...]:
    """Return one letter a recipient of what the steps touch."""
    steps = tuple(steps)
    touched = frozenset(_touched(world, steps))
    connected = {rules.system for rules in world.policy.processors}
    named_by_rows = {name for dataset in world.datamap.datasets.values() for name in dataset.given_to}
    about = _rows_about(world, concerned, steps, keysets) if named_by_rows else []
    found = []
    for recipient in world.policy.terms.recipients:
        if recipient.name in connected or not touched or not _concerned(recipient, touched):
            continue
        names = _names(world, recipient, about, keysets) if recipient.name in named_by_rows else ()
        if names or recipient.name not in named_by_rows:
            found.append(Letter(recipient.name, duty_of(recipient.kind), names))
    return tuple(found)


def duty_of(kind: RecipientKind) -> str:
    """Return what is owed to a recipient of the kind when something of a person goes."""
    match kind:
        case RecipientKind.CLOUD | RecipientKind.OUTSOURCER | RecipientKind.LLM:
            return "order"
        case RecipientKind.THIRD_PARTY | RecipientKind.ANALYTICS:
            return "notice"
        case RecipientKind.AUTHORITY:
            return "none"
        case _:
            assert_never(kind)


def _concerned(recipient: Recipient, touched: frozenset[CategoryId]) -> bool:
    """Whether he may hold it; of whom nobody says what he receives, anything may be there."""
    return not recipient.categories or bool(touched & set(recipient.categories))


def _touched(world: World, steps: Iterable[RowStep]) -> Iterator[CategoryId]:
    for step in steps:
        fields = world.dataset(step.dataset).fields
        names = step.fields if isinstance(step, RedactFields) else fields
        yield from (fields[name].category for name in names if name in fields)


def _rows_about(
    world: World, concerned: Iterable[Concerned], steps: Iterable[RowStep], keysets: KeySets
) -> list[tuple[DatasetId, Predicate]]:
    """Return the rows of the people whom the plan is about, and those that hang on rows found by their dates."""
    touched: dict[DatasetId, list[Predicate]] = defaultdict(list)
    for step in steps:
        touched[step.dataset].append(step.where)
    by_date = through_parents(world, {name: any_of(parts) for name, parts in touched.items()}, keysets)
    return [
        (name, together(where, theirs[name]))
        for each in concerned
        for theirs in [_theirs(world, each, by_date, keysets)]
        for name, where in each.group.reached.items()
        if name in theirs
    ]


def _theirs(
    world: World, concerned: Concerned, by_date: Mapping[DatasetId, Predicate], keysets: KeySets
) -> Mapping[DatasetId, Predicate]:
    if concerned.group.because.request:
        return concerned.group.reached
    return rows_of(world, concerned.people, keysets) if concerned.group.keys else by_date


def _names(
    world: World, recipient: Recipient, about: Iterable[tuple[DatasetId, Predicate]], keysets: KeySets
) -> tuple[str, ...]:
    """Read the companies' names from the rows of those whom the plan is about."""
    found: set[str] = set()
    for name, where in about:
        dataset = world.dataset(name)
        if column := dataset.given_to.get(recipient.name):
            rows = world.finder(dataset).values(dataset, (column,), Selection(where, keysets.values))
            found |= {value[:_LONGEST] for (value,) in rows if isinstance(value, str) and value}
    return tuple(sorted(found))
