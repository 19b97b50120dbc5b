"""Kinds of personal columns, and what a draft suggests for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from retention.model.datamap import Identifies


class Kind(Enum):
    """What the values of a column are."""

    ACCOUNT = "account"
    """A number or name by which a service knows the person."""
    ADDRESS = "address"
    BANK_ACCOUNT = "bank-account"
    BIRTH_DATE = "birth-date"
    CARD = "card"
    CORPORATE_NUMBER = "corporate-number"
    """Of a legal person, and public: not personal."""
    CREDENTIAL = "credential"
    DEMOGRAPHIC = "demographic"
    """Age, gender, work, family, education."""
    DEVICE = "device"
    DRIVING_LICENCE = "driving-licence"
    EMAIL = "email"
    FREE_TEXT = "free-text"
    """Whatever people wrote; anything can stand in it."""
    GEO = "geo"
    IP_ADDRESS = "ip-address"
    LOCALITY = "locality"
    """Country, prefecture, town."""
    MY_NUMBER = "my-number"
    NAME = "name"
    PASSPORT = "passport"
    PHONE = "phone"
    POSTAL_CODE = "postal-code"
    RESIDENCE_CARD = "residence-card"
    SENSITIVE = "sensitive"
    """Health, belief, race, crime: 要配慮個人情報 (APPI art. 2(3)), special categories (GDPR art. 9)."""
    SOCIAL_NUMBER = "social-number"
    """Pension, health insurance, national numbers of other countries."""
    USER_AGENT = "user-agent"

    @property
    def is_personal(self) -> bool:
        """Whether it is about a natural person."""
        return self is not Kind.CORPORATE_NUMBER


@dataclass(frozen=True, slots=True)
class Advice:
    """What a draft writes for a kind; a person reviews it."""

    category: str
    identifies: Identifies


_DIRECTLY, _INDIRECTLY = Identifies.DIRECTLY, Identifies.INDIRECTLY

ADVICE: Mapping[Kind, Advice] = MappingProxyType(
    {
        Kind.ACCOUNT: Advice("account", _DIRECTLY),
        Kind.ADDRESS: Advice("contact", _DIRECTLY),
        Kind.BANK_ACCOUNT: Advice("payment", _DIRECTLY),
        Kind.BIRTH_DATE: Advice("identity", _INDIRECTLY),
        Kind.CARD: Advice("payment", _DIRECTLY),
        Kind.CORPORATE_NUMBER: Advice("records", Identifies.NO),
        Kind.CREDENTIAL: Advice("credentials", _DIRECTLY),
        Kind.DEMOGRAPHIC: Advice("identity", _INDIRECTLY),
        Kind.DEVICE: Advice("online", _DIRECTLY),
        Kind.DRIVING_LICENCE: Advice("official-numbers", _DIRECTLY),
        Kind.EMAIL: Advice("contact", _DIRECTLY),
        Kind.FREE_TEXT: Advice("free-text", _DIRECTLY),
        Kind.GEO: Advice("location", _INDIRECTLY),
        Kind.IP_ADDRESS: Advice("online", _DIRECTLY),
        Kind.LOCALITY: Advice("contact", _INDIRECTLY),
        Kind.MY_NUMBER: Advice("official-numbers", _DIRECTLY),
        Kind.NAME: Advice("identity", _DIRECTLY),
        Kind.PASSPORT: Advice("official-numbers", _DIRECTLY),
        Kind.PHONE: Advice("contact", _DIRECTLY),
        Kind.POSTAL_CODE: Advice("contact", _INDIRECTLY),
        Kind.RESIDENCE_CARD: Advice("official-numbers", _DIRECTLY),
        Kind.SENSITIVE: Advice("sensitive", _INDIRECTLY),
        Kind.SOCIAL_NUMBER: Advice("official-numbers", _DIRECTLY),
        Kind.USER_AGENT: Advice("online", _INDIRECTLY),
    }
)
RECORDS = "records"
"""The category of what no rule knows in a dataset about people."""
