"""Who may ask over the wire, and what was answered to a call that may come again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import NewType

TokenId = NewType("TokenId", str)
"""A token's number, `T-20261126-7f3k2q`: what lists and logs show; it opens nothing."""


class Role(Enum):
    """What the bearer of a token may do; one token, one role."""

    OPERATOR = "operator"
    """Takes requests, decides, plans, carries out."""
    APPROVER = "approver"
    """Looks at plans and allows or refuses them."""
    AUDITOR = "auditor"
    """Reads."""
    PROCESSOR = "processor"
    """Answers its own orders."""
    AGENT = "agent"
    """Sends requests of the people it is authorized by, over the Data Rights Protocol."""


class Act(Enum):
    """What a person did to a case, and so may not allow by himself afterwards."""

    OPENED = "opened"
    IDENTIFIED = "identified"
    DECIDED = "decided"
    PLANNED = "planned"
    STARTED = "started"
    """Set the run going that would carry its plan out."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token as the ledger keeps it: never its text."""

    token_id: TokenId
    name: str
    """Who acts: a person of ours; of a processor its system, of an agent its id."""
    role: Role
    digest: str
    """SHA-256 (hex) of the text. It has 256 bits of randomness: nobody finds it by trying."""
    issued_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None

    @property
    def scope(self) -> str:
        """Whose calls are his own, whichever of his tokens he shows."""
        return f"{self.role.value}:{self.name}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call was answered; no personal value."""

    status: int
    body: str = field(repr=False)
    """JSON."""
    kind: str = "application/json"
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """A call that names a key of its own: what was asked, and what was answered."""

    scope: str
    key: str
    digest: str
    """HMAC (look-up key) of what was asked: the same key with another call is refused."""
    begun_at: datetime
    """The moment for which it counts, however often it is sent."""
    chosen: str
    """The random part of every number that it gives: sent again, it gives the same."""
    answer: Answer | None = None
    """None until it was answered: what was begun is finished by whoever sends it again."""
