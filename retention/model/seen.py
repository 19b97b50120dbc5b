"""What `retention doctor` saw: facts about a machine and the systems around it, not yet judged.

Nothing here is personal or secret: names from retention.yaml, numbers, instants and codes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import TypeAlias

from retention.model.period import Period


@dataclass(frozen=True, slots=True)
class Unusable:
    """Something that could not be looked at: it is wrong, refuses, or cannot be reached."""

    where: str
    expected: str
    found: str
    hint: str


@dataclass(frozen=True, slots=True)
class Extra:
    """An extra of our package that something needs, and the packages of it that are not installed."""

    name: str
    needed_by: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Interpreter:
    """Python, and Airflow where it is installed."""

    python: tuple[int, int]
    airflow: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class ServerClock:
    """How far this machine's clock is ahead of a server's (its `Date` header; RFC 9110, 6.6.1)."""

    where: str
    ahead: timedelta


@dataclass(frozen=True, slots=True)
class ClockSteps:
    """How much time passed on the machine's clock and on the one that nobody can set."""

    wall: timedelta
    steady: timedelta


@dataclass(frozen=True, slots=True)
class NewestCase:
    """When the newest case was opened, and what the clock says now."""

    opened_at: datetime
    now: datetime


class Guarded(Enum):
    """Who may do what with a file."""

    READABLE = "readable"
    """Others may read it; only its owner may write."""
    SECRET = "secret"  # noqa: S105 -- a word
    """Only its owner may read or write (0600; a folder 0700)."""


@dataclass(frozen=True, slots=True)
class FileMode:
    """The permissions of a file or folder of the workspace."""

    name: str
    mode: int
    """The low nine bits."""
    guarded: Guarded


class Role(Enum):
    """What a bucket is for."""

    LIVE = "live"
    COPIES = "copies"
    EVIDENCE = "evidence"
    EXPORTS = "exports"


@dataclass(frozen=True, slots=True)
class BucketSeen:
    """How a bucket is set up."""

    where: str
    region: str
    versioned: bool
    lockable: bool
    """Whether it has Object Lock."""
    lock_default: str | None
    """Mode and time for which it locks whatever is written without one: `COMPLIANCE P30D`."""
    expires_after: int | None
    """Days after which the store itself removes current objects under the prefix; None: never."""


@dataclass(frozen=True, slots=True)
class BucketMeant:
    """What retention.yaml and the policy say of a bucket."""

    role: Role
    region: str | None
    residency: tuple[str, ...]
    locked: bool = False
    store_removes: Period | None = None
    """Within which time the store itself is to remove what lies there."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket as it is, beside what it is to be."""

    seen: BucketSeen
    meant: BucketMeant


@dataclass(frozen=True, slots=True)
class QueueSeen:
    """How a queue is set up, and what lies in it."""

    where: str
    waiting: int
    hidden_for: timedelta
    """The visibility time-out: how long a message that was received stays hidden."""
    kept_for: timedelta
    """After which time a message that nobody received is lost."""
    tries: int | None
    """After so many receptions a message goes to the dead-letter queue; None: it has none."""
    dead: int | None
    """How many lie there; None where nobody can look, or there is none."""


@dataclass(frozen=True, slots=True)
class TablesSeen:
    """The version of the ledger's tables."""

    found: str | None
    """None: not made yet."""
    newest: str
    known: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeySeen:
    """One of the ledger's own keys."""

    name: str
    is_there: bool
    is_used: bool
    """Whether something has been signed or digested with it, so that it must be there."""


@dataclass(frozen=True, slots=True)
class RotationSeen:
    """A key that is replaced, or destroyed, by a date."""

    where: str
    command: str
    due_at: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class LogSeen:
    """How far the log in the ledger is, and how much of it is published; they continue one another."""

    recorded: int
    published: int


@dataclass(frozen=True, slots=True)
class Uncovered:
    """Categories that the policy has rules for and that the data map places nowhere."""

    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MailSeen:
    """A mail server that greeted us."""

    where: str
    encrypts: bool
    is_here: bool
    """Whether it is on this machine, where no encryption is asked for."""


@dataclass(frozen=True, slots=True)
class Reached:
    """A server that answered."""

    where: str


@dataclass(frozen=True, slots=True)
class Quorum:
    """Whether the witnesses that answer are enough for the log's policy."""

    is_reachable: bool
    needed: str
    """In words: `2 of (a, b, c)`."""
    silent: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DagFiles:
    """Our DAG files that Airflow's folder does not hold."""

    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AirflowPart:
    """A part of Airflow, by its own word: `healthy` if its heart beats."""

    name: str
    status: str


@dataclass(frozen=True, slots=True)
class Pools:
    """Pools that our DAGs name and Airflow does not have."""

    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Space:
    """Room on a disk, in bytes."""

    where: str
    free: int


Seen: TypeAlias = (
    Unusable
    | Extra
    | Interpreter
    | ServerClock
    | ClockSteps
    | NewestCase
    | FileMode
    | Bucket
    | QueueSeen
    | TablesSeen
    | KeySeen
    | RotationSeen
    | LogSeen
    | Uncovered
    | MailSeen
    | Reached
    | Quorum
    | DagFiles
    | AirflowPart
    | Pools
    | Space
)
