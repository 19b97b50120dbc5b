"""One letter, written: a form filled from a case. What the case does not say is not made up: the letter is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import assert_never

from retention.errors import InputError, Problem
from retention.evidence.blocks import Block, Bullets, Document, Heading, Note, Pairs, Paragraph
from retention.evidence.letter_forms import CERTIFICATE, Forms, Only, Part, Said, Shared, Told, places_of
from retention.model.letter import Because, Item, LetterKind, Value, Word


@dataclass(frozen=True, slots=True)
class Written:
    """A letter as it goes out. Personal: it names whom it is to."""

    subject: str
    document: Document


def write(
    kind: LetterKind,
    forms: Forms,
    values: Mapping[str, Value],
    *,
    addressee: Sequence[str] = (),
    certificate: Sequence[Block] = (),
) -> Written:
    """Return the letter.

    Args:
        kind: What it tells.
        forms: The forms of its language.
        values: What the case says, by name; dates and codes are put into words here. `regimes` names the laws.
        addressee: The lines of a postal address, for a letter on paper.
        certificate: What was done, for letters that report it.

    Raises:
        InputError: the case lacks something that the letter says; every such value is named.

    """
    desk = _Desk(kind, forms, values)
    form = forms.letters[kind]
    blocks = tuple(desk.blocks(certificate))
    subject, title = desk.text(form.subject), desk.text(form.title)
    salutation, dated, foot = (desk.text(text) for text in (forms.salutation, forms.dated, forms.foot))
    sender, address, case = (desk.text(f"{{{name}}}") for name in ("controller", "address", "case"))
    desk.refuse_gaps()
    document = Document(
        language=forms.language,
        sender=sender,
        title=title,
        subtitle=address,
        blocks=blocks if salutation in addressee else (Paragraph(salutation), *blocks),
        foot=foot,
        mark=case,
        addressee=tuple(addressee),
        dated=dated,
    )
    return Written(subject, document)


class _Desk:
    """Fills one letter, and keeps what is missing, so that all of it is said at once."""

    def __init__(self, kind: LetterKind, forms: Forms, values: Mapping[str, Value]) -> None:
        self._kind, self._forms, self._values = kind, forms, values
        self._gaps: dict[str, str] = {}

    def blocks(self, certificate: Sequence[Block]) -> Iterator[Block]:
        for conditions, part in self._forms.parts_of(self._kind):
            if all(map(self._is_meant, conditions)):
                yield from self._certificate(certificate) if _is_certificate(part) else self._block(part)

    def _certificate(self, certificate: Sequence[Block]) -> Sequence[Block]:
        if not certificate:
            self._gaps[CERTIFICATE] = "nothing"
        return certificate

    def _block(self, part: Part) -> Iterator[Block]:
        match part:
            case Said("text", text):
                yield Paragraph(self.text(text))
            case Said("note", text):
                yield Note(self.text(text))
            case Said("heading", text):
                yield Heading(self.text(text))
            case Said(_, place):
                yield Bullets(self._items(place))
            case Told(facts):
                yield Pairs(tuple((name, self.text(value)) for name, value in facts))
            case Shared():  # every section but the certificate was unfolded
                raise AssertionError(part.name)
            case _:
                assert_never(part)

    def text(self, text: str) -> str:
        """Fill a text's places; a date, a code, a list are put into words."""
        return text.format_map({name: self._worded(name) for name in places_of(text)})

    def _is_meant(self, only: Only) -> bool:
        if only.under and not set(only.under) & set(self._laws()):
            return False
        if only.when is None:
            return True
        condition = self._values.get(only.when)
        if not isinstance(condition, bool):
            self._gaps[only.when] = "neither yes nor no"
            return False
        return condition

    def _laws(self) -> tuple[str, ...]:
        laws = self._values.get("regimes")
        if not isinstance(laws, tuple) or not laws:
            self._gaps["regimes"] = "no law"
            return ()
        return tuple(law for law in laws if isinstance(law, str))

    def _items(self, place: str) -> tuple[str, ...]:
        value = self._values.get(place)
        if isinstance(value, Mapping):
            value = value.get(self._forms.language)
        if isinstance(value, str) and value.strip():
            return (value,)
        if not isinstance(value, tuple) or not value:
            self._gaps[place] = "no list" if value is None else "an empty list"
            return ()
        return tuple(self._item(place, item) for item in value)

    def _item(self, place: str, item: Item) -> str:
        if isinstance(item, Because):
            reasons = "".join(self._said(place, reason) for reason in item.reasons)
            return f"{self._said(place, item.title)}{self._forms.colon}{reasons}"
        return self._said(place, item)

    def _worded(self, place: str) -> str:
        value = self._values.get(place)
        if isinstance(value, tuple):
            return self._forms.between.join(self._items(place))
        return self._said(place, value)

    def _said(self, place: str, value: Value | None) -> str:
        match value:
            case str() if value.strip():
                return value
            case bool():
                self._gaps[place] = "yes or no where a text belongs"
            case int():
                return f"{value:,}"
            case date():
                return self._forms.day.format(value)
            case Word(group, code):
                word = self._forms.words.get(group, {}).get(code)
                if word is not None:
                    return word
                self._gaps[place] = f"the code `{code}`, for which `words.{group}` has no word"
            case Mapping():
                return self._said(place, value.get(self._forms.language))
            case _:
                self._gaps[place] = "nothing"
        return ""

    def refuse_gaps(self) -> None:
        """Raise InputError if anything is missing."""
        if not self._gaps:
            return
        letter = f"letter {self._kind.value} ({self._forms.language})"
        problems = tuple(
            Problem(where=f"{letter}, {{{name}}}", expected="a value from the case", found=found)
            for name, found in sorted(self._gaps.items())
        )
        raise InputError(f"the {letter} cannot be written", problems=problems, hint="nothing was sent")


def _is_certificate(part: Part) -> bool:
    return isinstance(part, Shared) and part.name == CERTIFICATE
