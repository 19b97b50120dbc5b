"""Lists of words that lie beside the code as text: sections in brackets, `#` for remarks."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files


@lru_cache(maxsize=4)
def sections(name: str) -> Mapping[str, tuple[str, ...]]:
    """Return section → its lines, of a text file of this package."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in files(__package__).joinpath(name).read_text(encoding="utf-8").splitlines():
        if line.startswith("[") and line.endswith("]"):
            lines = found.setdefault(line[1:-1], [])
        elif line and not line.startswith("#"):
            lines.append(line)
    return {section: tuple(rows) for section, rows in found.items()}


def words_of(section: str) -> frozenset[str]:
    """Return the words of a section of `words.txt`."""
    return frozenset(word for line in sections("words.txt")[section] for word in line.split())


def lines_of(section: str) -> frozenset[str]:
    """Return the lines of a section of `words.txt`: what has spaces in it."""
    return frozenset(sections("words.txt")[section])
