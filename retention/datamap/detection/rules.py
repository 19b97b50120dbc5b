"""The rules by which values are believed, as tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Final, TypeAlias

from retention.datamap.detection import digits, names, values
from retention.datamap.detection.kinds import Kind
from retention.model.datamap import ColumnType
from retention.ports.gazetteer import Gazetteer

Test: TypeAlias = Callable[[str], bool]

_FEW: Final = 12
"""Fewer distinct values than this prove no check digit."""


@dataclass(frozen=True, slots=True)
class Rule:
    """If so many values pass the test, the column is of the kind."""

    kind: Kind
    name: str
    test: Test
    share: float
    at_least: int = 3
    """Distinct values below which the share proves nothing."""
    even_of_things: bool = False
    """Whether it holds even where the name speaks of a thing (`server_admin`): the value is a person's anyway."""


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules, with the numbering plans they ask."""

    strong: tuple[Rule, ...]
    """Such values mean nothing else."""
    weak: tuple[Rule, ...]
    """Such values mean it if the name says nothing, and nearly all pass."""
    fits: Mapping[Kind, Test]
    """What a value must look like so that a column's name can be believed."""


def rules(gazetteer: Gazetteer) -> Rules:
    """Return the rules."""
    phone = partial(values.is_phone, gazetteer=gazetteer)
    written = partial(values.is_written_phone, gazetteer=gazetteer)
    compact = partial(values.is_compact_phone, gazetteer=gazetteer)
    postal = partial(values.is_postal_code, gazetteer=gazetteer)
    strong = (
        Rule(Kind.EMAIL, "e-mail", values.is_email, 0.6, even_of_things=True),
        Rule(Kind.DEVICE, "hardware address", values.is_mac_address, 0.9),
        Rule(Kind.IP_ADDRESS, "IP address", values.is_ip_address, 0.8),
        Rule(Kind.USER_AGENT, "user agent", values.is_user_agent, 0.6),
        Rule(Kind.POSTAL_CODE, "postal code on Japan Post's list", postal, 0.7),
        Rule(Kind.PHONE, "telephone number of a numbering plan", written, 0.7),
        Rule(Kind.ADDRESS, "address", values.is_address, 0.5),
        Rule(Kind.GEO, "pair of degrees", values.is_coordinates, 0.8),
        Rule(Kind.BIRTH_DATE, "date of an era before 1989", values.is_old_era, 0.3),
        Rule(Kind.BANK_ACCOUNT, "IBAN, modulo 97", _compact(digits.is_iban), 0.9),
        Rule(Kind.CORPORATE_NUMBER, "corporate number, check digit", _digits(digits.is_corporate_number), 0.9, _FEW),
        Rule(Kind.MY_NUMBER, "My Number, check digit", _digits(digits.is_my_number), 0.9, _FEW, even_of_things=True),
        Rule(Kind.CARD, "card, issuer's range and check digit", _digits(digits.is_card), 0.9, _FEW),
        Rule(Kind.DEMOGRAPHIC, "word for a gender", values.is_gender_word, 0.8, 2),
    )
    weak = (
        Rule(Kind.NAME, "name of a person", names.is_name, 0.5),
        Rule(Kind.PHONE, "telephone number without hyphens", compact, 0.95, _FEW),
    )
    fits: dict[Kind, Test] = {
        Kind.ACCOUNT: lambda text: len(text) <= _LONGEST_ACCOUNT,
        Kind.ADDRESS: lambda text: len(text) > 1 and not values.is_email(text),
        Kind.BANK_ACCOUNT: _compact(values.is_bank_account),
        Kind.BIRTH_DATE: values.is_date,
        Kind.CARD: _digits(digits.is_card),
        Kind.CORPORATE_NUMBER: _digits(digits.is_corporate_number),
        Kind.CREDENTIAL: lambda text: " " not in text,
        Kind.DEMOGRAPHIC: lambda text: len(text) <= _LONGEST_WORD,
        Kind.DEVICE: values.is_token,
        Kind.DRIVING_LICENCE: values.is_licence,
        Kind.EMAIL: values.is_email,
        Kind.FREE_TEXT: lambda text: not values.is_date(text),
        Kind.GEO: values.is_coordinate,
        Kind.IP_ADDRESS: values.is_ip_address,
        Kind.LOCALITY: lambda text: len(text) <= _LONGEST_WORD and not re.fullmatch(r"\d+", text),
        Kind.MY_NUMBER: _digits(digits.is_my_number),
        Kind.NAME: names.could_be_name,
        Kind.PASSPORT: _compact(values.is_passport),
        Kind.PHONE: lambda text: phone(text) or values.looks_like_phone(text),
        Kind.POSTAL_CODE: values.looks_like_postal_code,
        Kind.RESIDENCE_CARD: values.is_residence_card,
        Kind.SENSITIVE: lambda _: True,
        Kind.SOCIAL_NUMBER: lambda text: sum(map(str.isdigit, text)) >= _SHORTEST_NUMBER,
        Kind.USER_AGENT: lambda text: values.is_user_agent(text) or "/" in text or " " in text,
    }
    return Rules(strong, weak, MappingProxyType(fits))


_LONGEST_ACCOUNT: Final = 200
_LONGEST_WORD: Final = 60
_SHORTEST_NUMBER: Final = 6

PROVED: Mapping[Kind, tuple[Test, float]] = MappingProxyType(
    {
        Kind.CARD: (lambda text: digits.is_card(re.sub(r"[ -]", "", text)), 0.9),
        Kind.LOCALITY: (values.is_locality, 2.0),
        Kind.NAME: (names.is_name, 0.3),
        Kind.PHONE: (lambda text: bool(re.fullmatch(r"\+?[\d ()-]{9,}", text)), 0.6),
        Kind.FREE_TEXT: (lambda text: (len(text) > 1 and " " in text) or len(text) > 15, 2.0),  # noqa: PLR2004
    }
)
"""What a name that only *may* say it needs of the values; 2.0 means that no share is enough without people around."""

AMONG_PEOPLE: Mapping[Kind, Test] = MappingProxyType(
    {
        Kind.ACCOUNT: lambda text: len(text) <= _LONGEST_ACCOUNT,
        Kind.DEMOGRAPHIC: lambda text: len(text) <= _LONGEST_WORD,
        Kind.FREE_TEXT: lambda text: len(text) > 8,  # noqa: PLR2004 -- codes are shorter
        Kind.LOCALITY: lambda text: 1 < len(text) <= _LONGEST_WORD and not re.search(r"\d{3}|_", text),
        Kind.NAME: names.could_be_name,
        Kind.PHONE: values.looks_like_phone,
    }
)
"""What such a name needs in a table about people."""

NEVER: Mapping[Kind, frozenset[ColumnType]] = MappingProxyType(
    dict.fromkeys(
        (
            Kind.NAME,
            Kind.EMAIL,
            Kind.ADDRESS,
            Kind.FREE_TEXT,
            Kind.LOCALITY,
            Kind.USER_AGENT,
            Kind.IP_ADDRESS,
            Kind.CREDENTIAL,
        ),
        frozenset({ColumnType.DATE, ColumnType.INSTANT, ColumnType.NUMBER}),
    )
)
"""Types that no column of the kind has."""


def _digits(test: Test) -> Test:
    return lambda text: test(re.sub(r"[ \-]", "", text))


def _compact(test: Test) -> Test:
    return lambda text: test(text.replace(" ", ""))
