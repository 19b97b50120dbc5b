"""A signed message, checked in the order that 3.07 prescribes: decodes, verifies, is the agent's, is ours, is timely.

A message is the Ed25519 signature (64 bytes) followed by the JSON, in base64 (3.07.1). No error repeats what it said.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from retention.errors import AccessError, InputError, Problem
from retention.model.agent import Agent, Exercise
from retention.model.subject import SubjectKey

Message: TypeAlias = Mapping[str, object]

_SIGNATURE_BYTES = 64
_VERSIONS = re.compile(r"0\.9(\.\d{1,2})?")
_LONGEST = timedelta(hours=1)
"""Between `issued-at` and `expires-at`; 2.01 recommends ten minutes."""
_ID = re.compile(r"[\x21-\x7e]{1,128}")
_VALUE = re.compile(r"[^\x00-\x1f\x7f]{1,512}")
_DELETION = "deletion"


def open_message(body: bytes, agent: Agent) -> Message:
    """Decode, verify, parse: in this order.

    Raises:
        InputError: it is no base64, or no JSON object.
        AccessError: the agent's key did not sign it.

    """
    try:
        raw = base64.b64decode(body.strip(), validate=True)
    except binascii.Error:
        raise _wrong("body", "base64 of signature and JSON", "something else") from None
    try:
        Ed25519PublicKey.from_public_bytes(agent.verify_key).verify(raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:])
    except InvalidSignature:
        raise AccessError("the signature is not the agent's") from None
    try:
        found = json.loads(raw[_SIGNATURE_BYTES:])
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise _wrong("message", "a JSON object", "something else")
    return found


def check_meant(message: Message, agent: Agent, business: str, now: datetime) -> None:
    """Return if the agent meant us, and now.

    Raises:
        AccessError: it names another agent or another business.
        InputError: it is not timely, or of another version.

    """
    if message.get("agent-id") != agent.name:
        raise AccessError("the message names another agent than the one that signed it")
    if message.get("business-id") != business:
        raise AccessError("the message is for another business")
    issued, expires = _instant(message, "issued-at"), _instant(message, "expires-at")
    if issued > now:
        raise _wrong("issued-at", "a moment that has passed", "one to come", "set your clock")
    if now >= expires or expires - issued > _LONGEST:
        raise _wrong("expires-at", f"a moment to come, at most {_LONGEST} after issued-at", "another", "sign it anew")
    version = message.get("drp.version")
    if not isinstance(version, str) or not _VERSIONS.fullmatch(version):
        raise _wrong("drp.version", "0.9.x", "another")


def read_exercise(message: Message, body: bytes, agent: Agent, regimes: Sequence[str]) -> Exercise:
    """Read what is asked for; `regimes` are the policy's laws.

    Raises:
        InputError: with every problem: another right than deletion, a law the policy does not know, no verified claim.

    """
    problems: list[Problem] = []
    if message.get("exercise") != _DELETION:
        problems.append(Problem(where="exercise", expected=_DELETION, found="another right", hint="write to us"))
    regime = _regime(message.get("regime"), regimes)
    if message.get("regime") is not None and regime is None:
        problems.append(Problem(where="regime", expected="a law that we are under, or none", found="another"))
    number = message.get("agent-request-id")
    if number is not None and not (isinstance(number, str) and _ID.fullmatch(number)):
        problems.append(Problem(where="agent-request-id", expected="up to 128 visible characters", found="another"))
    keys = tuple(_keys(message, agent))
    if not keys:
        claims = ", ".join(f"{claim} with {claim}_verified" for claim in agent.claims)
        problems.append(Problem(where="claims", expected=f"one of {claims}", found="none"))
    if problems:
        raise InputError("the request cannot be taken", problems=tuple(problems))
    own = number if isinstance(number, str) else None
    # without a number of the agent's own, the message itself is the number: sent again, it is the same request
    known_by = f"id:{own}" if own is not None else f"message:{hashlib.sha256(body.strip()).hexdigest()}"
    return Exercise(known_by, own, regime, keys)


def _keys(message: Message, agent: Agent) -> Iterator[SubjectKey]:
    """Yield the claims that the agent has verified and that we know people by; others are not read."""
    for claim, key in agent.claims.items():
        value = message.get(claim)
        if isinstance(value, str) and _VALUE.fullmatch(value) and message.get(f"{claim}_verified") is True:
            yield SubjectKey(key, value)


def _regime(asked: object, regimes: Sequence[str]) -> str | None:
    return next((code for code in regimes if code.rpartition(".")[2] == asked), None)


def _instant(message: Message, name: str) -> datetime:
    try:
        found = datetime.fromisoformat(str(message.get(name)))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise _wrong(name, "ISO 8601 with a zone", "something else")
    return found


def _wrong(where: str, expected: str, found: str, hint: str = "") -> InputError:
    problem = Problem(where=where, expected=expected, found=found, hint=hint)
    return InputError("the message cannot be used", problems=(problem,))
