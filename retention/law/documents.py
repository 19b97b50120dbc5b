"""Kinds of identity document that came to an end, or that carry numbers nobody may collect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from retention.model.terms import Masked


@dataclass(frozen=True, slots=True)
class KnownDocument:
    """What is known of a kind of document, whoever accepts it."""

    ended: date | None
    """First day on which no valid one exists any more."""
    why: str
    masked: tuple[Masked, ...]
    """What must not be taken over from it."""


_MY_NUMBER = "only the front may be taken; the number on the back never"
DOCUMENTS: Mapping[str, KnownDocument] = MappingProxyType(
    {
        "health-insurance-card": KnownDocument(
            date(2025, 12, 2),
            "none were issued from 2024-12-02, and those issued before were valid for at most a year",
            (Masked.INSURER_NUMBER, Masked.INSURED_NUMBER),
        ),
        "insurance-eligibility-certificate": KnownDocument(
            None, "it carries the insured person's numbers", (Masked.INSURER_NUMBER, Masked.INSURED_NUMBER)
        ),
        "resident-register-card": KnownDocument(
            date(2026, 1, 1), "the last were issued in December 2015 and were valid for ten years", ()
        ),
        "my-number-card": KnownDocument(None, _MY_NUMBER, (Masked.MY_NUMBER,)),
        "my-number-notification-card": KnownDocument(date(2020, 5, 25), "it was abolished", (Masked.MY_NUMBER,)),
        "residence-record": KnownDocument(
            None, "a copy may carry the individual number", (Masked.REGISTERED_DOMICILE, Masked.MY_NUMBER)
        ),
    }
)
"""Kinds of document that came to an end, or that carry numbers nobody may collect."""
