"""OpenDSR 2.0 and 3.0 on the wire: requests written, answers read. Section numbers are the specification's.

An answer's body can repeat a person's identity (`encoded_request`), so no message here ever
shows a body or a part of one: only the names of the fields that are wrong.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import UTC, datetime
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from connectors.processor.settings import IdentityKind, ProcessorSettings
from retention.errors import TerminalFailure
from retention.model.answer import Answer, AtWork, Completed, PartlyDone, Refused
from retention.model.copies import Order
from retention.model.subject import Key

DOMAIN_HEADER = "X-OpenDSR-Processor-Domain"
SIGNATURE_HEADER = "X-OpenDSR-Signature"
_CODE = re.compile(r"[a-z][a-z-]{0,39}")


def _aware(instant: datetime) -> datetime:
    # RFC 3339 demands an offset; processors in the field leave it out and mean UTC.
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


Instant = Annotated[datetime, AfterValidator(_aware)]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True, hide_input_in_errors=True)


class SupportedIdentity(_Answer):
    """An identity the processor can look people up by."""

    identity_type: str
    identity_format: str


class Discovery(_Answer):
    """What a processor says of itself (6.3)."""

    api_version: str
    supported_identities: tuple[SupportedIdentity, ...]
    supported_subject_request_types: tuple[str, ...]
    processor_certificate: str


class Accepted(_Answer):
    """The signed receipt of a request (7.3)."""

    controller_id: str
    subject_request_id: str
    received_time: Instant
    expected_completion_time: Instant
    encoded_request: str

    def repeats(self, body: bytes) -> bool:
        """Whether the receipt is for exactly these bytes."""
        return self.encoded_request == base64.b64encode(body).decode("ascii")


class More(_Answer):
    """What a processor says beyond the four words, in the extension under its own domain."""

    reason: str | None = None
    partial: bool = False


class Status(_Answer):
    """The signed answer to "how far is it?" (8.3)."""

    controller_id: str
    subject_request_id: str
    request_status: Literal["pending", "in_progress", "completed", "cancelled"]
    expected_completion_time: Instant | None = None
    extensions: dict[str, More | None] | None = None


class Cancelled(_Answer):
    """The signed answer to a cancellation (9.2)."""

    controller_id: str
    subject_request_id: str


class Callback(Status):
    """The processor's own call (8.6)."""

    status_callback_url: str


def answer_of(status: Status, domain: str) -> Answer:
    """Return what a status means (8).

    A cancelled order was not carried out, and perhaps they say why, in the extension under their domain.
    """
    more = (status.extensions or {}).get(domain) or More()
    said = more.reason if more.reason is not None and _CODE.fullmatch(more.reason) else None
    match status.request_status:
        case "pending" | "in_progress":
            return PartlyDone(said or "not-finished") if more.partial else AtWork()
        case "completed":
            return Completed()
        case "cancelled":
            return Refused(said or "cancelled")


AnswerT = TypeVar("AnswerT", bound=_Answer)


def read(kind: type[AnswerT], body: bytes, *, what: str) -> AnswerT:
    """Read an answer.

    Raises:
        TerminalFailure: it is not JSON or lacks something; the message names fields, never values.

    """
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        fields = sorted({".".join(map(str, each["loc"])) or "the whole" for each in error.errors(include_input=False)})
        raise TerminalFailure(
            f"{what}: expected JSON as in OpenDSR, found it wrong in {', '.join(fields)}",
            hint="the processor has to mend it",
        ) from None


def request_body(order: Order, settings: ProcessorSettings) -> bytes:
    """Return the exact bytes of an erasure request: the order's keys and nothing else of the person.

    Raises:
        TerminalFailure: a key of the order has no identity type in the settings.

    """
    named = [_identity(settings, name, value) for name, values in sorted(order.keys.items()) for value in values]
    request: dict[str, object] = {
        "regulation": settings.regulation or order.regulation,
        "subject_request_id": order.order_id,
        "subject_request_type": "erasure",
        "submitted_time": order.submitted_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "subject_identities": named if settings.api_version == "2.0" else _by_type(named, order),
        "api_version": settings.api_version,
    }
    if settings.callback_url is not None:
        request["status_callback_urls"] = [settings.callback_url]
    return json.dumps(request, ensure_ascii=False, separators=(",", ":")).encode()


def _by_type(named: list[dict[str, str]], order: Order) -> dict[str, dict[str, str]]:
    """Write identities as version 3.0 does, which has room for one of each type."""
    found = {
        one["identity_type"]: {"value": one["identity_value"], "encoding": one["identity_format"]} for one in named
    }
    if len(found) < len(named):
        raise TerminalFailure(
            f"order {order.order_id}: OpenDSR 3.0 takes one identity of each type, found several",
            hint="use api_version 2.0 if the processor still has it",
        )
    return found


def kind_of(settings: ProcessorSettings, name: str) -> IdentityKind:
    """Return how a key is named to the processor.

    Raises:
        TerminalFailure: the settings do not say.

    """
    if name in settings.identities:
        return settings.identities[name]
    raise TerminalFailure(
        f"system {settings.system_id}: expected an identity type for key {name}, "
        f"found {', '.join(settings.identities)} only",
        hint=f"add {name}=… to systems.{settings.system_id}.identities",
    )


def _identity(settings: ProcessorSettings, name: str, value: Key) -> dict[str, str]:
    kind = kind_of(settings, name)
    text = str(value)
    hashed = kind.identity_format == "sha256"
    return {
        "identity_type": kind.identity_type,
        "identity_value": hashlib.sha256(text.encode()).hexdigest() if hashed else text,
        "identity_format": kind.identity_format,
    }
