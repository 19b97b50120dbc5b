"""Whether policy and data map fit each other; they are read apart and do not know each other."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import chain
from types import MappingProxyType

from retention.deidentify.recipe import Recipe
from retention.errors import Problem
from retention.grammar import nearest
from retention.model.datamap import DataMap, Dataset
from retention.model.ids import CategoryId
from retention.model.policy import (
    AfterEvent,
    AfterFiscalYear,
    AfterPurposes,
    Authority,
    FieldHold,
    Keep,
    Policy,
    Rule,
    SinceDate,
)
from retention.planning.gate import misfits
from retention.planning.in_place import unfit
from retention.planning.suspending import unfit as unfit_to_suspend

_NO_RECIPES: Mapping[str, Recipe] = MappingProxyType({})


def check(policy: Policy, datamap: DataMap, recipes: Mapping[str, Recipe] = _NO_RECIPES) -> tuple[Problem, ...]:
    """Return everything on which the two files disagree, the data map's side first.

    A field that identifies indirectly and says nothing about `anonymize` is dropped, which is
    always safe, so nothing is asked for here.
    """
    return tuple(
        chain(
            _categories(policy, datamap),
            _rules(policy, datamap),
            _holds(policy, datamap),
            _keys(policy, datamap),
            _sets(policy, datamap, recipes),
        )
    )


def _categories(policy: Policy, datamap: DataMap) -> Iterator[Problem]:
    for dataset in datamap.datasets.values():
        for field in dataset.fields.values():
            if field.category not in policy.categories:
                where = f"datamap datasets.{dataset.dataset_id}.fields.{field.name}.category"
                yield _unknown(where, "a category of the policy", field.category, policy.categories)


def _rules(policy: Policy, datamap: DataMap) -> Iterator[Problem]:
    for rule in policy.rules:
        if rule.authority is Authority.TENANT:
            yield from _tenants(rule, datamap)
        for dataset in datamap.datasets.values():
            if _has(dataset, rule.category):
                yield from _date(f"policy rules.{rule.rule_id}.keep", rule.keep, dataset)


def _tenants(rule: Rule, datamap: DataMap) -> Iterator[Problem]:
    """Check a rule on tenants' data: their rows move when something happened to the tenant, never by a date."""
    where = f"policy rules.{rule.rule_id}"
    if not isinstance(rule.keep.start, AfterEvent | AfterPurposes):
        expected = "an event about the tenant (`contract.ended`)"
        yield Problem(where=f"{where}.keep", expected=expected, found="a date of the row")
    if not any(dataset.tenant for dataset in datamap.datasets.values()):
        expected = "a dataset with `tenant: {KEY: COLUMN}` in the data map"
        yield Problem(where=f"{where}.authority", expected=expected, found="none")


def _holds(policy: Policy, datamap: DataMap) -> Iterator[Problem]:
    for hold in policy.holds:
        if isinstance(hold.keep.start, AfterEvent | AfterPurposes):
            where = f"policy holds.{hold.hold_id}.keep"
            expected = "a date of the row (`since`, or `after: fiscal_year.closed`)"
            yield Problem(where=where, expected=expected, found=f"an event, {_event_of(hold.keep.start)}")
            continue
        for name in hold.fields:
            yield from _held(hold, name, datamap)


def _event_of(start: AfterEvent | AfterPurposes) -> str:
    return f"`{start.event}`" if isinstance(start, AfterEvent) else "the end of purposes"


def _held(hold: FieldHold, name: str, datamap: DataMap) -> Iterator[Problem]:
    """Check one held field; where several systems have a dataset of that short name, all are meant."""
    short_name, column = name.split(".", 1)
    holders = [d for d in datamap.datasets.values() if d.short_name == short_name and column in _columns(d)]
    if not holders:
        every = [f"{d.short_name}.{c}" for d in datamap.datasets.values() for c in _columns(d)]
        yield _unknown(f"policy holds.{hold.hold_id}.fields", "a field or date of the data map", name, every)
    for dataset in holders:
        yield from _date(f"policy holds.{hold.hold_id}.keep", hold.keep, dataset)


def _keys(policy: Policy, datamap: DataMap) -> Iterator[Problem]:
    keys = {key for dataset in datamap.datasets.values() for key in dataset.subject}
    for processor in policy.processors:
        for dataset in processor.before:
            if dataset not in datamap.datasets:
                where = f"policy processors.{processor.system}.before"
                yield _unknown(where, "a dataset of the data map", dataset, datamap.datasets)
        if processor.key not in keys:
            where = f"policy processors.{processor.system}.key"
            yield _unknown(where, "an identity key of some dataset", processor.key, keys)


def _sets(policy: Policy, datamap: DataMap, recipes: Mapping[str, Recipe]) -> Iterator[Problem]:
    for where, expected, found, words in misfits(policy, datamap, recipes):
        yield _unknown(where, expected, found, words)
    for where, expected, found in (*unfit(policy, datamap, recipes), *unfit_to_suspend(policy, datamap)):
        yield Problem(where=where, expected=expected, found=found)


def _date(where: str, keep: Keep, dataset: Dataset) -> Iterator[Problem]:
    match keep.start:
        case SinceDate(date_name) | AfterFiscalYear(date_name):
            if date_name not in dataset.dates:
                expected = f"a date that `{dataset.dataset_id}` has in `dates`"
                yield _unknown(where, expected, date_name, dataset.dates)
        case AfterEvent() | AfterPurposes():
            return


def _has(dataset: Dataset, category: CategoryId) -> bool:
    return any(field.category == category for field in dataset.fields.values())


def _columns(dataset: Dataset) -> set[str]:
    return {*dataset.fields, *dataset.dates.values()}


def _unknown(where: str, expected: str, word: str, words: Collection[str]) -> Problem:
    return Problem(where=where, expected=expected, found=f"`{word}`", hint=nearest(word, words))
