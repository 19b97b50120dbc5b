"""A request's move as JSON, and back: the kind of the move beside its fields."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from types import UnionType
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

from retention.errors import TerminalFailure
from retention.model.request_moves import What

_KINDS: dict[str, type[What]] = {kind.__name__: kind for kind in get_args(What)}


def encode(what: What) -> tuple[str, str]:
    """Return the kind of the move, and its fields as JSON."""
    return type(what).__name__, json.dumps(_encoded(what), sort_keys=True)


def decode(kind: str, body: str) -> What:
    """Read what `encode` wrote.

    Raises:
        TerminalFailure: a newer version of this program wrote it.

    """
    if kind not in _KINDS:
        raise TerminalFailure(f"a request has a move `{kind}`, which this version does not know", hint="update it")
    return cast("What", _record(_KINDS[kind], json.loads(body)))


def _encoded(value: object) -> Any:  # noqa: ANN401 -- JSON
    match value:
        case Enum():
            return value.value
        case datetime() | date():
            return value.isoformat()
        case frozenset():
            return sorted(map(_encoded, value))
        case tuple():
            return [_encoded(part) for part in value]
    if is_dataclass(value):
        return {field.name: _encoded(getattr(value, field.name)) for field in fields(value)}
    return value


def _record(kind: type, values: dict[str, Any]) -> Any:  # noqa: ANN401 -- one of the moves' records
    hints = get_type_hints(kind)
    return kind(**{name: _decoded(value, hints[name]) for name, value in values.items()})


def _decoded(value: Any, hint: Any) -> Any:  # noqa: ANN401 -- walks types that only get_type_hints knows
    if value is None:
        return None
    if get_origin(hint) in (Union, UnionType):
        hint = next(part for part in get_args(hint) if part is not type(None))
    collection = get_origin(hint)
    if collection in (tuple, frozenset):
        return collection(_decoded(part, get_args(hint)[0]) for part in value)
    if is_dataclass(hint):
        return _record(cast("type", hint), value)
    if hint in (datetime, date):
        return hint.fromisoformat(value)
    return hint(value) if isinstance(hint, type) and issubclass(hint, Enum) else value
