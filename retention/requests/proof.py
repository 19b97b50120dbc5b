"""Who the requester is: how well it must be known, and which papers show it.

No more is asked for than shows who someone is (APPI art. 37(4), guideline 3-8-7; GDPR arts. 11, 12(6); CCPA
regulations 7060-7062): where there is an account, logging in comes before any paper. A paper must be accepted by
the text, be of a kind that still exists, bear the name, and one of them the address; a registered domicile or a
number that nobody may collect (My Number Act art. 20) must be covered. Anything else is asked for again, and the
day of arrival stays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import TypeAlias

from retention.law import Regime
from retention.law.documents import DOCUMENTS
from retention.model.terms import IdentityDocument, Masked, Right


class Level(Enum):
    """How well the requester must be known, least first."""

    NONE = "none"
    LOGIN = "login"
    """A session of the account."""
    FRESH_LOGIN = "fresh-login"
    """Logged in again for this request: it hands data out, or cannot be undone."""
    DOCUMENT = "document"
    """There is no account to log in to, or the way in is paper."""


_NOT_VERIFIED = frozenset({Right.COMPLAINT})
_OPT_OUT = Right.STOP_PROVISION
_GRAVE = frozenset({Right.DISCLOSURE, Right.PROVISION_RECORD_DISCLOSURE, Right.PORTABILITY, Right.ERASURE})


def level(right: Right, regimes: Collection[Regime], *, account: bool) -> Level:
    """Return how well the requester must be known.

    Args:
        right: What is asked for.
        regimes: The laws under which the person asks; who only opts out under the CCPA is not verified (7026(d)).
        account: Whether the person can log in by the way the request came.

    """
    if right in _NOT_VERIFIED or (right is _OPT_OUT and set(regimes) == {Regime.CCPA}):
        return Level.NONE
    if not account:
        return Level.DOCUMENT
    return Level.FRESH_LOGIN if right in _GRAVE else Level.LOGIN


@dataclass(frozen=True, slots=True)
class Shown:
    """A paper as it lies before whoever checks it; what it says is not here."""

    kind: str
    shows_name: bool = True
    shows_address: bool = True
    legible: frozenset[Masked] = field(default_factory=frozenset)
    """What is on it and can still be read."""
    expires_on: date | None = None
    """First day on which this very paper no longer counts; None: it bears no such day."""


class Lack(Enum):
    """Why a paper shows nothing."""

    NOT_ACCEPTED = "not-accepted"
    """The text does not name the kind."""
    ENDED = "ended"
    """The kind exists no longer, or not yet."""
    EXPIRED = "expired"
    NAME_MISSING = "name-missing"
    ADDRESS_MISSING = "address-missing"
    NOT_MASKED = "not-masked"
    NOTHING_SHOWN = "nothing-shown"


@dataclass(frozen=True, slots=True)
class Proven:
    """The papers show who it is; the kinds are kept, never the papers."""

    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AskAgain:
    """They do not: what they lack, and which kinds are accepted today."""

    lacks: tuple[tuple[str, Lack], ...]
    """Kind of paper and its lack; the kind is empty where no paper is meant."""
    accepted: tuple[str, ...]


Verdict: TypeAlias = Proven | AskAgain


def accepted_on(documents: Collection[IdentityDocument], day: date) -> tuple[str, ...]:
    """Return the kinds that count on the day: named by the text, and still in existence."""
    return tuple(document.kind for document in documents if document.accepted(day) and not _ended(document.kind, day))


def examine(shown: Sequence[Shown], documents: Collection[IdentityDocument], day: date) -> Verdict:
    """Return whether the papers show who the requester is: a passport and a bill with the address do so together.

    Args:
        shown: The papers.
        documents: The kinds that the text accepts.
        day: The day on which they must count.

    """
    by_kind = {document.kind: document for document in documents}
    lacks = [(paper.kind, lack) for paper in shown for lack in _lacks(paper, by_kind.get(paper.kind), day)]
    if not shown:
        lacks.append(("", Lack.NOTHING_SHOWN))
    elif not lacks and not any(_address(paper, by_kind[paper.kind]) for paper in shown):
        lacks.append(("", Lack.ADDRESS_MISSING))
    if lacks:
        return AskAgain(tuple(lacks), accepted_on(documents, day))
    return Proven(tuple(paper.kind for paper in shown))


def _lacks(paper: Shown, document: IdentityDocument | None, day: date) -> Iterator[Lack]:
    if document is None:
        yield Lack.NOT_ACCEPTED
        return
    if not document.accepted(day) or _ended(paper.kind, day):
        yield Lack.ENDED
    if paper.expires_on is not None and paper.expires_on <= day:
        yield Lack.EXPIRED
    if not paper.shows_name:
        yield Lack.NAME_MISSING
    if paper.legible & to_mask(document):
        yield Lack.NOT_MASKED


def to_mask(document: IdentityDocument) -> frozenset[Masked]:
    """Return what must be covered on it: what the text says, and what nobody may collect."""
    known = DOCUMENTS.get(document.kind)
    return frozenset(document.masked) | frozenset(() if known is None else known.masked)


def _address(paper: Shown, document: IdentityDocument) -> bool:
    return paper.shows_address and document.shows_address


def _ended(kind: str, day: date) -> bool:
    known = DOCUMENTS.get(kind)
    return known is not None and known.ended is not None and known.ended <= day
