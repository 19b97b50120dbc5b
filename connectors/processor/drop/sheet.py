"""The list, its manifest, and the answer that is read back."""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from retention.errors import SignatureFailure, TerminalFailure
from retention.model.answer import Answer, AtWork, Completed, PartlyDone, Proof, Refused
from retention.model.copies import Order, Receipt


class Said(BaseModel):
    """What an answer says; other fields are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    order: str
    list_sha256: str
    outcome: Literal["completed", "partial", "refused", "pending"]
    reason: str | None = None
    signature: str | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A list and its manifest, as bytes."""

    rows: bytes
    manifest: bytes
    digest: str


def make_sheet(order: Order, form: str, secret: str | None, expires_at: datetime) -> Sheet:
    """Write an order: the same order gives the same bytes, so that a repeat is the same file."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(("key", "value"))
    lines = [(name, _written(str(value), form, secret)) for name, values in order.keys.items() for value in values]
    if not lines:
        raise TerminalFailure(f"order {order.order_id}: expected at least one key of the person, found none")
    writer.writerows(sorted(lines))
    rows = text.getvalue().encode()
    digest = hashlib.sha256(rows).hexdigest()
    told: dict[str, Any] = {
        "order": order.order_id,
        "action": "erase",
        "regulation": order.regulation,
        "form": form,
        "rows": len(lines),
        "list_sha256": digest,
        "submitted_at": order.submitted_at.isoformat(),
        "taken_away_at": expires_at.isoformat(),
    }
    return Sheet(rows, _json(told | ({"signature": sign(told, secret)} if secret else {})), digest)


def read_answer(content: bytes, order: Order, digest: str, secret: str | None, now: datetime) -> Receipt:
    """Read an answer.

    Raises:
        SignatureFailure: a secret is agreed, and it is not signed with it.
        TerminalFailure: it is not an answer, or is about another order or list.

    """
    try:
        said = Said.model_validate_json(content)
        told = json.loads(content)
    except (ValidationError, ValueError):
        raise TerminalFailure(f"order {order.order_id}: the answer is not as agreed; ask them") from None
    if secret is not None:
        right = sign({name: value for name, value in told.items() if name != "signature"}, secret)
        if said.signature is None or not hmac.compare_digest(said.signature, right):
            raise SignatureFailure(f"order {order.order_id}: the answer is not signed with the agreed secret")
    if (said.order, said.list_sha256) != (order.order_id, digest):
        raise TerminalFailure(f"order {order.order_id}: the answer is about another order or list")
    key_id = None if secret is None else hashlib.sha256(b"drop/" + secret.encode()).hexdigest()
    proof = Proof.CHANNEL if secret is None else Proof.SIGNATURE
    answer = _answer(said)
    body_digest = hashlib.sha256(json.dumps([order.order_id, said.outcome, said.reason]).encode()).hexdigest()
    return Receipt(order.order_id, answer, now, None, body_digest, key_id, proof)


def sign(told: Mapping[str, Any], secret: str | None) -> str:
    """Return HMAC-SHA-256 (hex) over the JSON with sorted keys and without spaces."""
    return hmac.new((secret or "").encode(), _json(told), hashlib.sha256).hexdigest()


def _answer(said: Said) -> Answer:
    match said.outcome:
        case "completed":
            return Completed()
        case "partial":
            return PartlyDone(_code(said.reason))
        case "refused":
            return Refused(_code(said.reason))
        case "pending":
            return AtWork()


def _code(reason: str | None) -> str:
    """Return the reason if it is a plain code; free text could hold anything, and stays outside."""
    plain = (reason or "").lower().replace("_", "-").replace(" ", "-")
    parts = plain.split("-")
    right = len(parts) <= 8 and all(part.isalnum() and part.isascii() for part in parts) and plain[:1].isalpha()  # noqa: PLR2004 -- words
    return plain if right else "as-they-wrote"


def _written(value: str, form: str, secret: str | None) -> str:
    if form == "sha256":
        return hashlib.sha256(value.encode()).hexdigest()
    if form == "keyed":
        return hmac.new((secret or "").encode(), value.encode(), hashlib.sha256).hexdigest()
    return value


def _json(told: Mapping[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
