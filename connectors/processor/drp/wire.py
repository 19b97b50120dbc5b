"""What is sent and read.

A request is the Ed25519 signature followed by the JSON, in base64, as `text/plain` (3.07.1: libsodium's combined
mode). It names agent, business and ten minutes in which it is good, so that nobody can use it for another business
or again later; the protocol has no nonce beside them, and `agent-request-id` is the order's own id. Statuses are
JSON (3.03) and are not signed.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from connectors.processor.drp.settings import DrpSettings
from retention.errors import TerminalFailure
from retention.model.answer import Answer, AtWork, ByHand, Completed, Refused
from retention.model.copies import Order

VERSION = "0.9.4"
GOOD_FOR = timedelta(minutes=10)
"""The longest that 2.01 recommends."""
VERIFY = "verify-person"
"""The task where the business wants the person to prove his identity to it."""


def _aware(instant: datetime) -> datetime:
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


Instant = Annotated[datetime, AfterValidator(_aware)]


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Status(_Read):
    """How far a request is (3.03). `processing_details` is free text and is not read."""

    request_id: str
    status: Literal["open", "in_progress", "fulfilled", "revoked", "denied", "expired"]
    reason: str | None = None
    agent_request_id: str | None = None
    expected_by: Instant | None = None


class Failure(_Read):
    """An error (3.06)."""

    fatal: bool = False


class Token(_Read):
    """The answer to pair-wise setup (2.05.1)."""

    token: str


_DENIALS = {
    "suspected_fraud": "suspected-fraud",
    "insuf_verification": "insufficient-verification",
    "no_match": "no-match",
    "claim_not_covered": "claim-not-covered",
    "outside_jurisdiction": "outside-jurisdiction",
    "too_many_requests": "too-many-requests",
}
"""Section 3.02 → our codes; every other reason is `other`."""


def answer_of(status: Status) -> Answer:
    """Return what the status means; only `fulfilled` is completed."""
    match status.status:
        case "open":
            return AtWork()
        case "in_progress":
            return ByHand(VERIFY) if status.reason == "need_user_verification" else AtWork()
        case "fulfilled":
            return Completed()
        case "denied":
            return Refused(_DENIALS.get(status.reason or "", "other"))
        case "revoked" | "expired":
            return Refused(status.status)


def request_of(order: Order, settings: DrpSettings, now: datetime) -> bytes:
    """Return the signed request to delete: the order's keys and nothing else of the person.

    Raises:
        TerminalFailure: a key of the order has no claim in the settings, or there are two of one kind.

    """
    body: dict[str, object] = {**_head(settings, now), "agent-request-id": order.order_id, "exercise": "deletion"}
    if settings.regime is not None:
        body["regime"] = settings.regime
    for name, values in sorted(order.keys.items()):
        if name not in settings.identities or len(values) != 1:
            found = (
                f"{len(values)} of them" if name in settings.identities else ", ".join(settings.identities) + " only"
            )
            raise TerminalFailure(
                f"system {settings.system_id}: expected one claim for key {name}, found {found}",
                hint=f"add {name}=… to systems.{settings.system_id}.identities; one request is about one person",
            )
        claim = settings.identities[name]
        body[claim] = str(values[0])
        if claim in settings.verified:
            body[f"{claim}_verified"] = True
    return signed(settings.key, body)


def setup_of(settings: DrpSettings, now: datetime) -> bytes:
    """Return the signed request for a pair-wise token (2.05)."""
    return signed(settings.key, _head(settings, now))


def signed(key: Ed25519PrivateKey, body: Mapping[str, object]) -> bytes:
    """Return signature and JSON, in base64."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.b64encode(key.sign(text) + text)


def read_status(content: bytes, what: str) -> Status:
    """Read a status.

    Raises:
        TerminalFailure: it is none; the message names fields, never values.

    """
    try:
        return Status.model_validate_json(content)
    except ValidationError as error:
        fields = sorted({str(each["loc"][0]) if each["loc"] else "the whole" for each in error.errors()})
        raise TerminalFailure(
            f"{what}: expected a status as in DRP 3.03, found it wrong in {', '.join(fields)}",
            hint="the business has to mend it",
        ) from None


def _head(settings: DrpSettings, now: datetime) -> dict[str, object]:
    return {
        "agent-id": settings.agent_id,
        "business-id": settings.business_id,
        "issued-at": _text(now),
        "expires-at": _text(now + GOOD_FOR),
        "drp.version": VERSION,
    }


def _text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
