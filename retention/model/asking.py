"""Whom a request is for: where the company is and offers, and who answers for data that it only holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

EEA = "EEA"
"""All countries in which the GDPR holds, in one word."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Where the company is established, and to people in which places it offers: `JP`, `US-CA`, `EEA`."""

    established: tuple[str, ...]
    offers_to: tuple[str, ...]


class Holder(Enum):
    """Who decides over data that we hold for someone else."""

    ADMINISTRATOR = "administrator"
    """The enterprise that runs the person's account (APPI art. 16(4))."""
    CLIENT = "client"
    """A company whose data we process (APPI art. 25, GDPR art. 28)."""
    JOINT_RESPONSIBLE = "joint-responsible"
    """The one responsible for data used jointly (APPI art. 27(5)(iii))."""


@dataclass(frozen=True, slots=True)
class Redirect:
    """Whom a person is told to ask."""

    key: str
    """The tenant key of the data map (`company_id`), or the joint use's name."""
    to: Holder
    title: Mapping[str, str]
    """Who that is, by language."""
    contact: str | None
    """Where to write to; None: known for each tenant, not for all of them."""
