"""Columns that hold identifiers or codes whatever they are called: found by the form of their values.

A form alone proves little (one random number of twelve digits in ten has a right check digit), so a
column is one of a kind when nine in ten of its distinct values are. An e-mail address is one
wherever it stands. Forms of the Japanese codes: Cabinet Order of the APPI, article 1.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

SHARE = 0.9
"""Share of the distinct values from which on a column is of a kind."""
EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
SEPARATORS = re.compile(r"[- \u2010\u2212]")


class Kind(Enum):
    """What a column's values are."""

    EMAIL = "e-mail addresses"
    PHONE = "telephone numbers"
    MY_NUMBER = "My Numbers"
    PASSPORT = "passport numbers"
    LICENCE = "driver's licence numbers"
    RESIDENCE_CARD = "residence card numbers"
    PENSION = "basic pension numbers"
    CARD = "card numbers"


IDENTIFYING = frozenset({Kind.EMAIL, Kind.PHONE})
CODES = frozenset({Kind.MY_NUMBER, Kind.PASSPORT, Kind.LICENCE, Kind.RESIDENCE_CARD, Kind.PENSION})
DAMAGE = frozenset({Kind.CARD})


@dataclass(frozen=True, slots=True)
class Detected:
    """A kind, and how many of the values looked at are of it."""

    kind: Kind
    count: int


def detect(column: str, values: Sequence[str]) -> tuple[Detected, ...]:
    """Say what some distinct texts of a column are; several kinds where their forms are alike."""
    plain = [unicodedata.normalize("NFKC", value).strip() for value in values if value]
    found = []
    emails = sum(EMAIL.search(value) is not None for value in plain)
    if emails:
        found.append(Detected(Kind.EMAIL, emails))
    digits = [SEPARATORS.sub("", value) for value in plain]
    for kind, test in FORMS.items():
        if kind in NAMED and not NAMED[kind].search(column):
            continue
        passing = sum(map(test, digits))
        if plain and passing >= SHARE * len(plain):
            found.append(Detected(kind, passing))
    return tuple(found)


def my_number(text: str) -> bool:
    """Twelve digits, the last of which checks the others (Ordinance 85 of 2014 of the Ministry of Internal Affairs)."""
    if not re.fullmatch(r"[0-9]{12}", text):
        return False
    weights = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
    rest = sum(int(digit) * weight for digit, weight in zip(text, weights, strict=False)) % 11
    return int(text[11]) == (0 if rest <= 1 else 11 - rest)


def card(text: str) -> bool:
    """Fourteen to sixteen digits with Luhn's check digit (ISO/IEC 7812-1)."""
    if not re.fullmatch(r"[2-6][0-9]{13,15}", text):
        return False
    digits = [int(digit) for digit in reversed(text)]
    doubled = sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + doubled) % 10 == 0


def _form(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda text: compiled.fullmatch(text) is not None


FORMS: dict[Kind, Callable[[str], bool]] = {
    Kind.PHONE: _form(r"(?:\+81|0)[1-9][0-9]{8,9}"),
    Kind.MY_NUMBER: my_number,
    Kind.PASSPORT: _form(r"[A-Z]{2}[0-9]{7}"),
    Kind.LICENCE: _form(r"(?:[1-8][0-9]|9[0-7])[0-9]{10}"),
    Kind.RESIDENCE_CARD: _form(r"[A-Z]{2}[0-9]{8}[A-Z]{2}"),
    Kind.PENSION: _form(r"[0-9]{10}"),
    Kind.CARD: card,
}
NAMED = {
    Kind.LICENCE: re.compile(r"licen[cs]e|免許", re.IGNORECASE),
    Kind.PENSION: re.compile(r"pension|年金", re.IGNORECASE),
}
"""Kinds whose form any number may have: the column's name must speak for them as well."""
