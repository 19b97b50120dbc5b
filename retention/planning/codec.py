"""A plan as canonical JSON, and back; a share of a batch as well. The digest of these bytes is what people approve."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, TypeAlias, Union, get_args, get_origin, get_type_hints

from retention.evidence import canonical
from retention.model import batch, disclosure, key_steps, predicate, suspension, transform
from retention.model import plan as plan_module
from retention.model.batch import Share
from retention.model.case import CaseKind
from retention.model.ids import KeySetId
from retention.model.period import Period
from retention.model.plan import Plan
from retention.model.subject import KeySet

Json: TypeAlias = "bool | int | str | list[Json] | dict[str, Json] | None"

_RECORDS = {
    record.__name__: record
    for module in (plan_module, batch, disclosure, key_steps, predicate, suspension, transform)
    for record in vars(module).values()
    if isinstance(record, type) and is_dataclass(record)
} | {"KeySet": KeySet}


def encode(plan: Plan) -> bytes:
    """Return the plan's canonical JSON (RFC 8785)."""
    return canonical(_encoded(plan))


def digest(body: bytes) -> str:
    """Return the SHA-256 (hex) by which a plan is approved."""
    return hashlib.sha256(body).hexdigest()


def decode(body: bytes) -> Plan:
    """Read what `encode` wrote."""
    plan = _decoded(json.loads(body), Plan)
    assert isinstance(plan, Plan)  # noqa: S101 -- narrows the type; always true
    return plan


def encode_share(share: Share) -> bytes:
    """Return a request's share of a batch as canonical JSON."""
    return canonical(_encoded(share))


def decode_share(body: bytes) -> Share:
    """Read what `encode_share` wrote."""
    share = _decoded(json.loads(body), Share)
    assert isinstance(share, Share)  # noqa: S101 -- narrows the type; always true
    return share


def keysets_of(plan: Plan) -> frozenset[KeySetId]:
    """Return the names of the key sets that the plan refers to: what the vault must hold for it."""
    return frozenset(_keysets_in(_encoded(plan)))


def _keysets_in(value: Json) -> Iterator[KeySetId]:
    if isinstance(value, list):
        for part in value:
            yield from _keysets_in(part)
    elif isinstance(value, dict):
        if value.get("is") == "KeySet":
            yield KeySetId(str(value["keyset_id"]))
        for part in value.values():
            yield from _keysets_in(part)


def _encoded(value: object) -> Json:
    match value:
        case None | bool() | int():
            return value
        case Enum():
            return str(value.value)
        case Period():
            return str(value)
        case datetime():
            return value.isoformat()
        case str():
            return value
        case Mapping():
            return {str(name): _encoded(part) for name, part in value.items()}
        case tuple() | list():
            return [_encoded(part) for part in value]
    if is_dataclass(value):
        parts = {part.name: _encoded(getattr(value, part.name)) for part in fields(value)}
        return {"is": type(value).__name__, **parts}
    raise TypeError(f"a plan cannot hold a {type(value).__name__}")


def _decoded(value: Any, hint: Any) -> Any:  # noqa: ANN401 -- walks types that only get_type_hints knows
    if value is None:
        return None
    if isinstance(value, dict) and isinstance(value.get("is"), str):
        record = _RECORDS[value["is"]]
        hints = _hints(record)
        return record(**{name: _decoded(part, hints[name]) for name, part in value.items() if name != "is"})
    return _plain(value, _without_none(hint))


@cache  # a plan for a thousand people has thousands of steps of a few types
def _hints(record: type) -> Mapping[str, Any]:
    return get_type_hints(record)


def _plain(value: Any, hint: Any) -> Any:  # noqa: ANN401 -- same
    if hint in (datetime, Period, CaseKind):
        return {datetime: datetime.fromisoformat, Period: Period.parse, CaseKind: CaseKind}[hint](value)
    arguments = get_args(hint)
    if isinstance(value, list):
        return tuple(_decoded(part, arguments[0]) for part in value)
    if isinstance(value, dict):
        return {name: _decoded(part, arguments[1]) for name, part in value.items()}
    return value


def _without_none(hint: Any) -> Any:  # noqa: ANN401 -- same
    if get_origin(hint) in (Union, UnionType):
        return next((part for part in get_args(hint) if part is not type(None)), None)
    return hint
