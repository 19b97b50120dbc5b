"""Templates: `{key}` and the like, put into path, query, headers and JSON body."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import quote

from pydantic import JsonValue

from connectors.processor.rest.descriptor import PLACE, Call


def path_of(call: Call, values: Mapping[str, str]) -> str:
    """Return the path; a value cannot climb out of its segment."""
    return _fill(call.path, values, lambda text: quote(text, safe=""))


def query_of(call: Call, values: Mapping[str, str]) -> dict[str, str]:
    """Return the query; httpx escapes it."""
    return {name: _fill(text, values) for name, text in call.query.items()}


def headers_of(call: Call, values: Mapping[str, str]) -> dict[str, str]:
    """Return the headers; what no header may hold is escaped."""
    return {
        name: _fill(text, values, lambda value: quote(value, safe=" -._~:/@+=")) for name, text in call.headers.items()
    }


def body_of(value: JsonValue, values: Mapping[str, str]) -> JsonValue:
    """Return the JSON body with every text filled."""
    if isinstance(value, str):
        return _fill(value, values)
    if isinstance(value, list):
        return [body_of(item, values) for item in value]
    if isinstance(value, dict):
        return {name: body_of(item, values) for name, item in value.items()}
    return value


def at(value: JsonValue, path: str) -> JsonValue:
    """Return what stands at the dotted path (`jobs.0.id`); None if nothing does."""
    for part in path.split(".") if path else ():
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def matches(body: JsonValue, when: Mapping[str, JsonValue], values: Mapping[str, str]) -> bool:
    """Whether everything stands where it should."""
    return all(at(body, path) == body_of(expected, values) for path, expected in when.items())


def _fill(text: str, values: Mapping[str, str], escape: Callable[[str], str] = str) -> str:
    # one pass: what was filled in is never read as a template again
    return PLACE.sub(lambda place: escape(values[place[1]]) if place[1] in values else place[0], text)
