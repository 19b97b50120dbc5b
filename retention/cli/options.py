"""What the options that all commands share have said."""

from __future__ import annotations

import getpass
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer


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
