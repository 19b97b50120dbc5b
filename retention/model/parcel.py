"""A parcel: one raw event as it came to the door, and what became of it.

WAITING ─► FOLDED      the clocks know of it
   │  ├──► OPENING ─► FOLDED   urgent: a case is being opened for it
   │  ├──► KEPT_OUT    a late word about somebody who was erased; counted, not kept
   │  └──► DEAD ─► WAITING (retried) | DROPPED
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from retention.model.event import Event
from retention.model.ids import CaseId


class ParcelState(Enum):
    """Where a parcel is."""

    WAITING = "waiting"
    """Taken, not read yet; kept as ciphertext."""
    OPENING = "opening"
    """Folded; the case that it sets going is not open yet. Kept as ciphertext until it is."""
    FOLDED = "folded"
    KEPT_OUT = "kept-out"
    DEAD = "dead"
    """Nobody can read it as it stands; kept as ciphertext until somebody retries or drops it."""
    DROPPED = "dropped"


class Unfit(Enum):
    """Why a parcel is dead: a code, which says nothing about anybody."""

    NOT_JSON = "not-json"
    NOT_CLOUDEVENT = "not-cloudevent"
    """An attribute that CloudEvents 1.0 requires is missing or malformed; or it is of another version."""
    UNKNOWN_SOURCE = "unknown-source"
    """The sender's last name is no code, so that nobody could be told who it was."""
    NOT_IDENTIFIABLE = "id-not-plain"
    """The id is no plain word: it might name somebody."""
    NO_SUBJECT = "no-subject"
    """`data.subject` is no KEY=VALUE with a key of the data map."""
    UNKNOWN_KIND = "unknown-kind"
    NO_ZONE = "no-instant"
    """`time` is missing, malformed or without a zone."""
    WRONG_ABOUT = "wrong-about"
    """`data.about` is nothing that the policy knows for this kind."""
    CONFLICT = "conflict"
    """The same source and id came before with other content; the first stands."""
    OBJECTS_OF_NOBODY = "objects-of-nobody"
    """A notice about objects from a queue that is not said to carry any."""


class Urgency(Enum):
    """What an urgent event sets going at once, as retention.yaml declares kind by kind."""

    SWEEP = "sweep"
    """What the policy's rules make due by it is planned now, not at the next sweep."""
    SUSPENSION = "suspension"
    """The person's data is not used any more (APPI 35, GDPR 18 and 21): a case for the suspension."""
    ERASURE = "erasure"
    """A case for the person's erasure."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One raw event."""

    parcel_id: str
    """Keyed digest (hex) of source and id; of the bytes, where it has none."""
    content: str
    """Keyed digest (hex) of what it says: tells a repetition from a contradiction."""
    intake: str
    """Through which intake it came: the queue's name in retention.yaml, or `http`."""
    received_at: datetime
    body: bytes | None = field(repr=False)
    """What was sent; None once nobody needs it any more."""
    state: ParcelState = ParcelState.WAITING
    reason: Unfit | None = None
    case_id: CaseId | None = None
    """The case that it set going."""
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """What becomes of a parcel that was waiting."""

    parcel_id: str
    state: ParcelState
    event: Event | None = None
    """What the clocks learn, in the same transaction."""
    reason: Unfit | None = None
    case_id: CaseId | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of parcels at the door."""

    new: int
    known: int
    """Repetitions: nothing changed."""
    conflicting: int = 0
    """Contradict what came before under the same id; dead."""

    def __add__(self, other: Taken) -> Taken:
        """Add counts."""
        return Taken(self.new + other.new, self.known + other.known, self.conflicting + other.conflicting)
