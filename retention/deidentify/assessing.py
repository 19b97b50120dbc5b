"""What an output is: the criteria of the law and the demands put to it, and the answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import assert_never

import numpy as np
import pyarrow as pa

from retention.deidentify.classes import Classes, Coded, Codes
from retention.deidentify.criteria import Output, five, three
from retention.deidentify.ladder import build, groups_of
from retention.deidentify.likeness import Numbers, share
from retention.deidentify.measures import measured, ranked
from retention.deidentify.numbered import Numbered
from retention.deidentify.passing import Mixed, Passing
from retention.deidentify.recipe import Aim, Demands, Distance, Recipe
from retention.deidentify.verdict import Anonymous, Criterion, Masked, Pseudonymous, Reason, Refused, Verdict


def assess(original: Numbered, produced: pa.Table, recipe: Recipe, origin: Codes, seed: int) -> Verdict:
    """Test an output and say what it may be called.

    Never more than the recipe aims for, and Refused where it is less: a table made to be anonymous
    that is not has no use under another name.

    Args:
        original: the table the recipe was applied to.
        produced: what came out.
        recipe: roles, aim and demands.
        origin: the original row of each row produced.
        seed: draws the rows that are attacked.

    """
    output = Output(original, produced, recipe, origin, np.random.default_rng(seed))
    match recipe.aim:
        case Aim.ANONYMOUS:
            k = recipe.demands.k or 0
            reasons = (*five(output, k), *unmet(output))
        case Aim.PSEUDONYMOUS:
            reasons = three(output)
        case Aim.MASKED:
            found = three(output)
            refused = tuple(reason for reason in found if reason.criterion is Criterion.RESTORABLE)
            return Refused(refused) if refused else Masked(found)
        case _:
            assert_never(recipe.aim)
    if reasons:
        return Refused(reasons)
    measures = measured(output.classes, {name: output.coded[name] for name in recipe.sensitive})
    return Anonymous(measures) if recipe.aim is Aim.ANONYMOUS else Pseudonymous(measures)


def unmet(output: Output) -> Iterator[Reason]:
    """Say which of k, l and t the output does not show."""
    recipe, grouped = output.recipe, output.classes
    if recipe.demands.k is None:
        yield Reason(Criterion.NOT_ASKED, "no k was asked for")
        return
    if not grouped.count:
        yield Reason(Criterion.K, "no row could be kept")
        return
    small = int((grouped.sizes < recipe.demands.k).sum())
    if small:
        yield Reason(Criterion.K, f"{small} classes of fewer than {recipe.demands.k} rows", None, small)
    for name in recipe.sensitive:
        yield from _unmixed(name, output.coded[name], grouped, recipe.demands)


def _unmixed(name: str, column: Coded, grouped: Classes, demands: Demands) -> Iterator[Reason]:
    ones = np.ones(len(grouped.of), np.int64)
    places = np.arange(len(grouped.of))
    for criterion, asked in (
        (Criterion.L, Demands(demands.k, diversity=demands.diversity)),
        (Criterion.T, Demands(demands.k, closeness=demands.closeness)),
    ):
        test = mixed(name, column, asked)
        if test is not None:
            poor = int((~test.groups(places, grouped.of, ones)).sum())
            if poor:
                yield Reason(criterion, f"{poor} classes do not show it", name, poor)


def passing(demands: Demands, sensitive: Sequence[tuple[str, Coded]], first: Codes) -> Passing:
    """Return what every class must show, for combinations whose rows of the table are `first`."""
    tests = [(mixed(name, column, demands), first) for name, column in sensitive]
    chosen = tuple(
        Mixed(test.codes[rows], test.whole, test.diversity, test.closeness, test.levels)
        for test, rows in tests
        if test is not None
    )
    return Passing(demands.k or 1, chosen)


def mixed(name: str, column: Coded, demands: Demands) -> Mixed | None:
    """Return the test of one sensitive column, by row; None where nothing is asked of it."""
    closeness = demands.closeness
    if closeness is None and demands.diversity is None:
        return None
    values = column
    levels: list[Codes] = []
    if closeness is not None and closeness.distance is Distance.ORDERED:
        values = ranked(column) or column
    elif closeness is not None and closeness.hierarchy is not None:
        levels = groups_of(build(name, closeness.hierarchy, column.values))
    whole: Numbers = share(values.codes, values.count)
    return Mixed(values.codes, whole, demands.diversity, closeness, levels)
