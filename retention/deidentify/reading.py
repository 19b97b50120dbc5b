"""The section `recipes` of a policy file → recipes, or every problem with its line.

The section stands in the policy file, so that the policy's digest, which plans and approvals name,
covers it; the rest of the file is read by `retention.policy`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Enum
from itertools import pairwise
from types import MappingProxyType
from typing import TypeVar

from retention.deidentify.hierarchy import Dates, Hierarchy, Listed, Numbers, PostalCodes, Prefixes
from retention.deidentify.recipe import (
    AddNoise,
    Aim,
    Closeness,
    Column,
    Demands,
    Distance,
    Distinct,
    Diversity,
    DropCells,
    DropItem,
    DropRecords,
    Entropy,
    Generalize,
    GlobalRecoding,
    KeepFormat,
    LocalRecoding,
    Method,
    Microaggregate,
    Recipe,
    Recoding,
    Recursive,
    Role,
    Sample,
    Swap,
    Synthesize,
    Token,
    TopBottom,
    Trajectory,
)
from retention.errors import PolicyError
from retention.grammar import Cell, Document, Record

SECTION = "recipes"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_COLUMN = re.compile(r"[^\s].{0,62}")
_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,15})?")
_WHOLE = re.compile(r"[+-]?\d{1,15}")
_Word = TypeVar("_Word", bound=Enum)


def read_recipes(text: str, label: str) -> Mapping[str, Recipe]:
    """Read the recipes of a policy file; none if it has no such section.

    Raises:
        PolicyError: with every problem of the section.

    """
    document = Document(text, label)
    cell = Cell.root(document).entries(may_be_empty=True).get(SECTION)
    recipes = {} if cell is None else {name: _recipe(name, entry) for name, entry in cell.entries("recipes").items()}
    document.refuse_problems(PolicyError)
    return recipes


def _recipe(name: str, cell: Cell) -> Recipe:
    if not _NAME.fullmatch(name):
        cell.complain("a name of lower-case letters, digits, `-` and `_`", f"`{name}`")
    record = cell.record(("aim", "columns"), ("demands", "recoding", "sample", "person", "trajectory"))
    entries = record["columns"].entries("columns by name")
    recipe = Recipe(
        aim=_word(record["aim"], Aim.MASKED),
        columns={column: _column(entry) for column, entry in entries.items()},
        demands=_demands(record["demands"]) if "demands" in record else Demands(),
        recoding=_recoding(record["recoding"]) if "recoding" in record else LocalRecoding(),
        sample=Sample(record["sample"].fraction()) if "sample" in record else None,
        person=_text(record, "person"),
        trajectory=_trajectory(record["trajectory"]) if "trajectory" in record else None,
    )
    _check(recipe, record, entries)
    return recipe


def _check(recipe: Recipe, record: Record, entries: Mapping[str, Cell]) -> None:
    """Complain of what cannot work whatever the data is."""
    if recipe.aim is Aim.ANONYMOUS and recipe.demands.k is None:
        record["aim"].complain("`demands: {k: …}` with `aim: anonymous`", "no k", "without one nothing is anonymous")
    keyed = [name for name, column in recipe.columns.items() if {Token(), KeepFormat()} & set(column.methods)]
    if recipe.aim is Aim.ANONYMOUS and keyed:
        found = "a token or a kept format"
        entries[keyed[0]].complain("a method that leaves no way back, with `aim: anonymous`", found, "drop it")
    for name, column in recipe.columns.items():
        if column.role in (Role.IDENTIFIER, Role.CODE, Role.DAMAGE) and not column.methods:
            expected = f"`do`, since a column of the role `{column.role.value}` cannot go out as it is"
            entries[name].complain(expected, "nothing is done to it", "drop, or token")
    if recipe.person is not None and recipe.person not in recipe.columns:
        record["person"].word(recipe.columns, "a column of the recipe")


def _column(cell: Cell) -> Column:
    record = cell.record(("role",), ("do",))
    if "do" not in record:
        return Column(_word(record["role"], Role.OTHER))
    steps = record["do"].items() if record["do"].is_list else (record["do"],)
    methods = tuple(method for step in steps if (method := _method(step)) is not None)
    return Column(_word(record["role"], Role.OTHER), methods)


def _method(cell: Cell) -> Method | None:
    if cell.is_missing:
        return None
    if cell.is_scalar:
        return _PLAIN.get(cell.word(_PLAIN, f"a method: {', '.join((*_PLAIN, *_WITH))}"))
    (name, inside), *more = cell.entries("one method").items() or (("", cell),)
    if more or name not in _WITH:
        cell.complain(f"one method of {', '.join(_WITH)}", f"`{', '.join([name, *(key for key, _ in more)])}`")
        return None
    return _WITH[name](inside)


def _generalize(cell: Cell) -> Method:
    record = cell.record(("by",), ("level", "widths", "lengths", "labels"))
    level = record["level"].integer(0) if "level" in record else None
    return Generalize(_hierarchy(record), level)


def _hierarchy(record: Record) -> Hierarchy:
    match record["by"].word(("dates", "numbers", "prefixes", "postal-codes", "labels")):
        case "numbers":
            widths = tuple(item.integer(1) for item in record["widths"].items()) if "widths" in record else ()
            if any(larger % smaller for smaller, larger in pairwise(widths)):
                record["widths"].complain("widths of which each divides the next")
            return Numbers(widths) if widths else Numbers()
        case "prefixes":
            lengths = tuple(item.integer(1) for item in record["lengths"].items())
            if list(lengths) != sorted(set(lengths), reverse=True):
                record["lengths"].complain("lengths that fall")
            return Prefixes(lengths)
        case "postal-codes":
            return PostalCodes()
        case "labels":
            rows = record["labels"].items("a list of rows: the value, then wider and wider labels")
            return Listed(tuple(tuple(item.matching(_COLUMN, "a label") for item in row.items()) for row in rows))
        case _:
            return Dates()


def _drop_records(cell: Cell) -> Method:
    return DropRecords(*_rare(cell))


def _drop_cells(cell: Cell) -> Method:
    return DropCells(*_rare(cell))


def _rare(cell: Cell) -> tuple[frozenset[str | int | float], int]:
    record = cell.record((), ("values", "fewer_than"))
    if not record.cells:
        cell.complain("`values` or `fewer_than`", "neither")
    values = frozenset(_value(item) for item in record["values"].items()) if "values" in record else frozenset()
    return values, record["fewer_than"].integer(1) if "fewer_than" in record else 0


def _value(cell: Cell) -> str | int | float:
    """Read a value as the data has it: digits without quotes are a number."""
    text = cell.matching(_COLUMN, "a value")
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text


def _top_bottom(cell: Cell) -> Method:
    record = cell.record((), ("bottom", "top"))
    if not record.cells:
        cell.complain("`bottom` or `top`", "neither")
    bottom, top = (_number(record[name]) if name in record else None for name in ("bottom", "top"))
    return TopBottom(bottom, top)


def _microaggregate(cell: Cell) -> Method:
    record = cell.record(("k",), ("together",))
    return Microaggregate(record["k"].integer(2), _text(record, "together") or "")


def _swap(cell: Cell) -> Method:
    record = cell.record((), ("within", "together"))
    within = (
        tuple(item.matching(_COLUMN, "a column") for item in record["within"].items()) if "within" in record else ()
    )
    return Swap(within, _text(record, "together") or "")


def _noise(cell: Cell) -> Method:
    record = cell.record(("scale",), ("decimals",))
    return AddNoise(_number(record["scale"]), record["decimals"].integer(0) if "decimals" in record else None)


def _synthesize(cell: Cell) -> Method:
    return Synthesize(_text(cell.record(("together",)), "together") or "")


_PLAIN: Mapping[str, Method] = MappingProxyType(
    {"drop": DropItem(), "token": Token(), "keep-format": KeepFormat(), "swap": Swap(), "synthesize": Synthesize()}
)
_WITH: Mapping[str, Callable[[Cell], Method]] = MappingProxyType(
    {
        "drop-records": _drop_records,
        "drop-cells": _drop_cells,
        "generalize": _generalize,
        "top-bottom": _top_bottom,
        "microaggregate": _microaggregate,
        "swap": _swap,
        "noise": _noise,
        "synthesize": _synthesize,
    }
)


def _demands(cell: Cell) -> Demands:
    record = cell.record((), ("k", "l", "t"))
    return Demands(
        k=record["k"].integer(2) if "k" in record else None,
        diversity=_diversity(record["l"]) if "l" in record else None,
        closeness=_closeness(record["t"]) if "t" in record else None,
    )


def _diversity(cell: Cell) -> Diversity:
    if cell.is_scalar:
        return Distinct(cell.integer(2))
    record = cell.record((), ("entropy", "recursive"))
    if "entropy" in record:
        return Entropy(_number(record["entropy"]))
    inside = record["recursive"].record(("c", "l"))
    return Recursive(_number(inside["c"]), inside["l"].integer(2))


def _closeness(cell: Cell) -> Closeness:
    if cell.is_scalar:
        return Closeness(cell.fraction())
    record = cell.record(("at_most",), ("distance", "labels"))
    distance = _word(record["distance"], Distance.EQUAL) if "distance" in record else Distance.EQUAL
    hierarchy = None
    if distance is Distance.HIERARCHICAL:
        rows = record["labels"].items("a list of rows: the value, then wider and wider labels")
        hierarchy = Listed(tuple(tuple(item.matching(_COLUMN, "a label") for item in row.items()) for row in rows))
    return Closeness(record["at_most"].fraction(), distance, hierarchy)


def _recoding(cell: Cell) -> Recoding:
    if cell.is_scalar:
        cell.word(("local",), "`local`, or `{global: SHARE}`")
        return LocalRecoding()
    record = cell.record(("global",))
    if record["global"].is_word("0"):
        return GlobalRecoding()
    return GlobalRecoding(record["global"].fraction())


def _trajectory(cell: Cell) -> Trajectory:
    record = cell.record(("order", "places"), ("known",))
    places = tuple(item.matching(_COLUMN, "a column") for item in record["places"].items())
    known = record["known"].integer(1) if "known" in record else Trajectory("", ()).known
    return Trajectory(record["order"].matching(_COLUMN, "a column"), places, known)


def _text(record: Record, key: str) -> str | None:
    return record[key].matching(_COLUMN, "a name") if key in record else None


def _number(cell: Cell) -> float:
    text = cell.matching(_NUMBER, "a number")
    return float(text) if text else 0.0


def _word(cell: Cell, otherwise: _Word) -> _Word:
    words = {word.value: word for word in type(otherwise)}
    return words.get(cell.word(words), otherwise)
