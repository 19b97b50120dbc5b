"""What a field may look like: choices, patterns, counts; nothing that could hold a free text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from retention.errors import InputError, Problem
from retention.evidence.canonical import LARGEST, Json


@dataclass(frozen=True, slots=True)
class Text:
    """Text of which all of it has the pattern."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One of these words."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Count:
    """A whole number, zero or more."""


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""


@dataclass(frozen=True, slots=True)
class Listed:
    """Any number of these."""

    item: Shape


@dataclass(frozen=True, slots=True)
class Maybe:
    """This, or null."""

    item: Shape


@dataclass(frozen=True, slots=True)
class Record:
    """An object with exactly these fields."""

    fields: Mapping[str, Shape]


Shape: TypeAlias = Text | Choice | Count | Flag | Listed | Maybe | Record


def check(value: Json, shape: Shape, where: str) -> None:
    """Check that the value has the shape.

    Raises:
        InputError: it has not; the message says where and what was expected, never the value.

    """
    if isinstance(shape, Record):
        _check_record(value, shape, where)
    elif isinstance(shape, Listed):
        _check_list(value, shape, where)
    elif isinstance(shape, Maybe):
        if value is not None:
            check(value, shape.item, where)
    else:
        _check_leaf(value, shape, where)


def _check_record(value: Json, shape: Record, where: str) -> None:
    if not isinstance(value, Mapping) or value.keys() != shape.fields.keys():
        raise _refusal(where, f"an object with {', '.join(shape.fields)}", value)
    for name, part in shape.fields.items():
        check(value[name], part, f"{where}.{name}")


def _check_list(value: Json, shape: Listed, where: str) -> None:
    if not isinstance(value, list | tuple):
        raise _refusal(where, "a list", value)
    for number, item in enumerate(value):
        check(item, shape.item, f"{where}[{number}]")


def _check_leaf(value: Json, shape: Text | Choice | Count | Flag, where: str) -> None:
    match shape:
        case Text(pattern):
            right, expected = isinstance(value, str) and re.fullmatch(pattern, value) is not None, f"like {pattern}"
        case Choice(words):
            right, expected = value in words, f"one of {', '.join(words)}"
        case Count():
            right, expected = isinstance(value, int) and not isinstance(value, bool) and value >= 0, "a count"
        case Flag():
            right, expected = isinstance(value, bool), "true or false"
        case _:
            assert_never(shape)
    if not right:
        raise _refusal(where, expected, value)


def _refusal(where: str, expected: str, value: Json) -> InputError:
    problem = Problem(where=where, expected=expected, found=f"another {type(value).__name__}")
    return InputError("evidence holds codes, counts, digests and instants only", problems=(problem,))


def schema(shape: Shape) -> dict[str, Json]:
    """Return the JSON Schema (draft 2020-12) of a shape."""
    match shape:
        case Text(pattern):
            # The end of the text is written as "no sign follows": `$` would let a line break pass.
            return {"type": "string", "pattern": rf"^(?:{pattern})(?![\s\S])"}
        case Choice(words):
            return {"enum": list(words)}
        case Count():
            return {"type": "integer", "minimum": 0, "maximum": LARGEST}
        case Flag():
            return {"type": "boolean"}
        case Listed(item):
            return {"type": "array", "items": schema(item)}
        case Maybe(item):
            return {"oneOf": [{"type": "null"}, schema(item)]}
        case Record(fields):
            properties = {name: schema(part) for name, part in fields.items()}
            return {"type": "object", "properties": properties, "required": list(fields), "additionalProperties": False}
        case _:
            assert_never(shape)
