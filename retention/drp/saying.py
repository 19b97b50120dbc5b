"""The bodies of what we say: statuses (3.03) and errors (3.06)."""

from __future__ import annotations

from datetime import UTC, datetime

from retention.errors import InputError, RetentionError
from retention.model.agent import AgentRequest, Stage, Told

_REASONS = {
    "identity-unproven": "insuf_verification",
    "agent-unproven": "insuf_verification",
    "subject-unknown": "no_match",
    "not-retained-data": "no_match",
    "not-personal-information": "no_match",
    "manifestly-excessive": "too_many_requests",
    "manifestly-unfounded": "suspected_fraud",
    "redirected": "other",
}
"""Our code of a denial → the protocol's (3.02); every other ground of a law is `claim_not_covered`."""


def status(request: AgentRequest, told: Told) -> dict[str, str]:
    """Say how far a request is; no free text."""
    said = {
        "request_id": request.request_id,
        "status": told.stage.value,
        "received_at": _text(request.received_at),
        "expected_by": _text(request.due_at),
    }
    if request.agent_request_id is not None:
        said["agent_request_id"] = request.agent_request_id
    if told.stage is Stage.DENIED:
        said["reason"] = _REASONS.get(told.reason or "", "claim_not_covered")
    return said


def error(code: int, raised: RetentionError) -> dict[str, str | bool]:
    """Say what is wrong; our errors carry no personal value. What is wrong in itself is fatal."""
    problems = raised.problems if isinstance(raised, InputError) else ()
    message = "; ".join([raised.message, *map(str, problems)])
    return failure(code, message, fatal=isinstance(raised, InputError))


def failure(code: int, message: str, *, fatal: bool = False) -> dict[str, str | bool]:
    """Say that it failed."""
    return {"code": str(code), "message": message} | ({"fatal": True} if fatal else {})


def _text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
