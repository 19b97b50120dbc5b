"""Letters on paper: one PDF a letter in the mail room's folder, and a list to tick off. No name stands in the list."""

from __future__ import annotations

import csv
import io
import os
from datetime import datetime
from pathlib import Path

from retention.errors import TerminalFailure, TransientFailure
from retention.model.letter import LetterId
from retention.ports.letters import Outgoing

LIST = "cover-list.csv"


class MailRoom:
    """A folder that the mail room prints from."""

    def __init__(self, folder: Path) -> None:
        """Keep the folder, which is made with the first letter."""
        self._folder = folder

    @property
    def delivers(self) -> bool:
        """Whether it is sent: no, somebody has to post it first (`retention letters posted`)."""
        return False

    def carry(self, outgoing: Outgoing, *, now: datetime) -> None:
        """Put the letter into the folder; again is the same file.

        Raises:
            TransientFailure: the folder cannot be written.
            TerminalFailure: nothing prints here: the extra `pdf` is not installed.

        """
        del now
        if outgoing.paper is None:
            raise TerminalFailure(
                f"letter {outgoing.letter_id}: nothing prints here", hint="pip install retention[pdf]"
            )
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._put(f"{outgoing.letter_id}.pdf", outgoing.paper)
            self._list()
        except OSError as error:
            raise TransientFailure(f"the mail room's folder cannot be written ({type(error).__name__})") from None

    def forget(self, letter_id: LetterId) -> None:
        """Remove the letter from the folder: it is posted, or given up.

        Raises:
            TransientFailure: the folder cannot be written.

        """
        try:
            (self._folder / f"{letter_id}.pdf").unlink(missing_ok=True)
            if self._folder.is_dir():
                self._list()
        except OSError as error:
            raise TransientFailure(f"the mail room's folder cannot be written ({type(error).__name__})") from None

    def _list(self) -> None:
        """Write the list anew from what lies there: it can never say something else."""
        text = io.StringIO()
        lines = csv.writer(text, lineterminator="\r\n")
        lines.writerow(("letter", "posted on", "by"))
        lines.writerows((path.stem, "", "") for path in sorted(self._folder.glob("*.pdf")))
        self._put(LIST, text.getvalue().encode())

    def _put(self, name: str, content: bytes) -> None:
        """Write a file whole or not at all, for our eyes and the mail room's only."""
        passing = self._folder / f".{name}.part"
        with os.fdopen(os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        passing.replace(self._folder / name)
