"""Which fields of which rows a law keeps, and until when.

A hold keeps fields, not rows: the amount of a payment stays for the tax books while the name
goes. The rows of a dataset are cut into parts, one for each combination of holds in force.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain, product
from typing import assert_never

from retention.clocks import due_before, free_at
from retention.model.datamap import Dataset
from retention.model.policy import AfterEvent, AfterFiscalYear, AfterPurposes, FieldHold, Keep, SinceDate
from retention.model.predicate import AllOf, Before, Not, Predicate, Selection
from retention.planning.keysets import KeySets
from retention.planning.world import World


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of a dataset under the same holds."""

    where: tuple[Predicate, ...]
    """To be met together with whatever else selects the rows."""
    holds: tuple[FieldHold, ...]
    fields: frozenset[str]
    """Fields that some hold keeps on these rows."""


def parts(world: World, dataset: Dataset) -> Iterator[Part]:
    """Yield the dataset's parts: disjoint, and together all rows; held before free (see `cells`).

    A row whose date is missing counts as held: nobody can show that the time is over.
    """
    holds = [(hold, held_fields(hold, dataset)) for hold in world.policy.holds]
    relevant = [(hold, fields) for hold, fields in holds if fields]
    for free in product((False, True), repeat=len(relevant)):
        where: list[Predicate] = []
        kept: set[str] = set()
        for (hold, fields), is_free in zip(relevant, free, strict=True):
            over = is_over(world, dataset, hold.keep)
            where.append(over if is_free else Not(over))
            kept |= set() if is_free else fields
        held = tuple(hold for (hold, _), is_free in zip(relevant, free, strict=True) if not is_free)
        yield Part(tuple(where), held, frozenset(kept))


def held_fields(hold: FieldHold, dataset: Dataset) -> set[str]:
    """Return the fields of this dataset that the hold names."""
    columns = {*dataset.fields, *dataset.dates.values()}
    return {column for column in columns if f"{dataset.short_name}.{column}" in hold.fields}


def is_over(world: World, dataset: Dataset, keep: Keep) -> Predicate:
    """Return the rows for which the hold's time is over; a row without its date is never among them."""
    column = dataset.dates[date_name(keep)]
    return Before(column, due_before(keep, world.now, world.zone, world.policy.fiscal_year_end))


def date_name(keep: Keep) -> str:
    """Return the name of the row's date that the clock starts from.

    Raises:
        ValueError: the clock starts from an event; the coherence check refuses such holds.

    """
    match keep.start:
        case SinceDate(name) | AfterFiscalYear(name):
            return name
        case AfterEvent(event):
            raise ValueError(f"{event} is an event, not a date of the row")
        case AfterPurposes():
            raise ValueError("the end of purposes is an event, not a date of the row")
        case _:
            assert_never(keep.start)


def latest_end(world: World, dataset: Dataset, hold: FieldHold, where: Predicate, keysets: KeySets) -> datetime | None:
    """Return when the last of the held rows becomes free; None if nobody can say: a date is missing, or past 9999."""
    column = dataset.dates[date_name(hold.keep)]
    rows = world.finder(dataset).values(dataset, [column], Selection(where, keysets.values))
    return end_of(world, hold, (value for (value,) in rows))


def end_of(world: World, hold: FieldHold, dates: Iterable[object]) -> datetime | None:
    """Return when the last of the rows with these dates becomes free; None if there is none, or nobody can say."""
    days: set[date] = set()
    for value in dates:
        if value is None:
            return None
        days.add(local_day(value, world))
    if not days:
        return None
    try:
        free = free_at(max(days), hold.keep, world.policy.fiscal_year_end)
    except (OverflowError, ValueError):
        return None
    return datetime.combine(free, datetime.min.time(), world.zone)


def local_day(value: object, world: World) -> date:
    """Return the day of a date or instant as the policy's zone sees it.

    Raises:
        TypeError: it is neither.

    """
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return value.astimezone(world.zone).date() if value.tzinfo else value.date()
    if isinstance(value, date):
        return value
    raise TypeError(f"expected a date, found {type(value).__name__}")


def together(*predicates: Predicate) -> Predicate:
    """Return the rows that every predicate selects."""
    parts_of = (predicate.parts if isinstance(predicate, AllOf) else (predicate,) for predicate in predicates)
    flat = tuple(dict.fromkeys(chain.from_iterable(parts_of)))
    return flat[0] if len(flat) == 1 else AllOf(flat)
