"""Elements of SVG as text, and how wide text is likely to be."""

from __future__ import annotations

import unicodedata
from html import escape
from typing import Final

SANS: Final = (
    "system-ui,-apple-system,'Segoe UI','Noto Sans','Noto Sans JP','Noto Sans CJK JP','Hiragino Sans','Yu Gothic',"
    "sans-serif"
)
MONO: Final = "ui-monospace,Menlo,Consolas,'DejaVu Sans Mono','Noto Sans Mono CJK JP',monospace"
PLAIN, BOLD, WIDE = 0.56, 0.63, 0.61
"""Width of a letter in parts of its height: of plain, bold and typewriter letters."""


def element(name: str, /, inside: str = "", **attributes: str | float) -> str:
    """Return one element; numbers have one decimal at most, `stroke_width` is written `stroke-width`."""
    said = "".join(f' {key.rstrip("_").replace("_", "-")}="{_shown(value)}"' for key, value in attributes.items())
    return f"<{name}{said}>{inside}</{name}>" if inside else f"<{name}{said}/>"


def text(x: float, y: float, words: str, size: float, fill: str, **attributes: str | float) -> str:
    """Return a line of text; its words are escaped here."""
    return element("text", escape(words), x=x, y=y, font_size=size, fill=fill, **attributes)


def typed(x: float, y: float, words: str, size: float, fill: str) -> str:
    """Return a line of text in typewriter letters: names of columns and files."""
    return text(x, y, words, size, fill, font_family=MONO)


def width(words: str, size: float, letter: float = PLAIN) -> float:
    """Estimate: a full-width sign is a square, others are about half of one."""
    return sum(size if unicodedata.east_asian_width(sign) in "WF" else size * letter for sign in words)


def fitted(words: str, room: float, size: float, letter: float = PLAIN) -> str:
    """Return the words, or as many as there is room for and an ellipsis."""
    if width(words, size, letter) <= room:
        return words
    while words and width(f"{words}…", size, letter) > room:
        words = words[:-1]
    return f"{words}…"


def _shown(value: str | float) -> str:
    return escape(value) if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")
