"""Letters by name: the part of `App` that writes to people."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from pathlib import Path

from retention.app import correspondence, inbound, letters, notices, outgoing, requesting
from retention.app.context import Context
from retention.app.correspondence import Round
from retention.app.letters import Delivery
from retention.app.notices import Notice, Recipient
from retention.model.case import Case
from retention.model.ids import CaseId
from retention.model.letter import LetterId, LetterKind, Posted, Value
from retention.model.terms import Right


class Letterbox:
    """The use cases of letters."""

    context: Context

    def take_mail(self, mail: bytes, right: Right, language: str, now: datetime) -> Case:
        """Open a request that came as a mail; see `inbound.arrival_of` and `requesting.receive`."""
        return requesting.receive(self.context, inbound.arrival_of(self.context, mail, right, language), now)

    def letters(self, about: str = "") -> tuple[Posted, ...]:
        """Return every letter, or those about a case or notice, oldest first."""
        found = self.context.ledger.letters
        return found.of(about) if about else found.all()

    def letter(self, letter: LetterId) -> Posted:
        """Return one letter and what happened to it; raises UnknownNameError."""
        return self.context.ledger.letters.get(letter)

    def write_due_letters(self, now: datetime) -> dict[CaseId, Round]:
        """See `outgoing.write_all`."""
        return outgoing.write_all(self.context, now)

    def write_letter(self, case_id: CaseId, kind: LetterKind, given: Mapping[str, Value], now: datetime) -> Posted:
        """See `correspondence.write_letter`."""
        return correspondence.write_letter(self.context, case_id, kind, given, now)

    def send_letters(self, now: datetime) -> Delivery:
        """See `outgoing.send`."""
        return outgoing.send(self.context, now)

    def print_letter(self, letter: LetterId, folder: Path, now: datetime) -> list[Path]:
        """See `letters.put_on_paper`."""
        return letters.put_on_paper(self.context, letter, folder, now)

    def note_posted(self, which: Collection[LetterId], now: datetime) -> tuple[Posted, ...]:
        """See `outgoing.posted`."""
        return outgoing.posted(self.context, which, now)

    def recipients(self, lines: Iterable[str]) -> tuple[Recipient, ...]:
        """See `notices.read_recipients`."""
        return notices.read_recipients(self.context, lines)

    def notify(self, notice: Notice, people: Iterable[Recipient], now: datetime) -> tuple[Posted, ...]:
        """Write a notice to many people; see `notices.write_notices`."""
        return notices.write_notices(self.context, notice, people, now)
