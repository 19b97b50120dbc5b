"""Which items, decided on the items themselves: an index may be a moment behind, the item is not.

Two-valued: an attribute that is absent or NULL is among no keys and before nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Final, TypeAlias, assert_never

from connectors.dynamodb.items import Item
from retention.errors import KeyTypeError, TerminalFailure
from retention.model.predicate import (
    AllOf,
    Among,
    AmongTuples,
    AnyOf,
    Before,
    Everything,
    Not,
    Populated,
    Predicate,
    Selection,
)
from retention.model.subject import Key
from retention.model.transform import Value

Test: TypeAlias = Callable[[Item], bool]

_INTEGER: Final = re.compile(r"-?(0|[1-9][0-9]*)", re.ASCII)
_DATE_LENGTH: Final = len("2026-11-23")


def test_of(selection: Selection) -> Test:
    """Return the function that says whether an item is selected; it raises KeyTypeError where a key cannot be one."""

    def made(part: Predicate) -> Test:
        match part:
            case Everything():
                return lambda _: True
            case Among(column, keys):
                return _among(column, selection.keys[keys.keyset_id])
            case AmongTuples(columns, _):
                raise TerminalFailure(
                    f"attributes {', '.join(columns)}: items are not joined on several attributes together",
                    hint="name one attribute in `parent`, or give the items one that holds the whole key",
                )
            case Before(column, at):
                return lambda item: _is_before(column, item.get(column), at)
            case Populated(names):
                return lambda item: any(name in item for name in names)
            case Not(inner):
                negated = made(inner)
                return lambda item: not negated(item)
            case AllOf(parts):
                every = tuple(made(each) for each in parts)
                return lambda item: all([test(item) for test in every])  # noqa: C419 -- each part is to be checked
            case AnyOf(parts):
                some = tuple(made(each) for each in parts)
                return lambda item: any([test(item) for test in some])  # noqa: C419 -- same
            case _:
                assert_never(part)

    return made(selection.where)


def columns_of(part: Predicate) -> frozenset[str]:
    """Return the attributes that decide."""
    return frozenset(_columns(part))


def has_unfit_keys(selection: Selection) -> bool:
    """Whether some key is no whole number: where the attribute is one, the item will say so, one by one."""
    return any(_INTEGER.fullmatch(str(key)) is None for keys in selection.keys.values() for key in keys)


def fitting(column: str, kind: str, keys: frozenset[Key]) -> list[str]:
    """Return keys as an index of that kind (`S`, `N`) takes them, in a fixed order.

    Raises:
        KeyTypeError: a key is none of the kind.

    """
    if kind == "B" or (kind == "N" and any(_INTEGER.fullmatch(str(key)) is None for key in keys)):
        raise _unfit(column, "a whole number" if kind == "N" else "an attribute of text or numbers", keys)
    return sorted(map(str, keys))


def _columns(part: Predicate) -> Iterator[str]:
    match part:
        case Everything():
            pass
        case Among(column, _) | Before(column, _):
            yield column
        case Populated(names) | AmongTuples(names, _):
            yield from names
        case Not(inner):
            yield from _columns(inner)
        case AllOf(parts) | AnyOf(parts):
            for each in parts:
                yield from _columns(each)
        case _:
            assert_never(part)


def _among(column: str, keys: frozenset[Key]) -> Test:
    texts = frozenset(map(str, keys))
    numbers = frozenset(int(text) for text in texts if _INTEGER.fullmatch(text))

    def test(item: Item) -> bool:
        value = item.get(column)
        match value:
            case None:
                return False
            case str():
                return value in texts
            case int() | Decimal() if not isinstance(value, bool):
                if len(numbers) < len(texts):
                    raise _unfit(column, "a whole number", keys)
                return value in numbers
            case _:
                raise _unfit(column, "an attribute of text or numbers", keys)

    return test


def _unfit(column: str, expected: str, keys: frozenset[Key]) -> KeyTypeError:
    found = ", ".join(sorted({type(key).__name__ for key in keys}))
    return KeyTypeError(
        f"attribute {column}: expected {expected}, found a key of type {found}",
        hint="check `subject` in the data map: is this the attribute of that identity key?",
    )


def _is_before(column: str, value: Value, at: datetime) -> bool:
    if value is None:
        return False
    if not isinstance(value, str):
        raise TerminalFailure(f"attribute {column}: expected a date in ISO 8601 text, found {type(value).__name__}")
    try:
        if len(value) == _DATE_LENGTH:
            return date.fromisoformat(value) < at.date()
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise TerminalFailure(f"attribute {column}: expected a date in ISO 8601 text, found another text") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=at.tzinfo)) < at
