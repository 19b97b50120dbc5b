"""Errors of ours as problem details (RFC 9457): a stable code, what was expected and found, what to do.

No traceback, and never a value that was sent: names of fields and kinds of values only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from retention.errors import (
    AccessError,
    InputError,
    OwnPlanError,
    Problem,
    RefusedError,
    RetentionError,
    RoleError,
    SystemFailure,
    TooManyCallsError,
    TransientFailure,
    UnknownNameError,
)
from retention.model.access import Answer

KIND = "application/problem+json"
_RETRY_AFTER = 5
"""Seconds after which a system that could not be reached may be asked again."""
_STATUSES: tuple[tuple[type[RetentionError], HTTPStatus], ...] = (
    (AccessError, HTTPStatus.UNAUTHORIZED),
    (RoleError, HTTPStatus.FORBIDDEN),
    (OwnPlanError, HTTPStatus.FORBIDDEN),
    (TooManyCallsError, HTTPStatus.TOO_MANY_REQUESTS),
    (UnknownNameError, HTTPStatus.NOT_FOUND),
    (InputError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (RefusedError, HTTPStatus.CONFLICT),
    (TransientFailure, HTTPStatus.SERVICE_UNAVAILABLE),
    (SystemFailure, HTTPStatus.BAD_GATEWAY),
    (RetentionError, HTTPStatus.CONFLICT),
)
"""The first that fits; what a check of ours found is a conflict with the world."""
_DEFECT = "RET-500"
_WORDS = {
    str: "a text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "an object",
    type(None): "nothing",
}


def answer_of(error: RetentionError) -> Answer:
    """Return the answer that tells the error."""
    problems = error.problems if isinstance(error, InputError) else ()
    title = (type(error).__doc__ or "").splitlines()[0].rstrip(".")
    return told(status_of(error), error.code, title, error.message, hint=error.hint, problems=problems)


def status_of(error: RetentionError) -> HTTPStatus:
    """Return the error's HTTP status."""
    return next(status for kind, status in _STATUSES if isinstance(error, kind))


def told(
    status: HTTPStatus, code: str, title: str, detail: str, *, hint: str = "", problems: Sequence[Problem] = ()
) -> Answer:
    """Return a problem: `type` is a name (a URN) and leads nowhere."""
    body: dict[str, Any] = {
        "type": f"urn:retention:error:{code}",
        "title": title,
        "status": status.value,
        "code": code,
        "detail": detail,
    }
    if hint:
        body["hint"] = hint
    if problems:
        body["problems"] = [
            {"where": _in_the_body(one.where), "expected": one.expected, "found": one.found, "hint": one.hint}
            for one in problems
        ]
    return Answer(status.value, json.dumps(body, ensure_ascii=False), KIND)


def of_the_form(errors: Sequence[Mapping[str, Any]]) -> Answer:
    """Return what is wrong with the form of a call, everything at once; `errors` are pydantic's."""
    problems = tuple(
        Problem(where=_where(one), expected=str(one["msg"]), found=_WORDS.get(type(one.get("input")), "something else"))
        for one in errors
    )
    status = HTTPStatus.BAD_REQUEST if _is_no_json(errors) else HTTPStatus.UNPROCESSABLE_ENTITY
    return told(status, InputError.code, "What was given is wrong", "the call is not of this form", problems=problems)


def of_http(status: int, detail: str) -> Answer:
    """Return what the server itself says: no such address, not asked that way, too large, another type."""
    phrase = HTTPStatus(status).phrase
    return told(HTTPStatus(status), f"HTTP-{status}", phrase, detail or phrase)


def defect(kind: str) -> Answer:
    """Return what is told of a defect of ours: its kind; the text could hold a personal value."""
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return told(status, _DEFECT, "A defect in this program", f"{kind}; nothing of it is told here", hint="report it")


def headers_of(error: RetentionError) -> dict[str, str]:
    """Return what HTTP wants beside the status."""
    match error:
        case AccessError():
            return {"WWW-Authenticate": "Bearer"}
        case TooManyCallsError():
            return {"Retry-After": str(error.wait_seconds)}
        case TransientFailure():
            return {"Retry-After": str(_RETRY_AFTER)}
        case _:
            return {}


def _in_the_body(where: str) -> str:
    """Call an option of the command line by the member of the body that it is here."""
    return f"body.{where[2:]}" if where.startswith("--") else where


def _is_no_json(errors: Sequence[Mapping[str, Any]]) -> bool:
    return any(one["type"] == "json_invalid" for one in errors)


def _where(error: Mapping[str, Any]) -> str:
    place = [str(part) for part in error["loc"]]
    if error["type"] == "extra_forbidden":
        place[-1] = "(a member that is none)"  # its name could be anything, also somebody's
    return ".".join(place)
