"""Words that several parts of a policy file share, and how they are read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from enum import Enum
from typing import TypeVar

from retention.grammar import Cell, Record

_Word = TypeVar("_Word", bound=Enum)

ID = re.compile(r"[a-z0-9][a-z0-9_-]*")
ID_WORDS = "a name of lower-case letters, digits, `-` and `_`"
PURPOSE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
PURPOSE_WORDS = "a purpose's number or name, like A6 or support"
STATUTE = re.compile(r"[a-z0-9.-]+")
STATUTE_WORDS = "a statute code like jp.appi.22"
TITLES = "text by language: {ja: …, en: …}"
_COUNTRY = re.compile(r"[A-Z]{2}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_TRUTHS = {"true": True, "false": False}


def one_of(cell: Cell, otherwise: _Word) -> _Word:
    """Read a word of the enumeration that `otherwise` belongs to; return `otherwise` if it is none."""
    words = {word.value: word for word in type(otherwise)}
    return words.get(cell.word(words), otherwise)


def some_of(cell: Cell, otherwise: _Word) -> tuple[_Word, ...]:
    """Read a list of words of an enumeration, each at most once."""
    words = {word.value: word for word in type(otherwise)}
    found: dict[str, _Word] = {}
    for item in cell.items():
        word = item.word(words)
        if word in found:
            item.complain("each word once", f"`{word}` again", "remove one")
        elif word:
            found[word] = words.get(word, otherwise)
    return tuple(found.values())


def truth(record: Record, key: str, *, otherwise: bool = False) -> bool:
    """Read `true` or `false` under the key, if there is one."""
    return _TRUTHS.get(record[key].word(_TRUTHS), otherwise) if key in record else otherwise


def day(record: Record, key: str) -> date | None:
    """Read a day under the key, if there is one."""
    return record[key].date() if key in record else None


def span(record: Record, first: str = "from", last: str = "until") -> tuple[date | None, date | None]:
    """Read two days of which either may be missing; the range must not be empty."""
    begin, end = day(record, first), day(record, last)
    if begin is not None and end is not None and date.min < end <= begin:
        record[last].complain(f"a day after {begin}")
    return begin, end


def country(record: Record) -> str | None:
    """Read a country, if one is named."""
    return record["country"].matching(_COUNTRY, "a country code like JP") if "country" in record else None


def titles(cell: Cell) -> Mapping[str, str]:
    """Read text by language: `{ja: …, en: …}`."""
    return titles_of(cell.entries(TITLES))


def titles_of(found: Mapping[str, Cell]) -> Mapping[str, str]:
    """Read the entries of a text by language."""
    for language, title in found.items():
        if not _LANGUAGE.fullmatch(language):
            title.complain("a language code like ja or en", f"`{language}`")
    return {language: title.text() for language, title in found.items()}


def optional_titles(record: Record, key: str = "title") -> Mapping[str, str]:
    """Read text by language under the key, if there is one."""
    return titles(record[key]) if key in record else {}


def names(cell: Cell) -> tuple[str, ...]:
    """Read a list of names of the writer's own."""
    return tuple(item.matching(ID, ID_WORDS) for item in cell.items())
