"""The body of a request (7.1), read and checked; every problem at once, and never a value in one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from retention.errors import InputError, Problem
from retention.model.client import Asking, Client, Format, Identity

VERSIONS = ("2.0", "3.0")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SKEW = timedelta(minutes=5)
"""How far a client's clock may be ahead of ours."""
_UUID_VERSION = 4


def _lower_v4(text: str) -> str:
    if str(UUID(text)) != text or UUID(text).version != _UUID_VERSION:
        raise ValueError("expected a lower-case UUID of version 4")
    return text


Text = Annotated[str, StringConstraints(min_length=1, max_length=512)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, hide_input_in_errors=True)


class _Listed(_Part):
    """Version 2.0 (5.3)."""

    identity_type: Text
    identity_value: Text
    identity_format: Text


class _Keyed(_Part):
    """Version 3.0: under its type."""

    value: Text
    encoding: Text = "raw"


class _Head(_Part):
    regulation: Literal["gdpr", "ccpa", "appi"]
    subject_request_id: Annotated[str, AfterValidator(_lower_v4)]
    subject_request_type: Literal["erasure", "access", "portability"]
    submitted_time: Annotated[AwareDatetime, Field(strict=False)]
    api_version: str | None = None
    status_callback_urls: list[Text] | None = None
    extensions: dict[str, Any] | None = None


class _Two(_Head):
    subject_identities: Annotated[list[_Listed], Field(min_length=1, max_length=20)]


class _Three(_Head):
    subject_identities: Annotated[dict[str, _Keyed], Field(min_length=1, max_length=20)]


@dataclass(frozen=True, slots=True)
class _Named:
    """An identity as it was written, in either version."""

    where: str
    type: str
    value: str
    format: str


def read_request(body: bytes, version: str | None, client: Client, domain: str, now: datetime) -> Asking:
    """Read a request.

    Args:
        body: As it came.
        version: From the path (`/v2`, `/v3`); None: the body's shape says which.
        client: Who asks: what it may name people by, and where it may be called.
        domain: Ours: extensions under it would be instructions to us.
        now: The moment.

    Raises:
        InputError: with every problem; messages name fields, never values.

    """
    shape = _shape(body)
    try:
        read = (_Two if (version or shape) == "2.0" else _Three).model_validate_json(body)
    except ValidationError as error:
        raise InputError("the request cannot be read", problems=tuple(_problems(error))) from None
    named = list(_named(read))
    problems = [*_refused(read, version or shape, domain, now), *_unsupported(named, client)]
    problems += _elsewhere(read.status_callback_urls or [], client)
    if problems:
        raise InputError("the request cannot be taken", problems=tuple(problems))
    identities = tuple(Identity(client.identities[each.type], _compared(each), Format(each.format)) for each in named)
    callbacks = tuple(dict.fromkeys(read.status_callback_urls or []))
    return Asking(
        request_id=read.subject_request_id,
        api_version=version or shape,
        submitted_at=read.submitted_time.astimezone(UTC),
        identities=identities,
        callbacks=callbacks,
        content=_canonical(read, identities, callbacks),
    )


def _shape(body: bytes) -> str:
    """Tell the version by the identities: a list in 2.0, an object in 3.0."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        problem = Problem(where="body", expected="one JSON object in UTF-8", found="something else")
        raise InputError("the request cannot be read", problems=(problem,))
    return "3.0" if isinstance(found.get("subject_identities"), dict) else "2.0"


def _problems(error: ValidationError) -> Iterator[Problem]:
    for each in error.errors(include_input=False, include_url=False, include_context=False):
        # the names of an object's members are the client's: only positions and our own fields are repeated
        own = [str(part) for part in each["loc"] if isinstance(part, int) or part in _FIELDS]
        found = "nothing" if each["type"] == "missing" else each["type"].replace("_", " ")
        yield Problem(
            where=".".join(own) or "body", expected=_EXPECTED.get(own[-1] if own else "", "JSON"), found=found
        )


_FIELDS = frozenset({*_Two.model_fields, *_Listed.model_fields, *_Keyed.model_fields})
_EXPECTED = {
    "regulation": "gdpr, ccpa or appi",
    "subject_request_id": "a lower-case UUID of version 4",
    "subject_request_type": "erasure",
    "submitted_time": "an instant by RFC 3339 with its offset",
    "subject_identities": "1 to 20 identities of one person: a list in 2.0, an object by type in 3.0",
    "status_callback_urls": "a list of addresses",
}


def _named(read: _Two | _Three) -> Iterator[_Named]:
    if isinstance(read, _Two):
        for index, one in enumerate(read.subject_identities):
            yield _Named(f"subject_identities.{index}", one.identity_type, one.identity_value, one.identity_format)
    else:
        for index, (kind, keyed) in enumerate(read.subject_identities.items()):
            yield _Named(f"subject_identities.{index}", kind, keyed.value, keyed.encoding)


def _refused(read: _Head, version: str, domain: str, now: datetime) -> Iterator[Problem]:
    if read.subject_request_type != "erasure":
        yield Problem(
            where="subject_request_type",
            expected="erasure: see supported_subject_request_types in /discovery",
            found=read.subject_request_type,
        )
    if read.api_version is not None and read.api_version != version:
        yield Problem(where="api_version", expected=f"{version} here and in this form", found="another")
    if read.submitted_time > now + _SKEW:
        yield Problem(where="submitted_time", expected="an instant that has been", found="one to come")
    if domain in (read.extensions or {}):
        yield Problem(where="extensions", expected="none for us", found="one", hint="nothing of it would be done")


def _unsupported(named: list[_Named], client: Client) -> Iterator[Problem]:
    for each in named:
        if each.type not in client.identities:
            yield Problem(
                where=f"{each.where}.identity_type",
                expected=f"one of {', '.join(sorted(client.identities))}",
                found="another",
                hint="we know nobody by it, so that nothing would be erased",
            )
        if each.format not in {one.value for one in Format}:
            expected = "raw or sha256"
            yield Problem(where=f"{each.where}.identity_format", expected=expected, found="another")
        elif each.format == Format.SHA256.value and not _SHA256.fullmatch(each.value.lower()):
            yield Problem(
                where=f"{each.where}.identity_value", expected="a SHA-256 in 64 hex digits", found="something else"
            )


def _elsewhere(urls: list[str], client: Client) -> Iterator[Problem]:
    for index, url in enumerate(urls):
        if url not in client.callbacks:
            yield Problem(
                where=f"status_callback_urls.{index}",
                expected="an address agreed on with us, letter by letter",
                found="another",
                hint="no other address is ever called",
            )


def _compared(each: _Named) -> str:
    return each.value.lower() if each.format == Format.SHA256.value else each.value


def _canonical(read: _Head, identities: tuple[Identity, ...], callbacks: tuple[str, ...]) -> bytes:
    told: Mapping[str, object] = {
        "regulation": read.regulation,
        "type": read.subject_request_type,
        "submitted": read.submitted_time.astimezone(UTC).isoformat(),
        "identities": sorted([one.key_name, one.format.value, one.value] for one in identities),
        "callbacks": sorted(callbacks),
    }
    return json.dumps(told, ensure_ascii=False, sort_keys=True).encode()
