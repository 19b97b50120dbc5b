"""What the options that all commands share have said."""

from __future__ import annotations

import getpass
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from retention.errors import InputError, Problem


@dataclass(frozen=True, slots=True)
class State:
    """What the shared options said."""

    folder: Path


class Lang(Enum):
    """In which language people are answered."""

    JA = "ja"
    EN = "en"


InLanguage = Annotated[Lang, typer.Option("--lang", help="The language of the answer.")]

Approver = Annotated[
    str, typer.Option("--by", help="Who decides; kept as a keyed reference.", default_factory=getpass.getuser)
]

Taken = Annotated[
    str, typer.Option("--taken", help="When the copy was taken: who was erased before is new in it. ISO 8601.")
]


def instant(text: str, option: str) -> datetime:
    """Read an instant.

    Raises:
        InputError: it is none, or has no zone.

    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        problem = Problem(where=option, expected="ISO 8601 with a zone", found="something else")
        raise InputError("nobody can say when it was", problems=(problem,))
    return found


def read_file(path: Path) -> bytes:
    """Read a file that a person named.

    Raises:
        InputError: it cannot be read.

    """
    try:
        return path.read_bytes()
    except OSError as error:
        problem = Problem(where=str(path), expected="a file that can be read", found=type(error).__name__)
        raise InputError("the file cannot be read", problems=(problem,)) from None
