"""The bodies of what we say.

Discovery (6.3), receipt (7.3), error (7.6), status (8.3), callback (8.6), cancellation (9.2).
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import TypeAlias

from retention.errors import InputError, RetentionError
from retention.model.client import ClientRequest, Format, Told
from retention.opendsr.office import Office

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | bool | None"


def discovery(office: Office, version: str) -> Json:
    """Say what we take."""
    return {
        "api_version": version,
        "supported_identities": [
            {"identity_type": name, "identity_format": each.value} for name in office.identity_types for each in Format
        ],
        "supported_subject_request_types": ["erasure"],
        "processor_certificate": f"{office.address}/certificate.pem",
    }


def receipt(request: ClientRequest, body: bytes) -> Json:
    """Say that a request was taken; the body stands in it as it came."""
    return {
        "controller_id": request.client,
        "expected_completion_time": _text(request.due_at),
        "received_time": _text(request.received_at),
        "encoded_request": base64.b64encode(body).decode("ascii"),
        "subject_request_id": request.request_id,
        "api_version": request.api_version,
    }


def status(office: Office, request: ClientRequest, told: Told) -> dict[str, Json]:
    """Say how far a request is; what the four words cannot say stands in the extension under our domain."""
    return {
        "controller_id": request.client,
        "expected_completion_time": _text(told.due_at),
        "subject_request_id": request.request_id,
        "request_status": told.progress.value,
        "api_version": request.api_version,
        "extensions": {office.seal.domain: _more(told)},
    }


def callback(office: Office, request: ClientRequest, told: Told, url: str) -> Json:
    """Say by ourselves how far a request is."""
    return {**status(office, request, told), "status_callback_url": url}


def cancellation(request: ClientRequest, now: datetime) -> Json:
    """Say that a request was taken back."""
    return {
        "controller_id": request.client,
        "subject_request_id": request.request_id,
        "received_time": _text(now),
        "api_version": request.api_version,
    }


def error(code: int, raised: RetentionError) -> Json:
    """Say what is wrong; our errors carry no personal value."""
    problems = raised.problems if isinstance(raised, InputError) else ()
    details: list[Json] = [
        {"domain": "Validation", "reason": raised.code, "message": str(problem)} for problem in problems
    ]
    return {"error": {"code": code, "message": raised.message, "errors": details}}


def _more(told: Told) -> Json:
    more: dict[str, Json] = {"case": told.case_id}
    if told.reason is not None:
        more["reason"] = told.reason
    if told.is_partial:
        more["partial"] = True
    if told.copies_remain:
        more["copies_until"] = None if told.copies_until is None else _text(told.copies_until)
    return more


def _text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
