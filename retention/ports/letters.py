"""What letters need: a ledger that remembers them, and carriers (entry points `retention.carriers`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from retention.model.letter import Letter, LetterId, LetterMove, Posted


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One letter, ready to go. Personal, all of it: carriers log and raise nothing of it but the number."""

    letter_id: LetterId
    language: str
    to: tuple[str, ...] = field(repr=False)
    """One mail address, or the lines of a postal one."""
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)
    paper: bytes | None = field(repr=False)
    """As PDF; None where nothing prints."""


@dataclass(frozen=True, slots=True)
class CarrierSettings:
    """One carrier of retention.yaml, secrets resolved."""

    name: str
    carrier: str
    options: Mapping[str, str] = field(repr=False)
    workspace: Path
    """A relative path of an option starts here."""


class Carrier(Protocol):
    """Takes letters out of the house."""

    @property
    def delivers(self) -> bool:
        """Whether a letter that it took is sent; else somebody has to post it first and say so."""
        ...

    def carry(self, outgoing: Outgoing, *, now: datetime) -> None:
        """Take the letter; what was taken before under the same number is the same letter.

        Raises:
            TransientFailure: not now; the same call may succeed later. UnheardFailure if it may have been taken.
            TerminalFailure: running again will not help; AddressFailure: nobody is at that address.

        """
        ...

    def forget(self, letter_id: LetterId) -> None:
        """Remove what the carrier itself keeps of a letter; harmless if that is nothing."""
        ...


class ConnectCarrier(Protocol):
    """What an entry point names."""

    def __call__(self, settings: CarrierSettings) -> Carrier:
        """Return the carrier; nothing is reached yet. Raises SettingsError with every problem."""
        ...


class Letters(Protocol):
    """Letters and what happened to them; nothing is ever changed or removed."""

    def begin(self, letter: Letter) -> None:
        """Keep a letter and its first move; one that is known stays as it is."""
        ...

    def note(self, move: LetterMove) -> None:
        """Add a move.

        Raises:
            UnknownNameError: there is no such letter.
            StateError: the letter is sent or given up; it can only be forgotten, and that twice is once.

        """
        ...

    def get(self, letter_id: LetterId) -> Posted:
        """Return the letter and its moves; raises UnknownNameError."""
        ...

    def of(self, about: str) -> tuple[Posted, ...]:
        """Return the letters about a case or notice, oldest first."""
        ...

    def all(self) -> tuple[Posted, ...]:
        """Return every letter, oldest first."""
        ...

    def open(self) -> tuple[Posted, ...]:
        """Return those that are not forgotten, oldest first."""
        ...


class HasLetters(Protocol):
    """The part of the ledger about letters."""

    @property
    def letters(self) -> Letters:
        """Letters."""
        ...
