"""What a processor says of an order: a closed union, and what each answer means for the case.

Only `Completed` is ever told as "erased", and only where no look-up contradicts it. Everything
else is told as what it is: an answer that we cannot prove is never counted as one that we can.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TypeAlias, assert_never


@dataclass(frozen=True, slots=True)
class Completed:
    """They say that it is erased (`done`), or that they hold nothing of the person."""


@dataclass(frozen=True, slots=True)
class PartlyDone:
    """They erased some; `reason` is a code for what is left: `kept-by-law`, `some-systems-failed`."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """They will not; `reason` is a code: `no-match`, `outside-jurisdiction`, `cancelled`."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Nobody answers; `reason` is a code: `timeout`, `busy`, `circuit-open`."""

    reason: str


@dataclass(frozen=True, slots=True)
class BestEffort:
    """They took it and never confirm: asked, and not known to be erased."""


@dataclass(frozen=True, slots=True)
class AtWork:
    """They took it and are not finished (`pending`)."""


@dataclass(frozen=True, slots=True)
class ByHand:
    """A person has to do something before they know or finish; `task` is a code: `mail-acknowledgement`, `look`."""

    task: str


Answer: TypeAlias = Completed | PartlyDone | Refused | Unreachable | BestEffort | AtWork | ByHand


class Standing(Enum):
    """What an answer means for the case."""

    ERASED = "erased"
    """The order is settled; the person is told that it is erased there."""
    ASKED = "asked"
    """The order is settled; the person is told that they were asked and do not confirm."""
    WAITING = "waiting"
    """The case is not sealed before the answer changes."""
    STUCK = "stuck"
    """Waiting does not help: the case is PARTIAL with the reason until a person decides."""


class Proof(Enum):
    """By what we know that an answer is theirs."""

    SIGNATURE = "signature"
    """It is signed with the key that was pinned."""
    CHANNEL = "channel"
    """It came over TLS from the address and with the credentials of the contract; it is not signed."""
    LINK = "link"
    """Whoever held the signed link, good once and for a while, gave it."""
    NOBODY = "nobody"
    """Nobody said it: it is our own note (nobody answers; a task is open)."""


def standing(answer: Answer) -> Standing:
    """Return what the answer means for the case."""
    match answer:
        case Completed():
            return Standing.ERASED
        case BestEffort():
            return Standing.ASKED
        case AtWork() | ByHand() | Unreachable():
            return Standing.WAITING
        case PartlyDone() | Refused():
            return Standing.STUCK
        case _:
            assert_never(answer)


def code_of(answer: Answer) -> str:
    """Return the word under which ledger and evidence keep the answer; its reason stands beside it."""
    match answer:
        case Completed():
            return "completed"
        case PartlyDone():
            return "partial"
        case Refused():
            return "refused"
        case Unreachable():
            return "unreachable"
        case BestEffort():
            return "best-effort"
        case AtWork():
            return "pending"
        case ByHand():
            return "manual"
        case _:
            assert_never(answer)


def reason_of(answer: Answer) -> str | None:
    """Return the answer's reason or task, a code; None if it has none."""
    match answer:
        case PartlyDone(reason) | Refused(reason) | Unreachable(reason):
            return reason
        case ByHand(task):
            return task
        case Completed() | BestEffort() | AtWork():
            return None
        case _:
            assert_never(answer)


def answer_of(code: str, reason: str | None) -> Answer:
    """Return the answer that `code_of` and `reason_of` told; the words of earlier versions are read too.

    Raises:
        ValueError: it is no such word.

    """
    match code:
        case "completed":
            return Completed()
        case "partial":
            return PartlyDone(reason or "unknown")
        case "refused":
            return Refused(reason or "unknown")
        case "cancelled":
            return Refused("cancelled")
        case "unreachable":
            return Unreachable(reason or "unknown")
        case "best-effort":
            return BestEffort()
        case "pending" | "submitted" | "in_progress":
            return AtWork()
        case "manual":
            return ByHand(reason or "unknown")
        case _:
            raise ValueError(f"no answer of a processor is called {code!r}")


@dataclass(frozen=True, slots=True)
class Silence:
    """How a processor has failed to answer of late: what the breaker looks at."""

    failures: int = 0
    """In a row."""
    since: datetime | None = None
    """When the first of them was."""
    not_before: datetime | None = None
    """Until then nobody calls it."""
