"""Check digits. A random number passes one in ten times: only whole columns say something."""

from __future__ import annotations

import re

_CARD = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}"
    r"|3[47]\d{13}|35(?:2[89]|[3-8]\d)\d{12}|3(?:0[0-5]|[68]\d)\d{11}|6(?:011|5\d\d)\d{12}"
)
"""Visa, Mastercard, American Express, JCB, Diners and Discover, by their ranges of issuers."""
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")


def is_my_number(digits: str) -> bool:
    """Whether twelve digits end in the check digit of an individual number (Order 85 of 2014, art. 5)."""
    if not re.fullmatch(r"[0-9]{12}", digits):
        return False
    weights = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
    rest = sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False)) % 11
    return int(digits[11]) == (0 if rest <= 1 else 11 - rest)


def is_corporate_number(digits: str) -> bool:
    """Whether thirteen digits begin with the check digit of a corporate number (Ordinance 70 of 2014, art. 2)."""
    if not re.fullmatch(r"[1-9][0-9]{12}", digits):
        return False
    total = sum(int(digit) * (2 if index % 2 == 0 else 1) for index, digit in enumerate(digits[1:]))
    return int(digits[0]) == 9 - total % 9


def is_luhn(digits: str) -> bool:
    """Whether the digits pass the sum of ISO/IEC 7812-1, annex B."""
    if not re.fullmatch(r"[0-9]{2,}", digits):
        return False
    doubled = [int(digit) * (1 + index % 2) for index, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0  # noqa: PLR2004 -- two digits add up


def is_card(digits: str) -> bool:
    """Whether it is a payment card's number: an issuer's range, and the check digit."""
    return _CARD.fullmatch(digits) is not None and is_luhn(digits)


def is_iban(text: str) -> bool:
    """Whether it is an international account number (ISO 13616): modulo 97 leaves 1."""
    if not _IBAN.fullmatch(text):
        return False
    turned = text[4:] + text[:4]
    return int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1
