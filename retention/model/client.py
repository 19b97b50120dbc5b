"""Companies whose data we only hold, and what they ask of us over a wire (GDPR art. 28(3)(a), (e); APPI art. 25)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from retention.model.ids import CaseId
from retention.model.subject import SubjectKey

IDENTITY_TYPES = frozenset(
    {
        "controller_customer_id",
        "android_advertising_id",
        "android_id",
        "email",
        "fire_advertising_id",
        "ios_advertising_id",
        "ios_vendor_id",
        "microsoft_advertising_id",
        "microsoft_publisher_id",
        "roku_publisher_id",
        "roku_advertising_id",
    }
)
"""How OpenDSR names keys of people (2.0, section 5.1)."""


@dataclass(frozen=True, slots=True)
class Client:
    """One client, as opendsr.yaml names it."""

    name: str
    """Its `controller_id`."""
    tenant: SubjectKey
    """By which its rows are known: it may move these and no others."""
    identities: Mapping[str, str]
    """What the wire calls a key (`controller_customer_id`, `email`) → the data map's name for it."""
    callbacks: tuple[str, ...]
    """The only addresses that are ever called, letter by letter."""
    token: str = field(repr=False)
    """The bearer token that it shows."""


class Format(Enum):
    """How an identity is written."""

    RAW = "raw"
    SHA256 = "sha256"


@dataclass(frozen=True, slots=True)
class Identity:
    """One identity of the person meant."""

    key_name: str
    """The data map's name."""
    value: str = field(repr=False)
    """The value, or its SHA-256 in lower-case hex."""
    format: Format


class Progress(Enum):
    """What a client is told of its request."""

    PENDING = "pending"
    """Nothing was touched yet; it may be withdrawn."""
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    """Erased, verified, and told by every processor behind us."""
    CANCELLED = "cancelled"
    """Nothing is erased: withdrawn, or refused."""


@dataclass(frozen=True, slots=True)
class ClientRequest:
    """A client's request as the ledger keeps it: no personal value."""

    client: str
    request_id: str
    """The client's own number (a UUID): the same on every attempt."""
    case_id: CaseId
    digest: str
    """HMAC (look-up key) of what was asked: the same number with another content is refused."""
    api_version: str
    submitted_at: datetime
    """When the person asked the client."""
    received_at: datetime
    due_at: datetime
    callbacks: tuple[str, ...]
    is_open: bool = False
    """Whether the case stands; until then the next attempt finishes opening it."""


@dataclass(frozen=True, slots=True)
class Call:
    """What one address of a client has been told of a request."""

    client: str
    request_id: str
    url: str
    told: Progress
    """The newest progress that reached it; before the first call the answer to the request: pending."""
    failures: int
    """How many calls in a row did not."""
    next_at: datetime
    """Not before then; back-off."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A client's request as it came in, checked for its form."""

    request_id: str
    api_version: str
    submitted_at: datetime
    identities: tuple[Identity, ...]
    """All of one person; at least one."""
    callbacks: tuple[str, ...]
    content: bytes = field(repr=False)
    """What was asked, in one canonical form: the same request written in another way is the same."""


@dataclass(frozen=True, slots=True)
class Told:
    """How far a request is, as its client may know it."""

    progress: Progress
    due_at: datetime
    case_id: CaseId
    reason: str | None = None
    """Why nothing is erased: the code of the denial."""
    is_partial: bool = False
    """Something could not be done or verified yet; it stays open."""
    copies_remain: bool = False
    copies_until: datetime | None = None
    """When the last copy that remains is gone; None if none remains, or nobody can say when."""
