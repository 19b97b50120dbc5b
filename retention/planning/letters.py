"""Who has to be written to: recipients whom no system connects, by what they are to us.

Those who work for us get an order, those who answer for their own copy a notice, authorities nothing:
they hold what a law gives them. Where rows say to which company they were given (`given_to` in the data
map), only those companies are meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import assert_never

from retention.model.ids import CategoryId
from retention.model.plan import Letter, RedactFields, RowStep
from retention.model.predicate import Selection
from retention.model.recipient import Recipient, RecipientKind
from retention.planning.cells import Group
from retention.planning.keysets import KeySets
from retention.planning.world import World

_LONGEST = 80
"""Characters of a company's name."""


def letters(world: World, groups: Iterable[Group], steps: Iterable[RowStep], keysets: KeySets) -> tuple[Letter, ...]:
    """Return one letter a recipient of what the steps touch."""
    groups, touched = tuple(groups), frozenset(_touched(world, steps))
    connected = {rules.system for rules in world.policy.processors}
    named_by_rows = {name for dataset in world.datamap.datasets.values() for name in dataset.given_to}
    found = []
    for recipient in world.policy.terms.recipients:
        if recipient.name in connected or not touched or not _concerned(recipient, touched):
            continue
        names = _names(world, recipient, groups, keysets) if recipient.name in named_by_rows else ()
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


def _names(world: World, recipient: Recipient, groups: Iterable[Group], keysets: KeySets) -> tuple[str, ...]:
    """Read the companies' names from the rows of those whom the plan is about."""
    found: set[str] = set()
    for group in groups:
        for name, where in group.reached.items():
            dataset = world.dataset(name)
            if column := dataset.given_to.get(recipient.name):
                rows = world.finder(dataset).values(dataset, (column,), Selection(where, keysets.values))
                found |= {value[:_LONGEST] for (value,) in rows if isinstance(value, str) and value}
    return tuple(sorted(found))
