"""Authorized agents, who ask for people (CCPA 1798.135(e); 11 CCR 7063), and their requests over a wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from retention.model.ids import CaseId
from retention.model.subject import SubjectKey


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent, as drp.yaml names it."""

    name: str
    """Its id in the service directory."""
    verify_key: bytes
    """Its Ed25519 public key, 32 bytes."""
    claims: Mapping[str, str]
    """What the wire calls a key (`email`, `phone_number`) → the data map's name for it."""
    channel: str
    """As which of the policy's channels its requests count."""


@dataclass(frozen=True, slots=True)
class Exercise:
    """A request as it came in, its signature and form checked."""

    number: str
    """By which the same request is known: the agent's own number, or the digest of the signed message."""
    agent_request_id: str | None
    regime: str | None
    """Code of the policy's law; None: voluntary."""
    keys: tuple[SubjectKey, ...] = field(repr=False)
    """All of one person, all verified by the agent; at least one."""


@dataclass(frozen=True, slots=True)
class AgentRequest:
    """A request of an agent as the ledger keeps it: no personal value."""

    agent: str
    number: str
    request_id: str
    """The number we gave it (a UUID)."""
    agent_request_id: str | None
    case_id: CaseId
    digest: str
    """HMAC (look-up key) of what was asked: the same number with another content is refused."""
    received_at: datetime
    due_at: datetime


class Stage(Enum):
    """What an agent is told of a request (DRP 3.02)."""

    IN_PROGRESS = "in_progress"
    FULFILLED = "fulfilled"
    REVOKED = "revoked"
    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class Told:
    """How far a request is."""

    stage: Stage
    reason: str | None = None
    """With DENIED: the code of the denial, ours."""
