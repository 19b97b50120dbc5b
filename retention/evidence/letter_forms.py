"""The forms of letters: YAML → `Forms`, or one error with every problem in it.

The forms are data (retention/packs/letters), so that a company's own words need no programmer. What may
stand in a form is little: texts with places like `{due}`, lists, facts, and conditions by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from string import Formatter
from typing import TypeAlias

from retention.errors import PolicyError
from retention.evidence.blocks import Language
from retention.grammar import Cell, Document
from retention.model.letter import LetterKind
from retention.packs.letters import read_forms_file

REGIMES = ("jp.appi", "eu.gdpr", "us.ccpa")
CERTIFICATE = "certificate"
"""The section that is not written in the forms: what was done, as the certificate says it."""
_KINDS = ("text", "note", "heading", "items", "facts", "section")


@dataclass(frozen=True, slots=True)
class Only:
    """For which cases a part is meant."""

    when: str | None
    """The name of a condition; None: for all."""
    under: tuple[str, ...]
    """Laws, of which the request rests on one; empty: any."""


@dataclass(frozen=True, slots=True)
class Said:
    """A text, a note, a heading, or (`items`) the one place that a list stands in."""

    kind: str
    text: str
    only: Only


@dataclass(frozen=True, slots=True)
class Told:
    """Names and values, one a line."""

    facts: tuple[tuple[str, str], ...]
    only: Only


@dataclass(frozen=True, slots=True)
class Shared:
    """A section that several letters have."""

    name: str
    only: Only


Part: TypeAlias = Said | Told | Shared


@dataclass(frozen=True, slots=True)
class Form:
    """One kind of letter."""

    subject: str
    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Forms:
    """All letters of one language."""

    language: Language
    salutation: str
    dated: str
    day: str
    """How a day is written: a pattern for `str.format`."""
    between: str
    """What stands between the words of an enumeration."""
    colon: str
    """What stands between something and why."""
    foot: str
    letters: Mapping[LetterKind, Form]
    sections: Mapping[str, tuple[Part, ...]]
    words: Mapping[str, Mapping[str, str]]

    def parts_of(self, kind: LetterKind) -> Iterator[tuple[tuple[Only, ...], Part]]:
        """Yield the letter's parts, sections unfolded (the certificate's stays as it is), each with its conditions."""
        for part in self.letters[kind].parts:
            inside = self.sections.get(part.name) if isinstance(part, Shared) else None
            if inside is None:
                yield (part.only,), part
            else:
                yield from (((part.only, each.only), each) for each in inside)


def places_of(text: str) -> frozenset[str]:
    """Return the names of the places in a text."""
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)


@cache
def shipped_forms(language: Language) -> Forms:
    """Return the forms that come with the product."""
    return read_forms(read_forms_file(language), f"{language}.yaml", language)


def read_forms(text: str, label: str, language: Language) -> Forms:
    """Read a file of forms.

    Raises:
        PolicyError: with every problem: a kind of letter that is missing, a section that nobody wrote, a brace
            without its partner.

    """
    document = Document(text, label)
    frame = ("language", "salutation", "dated", "day", "between", "colon", "foot", "sections", "letters", "words")
    file = Cell.root(document).record(frame)
    file["language"].word((language,))
    sections = {name: _parts(cell) for name, cell in file["sections"].entries("sections by name").items()}
    known = frozenset({*sections, CERTIFICATE})
    kinds = file["letters"].record([kind.value for kind in LetterKind])
    letters = {kind: _form(kinds[kind.value], known) for kind in LetterKind}
    groups = file["words"].entries("groups of words").items()
    words = {
        name: {code: word.text() for code, word in group.entries("words by code").items()} for name, group in groups
    }
    document.refuse_problems(PolicyError)
    return Forms(
        language=language,
        salutation=_filled(file["salutation"]),
        dated=_filled(file["dated"]),
        day=file["day"].text(),
        between=file["between"].text(),
        colon=file["colon"].text(),
        foot=_filled(file["foot"]),
        letters=letters,
        sections=sections,
        words=words,
    )


def _form(cell: Cell, sections: frozenset[str]) -> Form:
    record = cell.record(("subject", "title", "parts"))
    return Form(_filled(record["subject"]), _filled(record["title"]), _parts(record["parts"], sections))


def _parts(cell: Cell, sections: frozenset[str] = frozenset()) -> tuple[Part, ...]:
    return tuple(_part(item, sections) for item in cell.items("a list of parts"))


def _part(cell: Cell, sections: frozenset[str]) -> Part:
    record = cell.record((), (*_KINDS, "if", "under"))
    kinds = [kind for kind in _KINDS if kind in record]
    laws = record["under"].items("a list of laws") if "under" in record else ()
    only = Only(record["if"].text("a name") if "if" in record else None, tuple(law.word(REGIMES) for law in laws))
    if len(kinds) != 1:
        cell.complain(f"exactly one of {', '.join(_KINDS)}", ", ".join(kinds) or "none")
        return Said("text", "", only)
    content = record[kinds[0]]
    if kinds[0] == "section":
        return Shared(content.word(tuple(sorted(sections)), "a section of this file"), only)
    if kinds[0] == "facts":
        return Told(tuple(_fact(line) for line in content.items("a list of names and values")), only)
    return Said(kinds[0], _place(content) if kinds[0] == "items" else _filled(content), only)


def _fact(cell: Cell) -> tuple[str, str]:
    pair = cell.items("a name and a value")
    if len(pair) != 2:  # noqa: PLR2004 -- a pair
        cell.complain("a name and a value", f"a list of {len(pair)}")
        return "", ""
    return pair[0].text(), _filled(pair[1])


def _filled(cell: Cell) -> str:
    """Read a text with places."""
    text = cell.text()
    try:
        wrong = [name for _, name, spec, turned in Formatter().parse(text) if name is not None and (spec or turned)]
        wrong += [name for name in places_of(text) if not name.isidentifier()]
    except ValueError:
        cell.complain("places like {due}", "a brace without its partner")
        return ""
    if wrong:
        cell.complain("places like {due}", f"{{{wrong[0]}}} with more than a name")
        return ""
    return text


def _place(cell: Cell) -> str:
    """Read the one place that a list stands in; return its name."""
    text = _filled(cell)
    if text and (len(places_of(text)) != 1 or text != f"{{{next(iter(places_of(text)))}}}"):
        cell.complain("one place, like {items}", "something else")
        return ""
    return text[1:-1]
