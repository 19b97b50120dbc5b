"""A letter to a person: what kind it is, how it goes out, and how far it is.

    ADDRESSED ─► WRITTEN ─► TRYING ─► SENT
                   ▲  │        │
                   │  │        ├─► LATER   (greylisted, the server is down: tried again)
                   │  │        └─► REFUSED (that address takes nothing: by post instead)
                   │  └─► HANDED_OVER ─► SENT      (post: to the mail room, then posted)
                   └── LATER
    from everywhere but SENT: GIVEN_UP at the letter's own last day

Where a letter is, is the last of its moves; moves are only ever added. Address and text lie in the vault
under a key that is this letter's alone: a case's key may be shredded while its last letter is still on the way,
and when the letter is sent, nothing of the address is left (docs/decisions/0118).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import NewType, TypeAlias

LetterId = NewType("LetterId", str)
"""`C-20261123-7f3k2q.refusal.1`: the case, the kind, and the how manieth of that kind; names nobody."""
_ID = re.compile(r"[CN]-[0-9]{8}-[0-9a-z]{4,12}\.[a-z]+(?:-[a-z]+)*\.[1-9][0-9]*")


class LetterKind(Enum):
    """What a letter tells."""

    RECEIPT = "receipt"
    NEED_PAPERS = "need-papers"
    NEED_MASKING = "need-masking"
    NEED_AUTHORITY = "need-authority"
    NEED_FEE = "need-fee"
    NEED_CLARIFICATION = "need-clarification"
    OTHER_CHANNEL = "other-channel"
    """The request came by a way that is not open."""
    REDIRECT = "redirect"
    """Somebody else decides over the data."""
    EXTENSION = "extension"
    REFUSAL = "refusal"
    ALTERNATIVE = "alternative"
    """Another measure is promised in place of what was asked for (APPI art. 35, provisos)."""
    COMPLETION = "completion"
    SUSPENDED = "suspended"
    LIFT_AHEAD = "lift-ahead"
    """A restriction will be lifted: told before it is (GDPR art. 18(3))."""
    LIFTED = "lifted"
    DISCLOSURE = "disclosure"
    WITHDRAWN = "withdrawn"
    COMPLAINT = "complaint"
    POLICY_CHANGE = "policy-change"
    BREACH = "breach"
    SERVICE_ENDED = "service-ended"


class Way(Enum):
    """How a letter goes out."""

    EMAIL = "email"
    POST = "post"


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a person is written to. Personal: lives in the vault, is never shown."""

    way: Way
    name: str = field(repr=False)
    address: tuple[str, ...] = field(repr=False)
    """One mail address, or the lines of a postal one."""
    language: str
    """`ja` or `en`."""


@dataclass(frozen=True, slots=True)
class Word:
    """A code that letters put into words: `Word("refusal", "identity-unproven")`."""

    group: str
    code: str


Value: TypeAlias = (
    str | int | bool | date | Word | tuple[str, ...] | tuple[Word, ...] | Mapping[str, str] | Mapping[str, tuple[str, ...]]
)
"""What may fill a place of a letter; a mapping is a text, or a list, by language."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter as the ledger keeps it: no personal value."""

    letter_id: LetterId
    about: str
    """The case; or the number of a notice to many."""
    kind: LetterKind
    way: Way
    language: str
    addressed_at: datetime
    expires_at: datetime
    """From when on it is given up, and its key shredded, wherever it is."""


class Stage(Enum):
    """What happened to a letter."""

    ADDRESSED = "addressed"
    """Its address is kept; it is not written yet: the answer stands only when the case is sealed."""
    WRITTEN = "written"
    TRYING = "trying"
    """The carrier is about to have it: who dies after this does not know whether it went out."""
    LATER = "later"
    """The carrier could not take it now."""
    REFUSED = "refused"
    """The carrier will not take it: nobody is at that address."""
    HANDED_OVER = "handed-over"
    """It lies in the mail room's folder."""
    SENT = "sent"
    GIVEN_UP = "given-up"


ENDS = frozenset({Stage.SENT, Stage.GIVEN_UP})
"""After these, nothing is left of address and text."""


@dataclass(frozen=True, slots=True)
class LetterMove:
    """One thing that happened to a letter."""

    letter_id: LetterId
    at: datetime
    stage: Stage
    code: str = ""
    """Why: `smtp-451`, `not-reached`, `too-late`; never a text of somebody else's."""


@dataclass(frozen=True, slots=True)
class Posted:
    """A letter and where it is."""

    letter: Letter
    moves: tuple[LetterMove, ...]

    @property
    def stage(self) -> Stage:
        """The last thing that happened."""
        return self.moves[-1].stage

    @property
    def is_over(self) -> bool:
        """Whether nothing of it is left but these lines."""
        return self.stage in ENDS

    @property
    def may_have_gone_out_before(self) -> bool:
        """Whether a process died, or a connection broke, between handing it over and hearing that it was taken."""
        after = [move.stage for move in self.moves]
        unheard = (Stage.TRYING, Stage.TRYING)
        return unheard in zip(after, after[1:], strict=False) or any(move.code == "unheard" for move in self.moves)


def letter_id(about: str, kind: LetterKind, number: int = 1) -> LetterId:
    """Return the name of a case's letter: the same for whoever asks for it again.

    Raises:
        ValueError: it would be no name of a letter.

    """
    name = f"{about}.{kind.value}.{number}"
    if not _ID.fullmatch(name):
        raise ValueError(f"expected a case or notice and a number from 1, found {name[:60]!r}")
    return LetterId(name)


def number_of(letter: LetterId) -> int:
    """Return the how manieth of its kind it is."""
    return int(letter.rpartition(".")[2])


def stages(posted: Sequence[Posted]) -> Mapping[LetterId, Stage]:
    """Return where each letter is."""
    return {each.letter.letter_id: each.stage for each in posted}
