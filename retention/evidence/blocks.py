"""What a document is made of, whatever it becomes: a page for the screen (`page`) or paper (`paper`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Language: TypeAlias = Literal["ja", "en"]
Anchor: TypeAlias = Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True)
class Bar:
    """A filled rectangle."""

    x: float
    y: float
    width: float
    height: float
    fill: str


@dataclass(frozen=True, slots=True)
class Stroke:
    """A straight line."""

    x: float
    y: float
    to_x: float
    to_y: float
    colour: str
    thickness: float = 1


@dataclass(frozen=True, slots=True)
class Disc:
    """A filled circle."""

    x: float
    y: float
    radius: float
    fill: str


@dataclass(frozen=True, slots=True)
class Label:
    """A line of text at its baseline."""

    x: float
    y: float
    text: str
    size: float
    colour: str
    anchor: Anchor = "start"


Mark: TypeAlias = Bar | Stroke | Disc | Label


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture in units of its own; it is made as wide as the text."""

    width: float
    height: float
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """Begins a section."""

    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """A paragraph that must not be overlooked."""

    text: str


@dataclass(frozen=True, slots=True)
class Pairs:
    """Names and values, one a line."""

    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head; whole numbers stand to the right."""

    head: tuple[str, ...]
    rows: tuple[tuple[str | int, ...], ...]
    widths: tuple[int, ...]
    """Shares of the width, one a column."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture, and what it shows for those who do not see it."""

    drawing: Drawing
    label: str


@dataclass(frozen=True, slots=True)
class Tiles:
    """A few numbers that say the most, side by side."""

    items: tuple[tuple[str, str, str], ...]
    """Number, what it counts, colour."""


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list of sentences."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code beside a few lines that say what it is for."""

    matrix: tuple[tuple[bool, ...], ...]
    """Modules, row by row, without the quiet zone; True is dark."""
    label: str
    lines: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]


Block: TypeAlias = Heading | Paragraph | Note | Pairs | Table | Figure | Tiles | Bullets | Code


@dataclass(frozen=True, slots=True)
class Document:
    """A whole document."""

    language: Language
    sender: str
    """Who it is from; stands small above the title."""
    title: str
    subtitle: str
    blocks: tuple[Block, ...]
    foot: str
    """Small print at the end."""
    mark: str
    """Stands at the foot of every printed page: a case's number, a period."""
    addressee: tuple[str, ...] = ()
    """The lines of a postal address, for a letter in a window envelope."""
    dated: str = ""
    """The day of a letter, as it is written."""
