"""Whether a recipe and a table fit each other: every problem at once, before anything is made."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from retention.deidentify.criteria import is_number
from retention.deidentify.recipe import (
    AddNoise,
    Aim,
    Closeness,
    Distance,
    DropItem,
    GlobalRecoding,
    KeepFormat,
    Method,
    Microaggregate,
    Recipe,
    Role,
    Swap,
    Token,
    TopBottom,
)
from retention.deidentify.tokens import Keys
from retention.errors import InputError, Problem


def check(table: pa.Table, recipe: Recipe, keys: Keys | None) -> None:
    """Check everything that can be known without making the output; hierarchies are checked when they are used.

    Raises:
        InputError: with every problem found.

    """
    problems = [*_names(table, recipe)]
    if not problems:
        problems = [*_demands(table, recipe), *_methods(table, recipe), *_keys(recipe, keys)]
    if problems:
        raise InputError("the recipe does not fit the table", problems=tuple(problems))


def _names(table: pa.Table, recipe: Recipe) -> Iterator[Problem]:
    for name in recipe.columns:
        if name not in table.column_names:
            what = recipe.columns[name].role.value
            yield Problem(where=f"{what} {name}", expected=f"one of {', '.join(table.column_names)}", found="no column")
    for name in table.column_names:
        if name not in recipe.columns:
            hint = "give it a role, and DropItem if it is to stay here"
            yield Problem(where=name, expected="a column the recipe names", found="one it does not", hint=hint)
    if len(set(table.column_names)) != len(table.column_names):
        yield Problem(where="table", expected="columns of different names", found="a name twice")
    trajectory = recipe.trajectory
    others = [] if recipe.person is None else [recipe.person]
    others += [] if trajectory is None else [trajectory.order, *trajectory.places]
    for name in others:
        if name not in table.column_names:
            yield Problem(where="person and trajectory", expected="columns of the table", found=name)


def _demands(table: pa.Table, recipe: Recipe) -> Iterator[Problem]:
    k = recipe.demands.k
    if recipe.aim is Aim.ANONYMOUS and (k is None or k < 2):  # noqa: PLR2004 -- one row alone is nobody's company
        yield Problem(where="k", expected="at least 2 for an anonymous output", found=str(k))
    if k is not None and k > table.num_rows:
        yield Problem(where="k", expected=f"at most the {table.num_rows} rows of the table", found=str(k))
    if recipe.demands.k is None and (recipe.demands.diversity or recipe.demands.closeness):
        yield Problem(where="k", expected="a number where l or t is asked for", found="none")
    closeness = recipe.demands.closeness
    if closeness is not None:
        yield from _closeness(table, recipe, closeness)
    if recipe.sample is not None and not 0 < recipe.sample.fraction <= 1:
        yield Problem(where="sample", expected="a share above 0 and up to 1", found=str(recipe.sample.fraction))
    if isinstance(recipe.recoding, GlobalRecoding) and not 0 <= recipe.recoding.suppress < 1:
        yield Problem(where="suppress", expected="a share from 0 to below 1", found=str(recipe.recoding.suppress))


def _closeness(table: pa.Table, recipe: Recipe, closeness: Closeness) -> Iterator[Problem]:
    if not 0 <= closeness.t <= 1:
        yield Problem(where="t", expected="a number from 0 to 1", found=str(closeness.t))
    if closeness.distance is Distance.HIERARCHICAL and closeness.hierarchy is None:
        yield Problem(where="t", expected="a hierarchy for the hierarchical distance", found="none")
    for name in recipe.sensitive:
        kind = table.column(name).type
        if closeness.distance is Distance.ORDERED and not (is_number(kind) or pa.types.is_temporal(kind)):
            yield Problem(where=name, expected="numbers or dates for the ordered distance", found=str(kind))


def _methods(table: pa.Table, recipe: Recipe) -> Iterator[Problem]:
    for name, column in recipe.columns.items():
        kind = table.column(name).type
        if pa.types.is_nested(kind) and DropItem() not in column.methods:
            yield Problem(
                where=name, expected="a plain column", found=str(kind), hint="nested ones can only be dropped"
            )
        if column.role in {Role.IDENTIFIER, Role.CODE, Role.DAMAGE} and not column.methods:
            hint = "DropItem, Token or another; testing it would only refuse the output"
            yield Problem(where=name, expected=f"a method for the {column.role.value}", found="none", hint=hint)
        for method in column.methods:
            yield from _method(table, name, kind, method)


def _method(table: pa.Table, name: str, kind: pa.DataType, method: Method) -> Iterator[Problem]:
    if isinstance(method, TopBottom | Microaggregate | AddNoise) and not is_number(kind):
        yield Problem(where=name, expected=f"numbers for {type(method).__name__}", found=str(kind))
    if isinstance(method, TopBottom) and pa.types.is_integer(kind):
        for bound in (method.bottom, method.top):
            if bound is not None and bound != int(bound):
                yield Problem(where=name, expected="whole bounds for whole numbers", found=str(bound))
    if isinstance(method, Microaggregate) and not 1 < method.k <= max(table.num_rows, 1):
        yield Problem(where=name, expected=f"groups of 2 to {table.num_rows} rows", found=str(method.k))
    if isinstance(method, Swap):
        for other in method.within:
            if other not in table.column_names:
                yield Problem(where=name, expected="columns of the table to swap within", found=other)
    if isinstance(method, AddNoise) and method.scale <= 0:
        yield Problem(where=name, expected="noise of a scale above 0", found=str(method.scale))


def _keys(recipe: Recipe, keys: Keys | None) -> Iterator[Problem]:
    keyed = [
        name
        for name, column in recipe.columns.items()
        if any(isinstance(m, Token | KeepFormat) for m in column.methods)
    ]
    if keyed and keys is None:
        yield Problem(where=", ".join(keyed), expected="keys for its tokens", found="none")
    if keyed and recipe.aim is Aim.ANONYMOUS:
        hint = "drop the column, or aim for pseudonymous"
        yield Problem(where=", ".join(keyed), expected="no token in an anonymous output", found="one", hint=hint)
