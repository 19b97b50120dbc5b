"""Who receives data: facts of a contract, not settings of a connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum

from retention.model.ids import CategoryId
from retention.model.period import Period


class RecipientKind(Enum):
    """What a recipient is to us."""

    CLOUD = "cloud"
    OUTSOURCER = "outsourcer"
    THIRD_PARTY = "third-party"
    AUTHORITY = "authority"
    ANALYTICS = "analytics"
    LLM = "llm"


ENTRUSTED = frozenset({RecipientKind.CLOUD, RecipientKind.OUTSOURCER, RecipientKind.LLM})
"""Those who work for us: chosen, bound and supervised (APPI art. 25). The others are told, or not even that."""


class Transfer(Enum):
    """On what a transfer abroad rests (APPI art. 28, GDPR arts. 44-46)."""

    ADEQUACY = "adequacy"
    SCC = "scc"
    EQUIVALENT = "equivalent"
    CONSENT = "consent"
    NONE = "none"


A_YEAR = Period(years=1)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Someone who receives data: a connected processor or anyone else."""

    name: str
    title: Mapping[str, str]
    kind: RecipientKind
    categories: tuple[CategoryId, ...]
    contracted_on: date | None
    supervised_on: date | None
    """When it was last looked after (APPI art. 25)."""
    country: str | None
    """ISO 3166: `JP`."""
    best_effort: bool
    """It is asked to erase, and never said to have erased."""
    transfer: Transfer | None
    subprocessors: bool
    """Whether it may pass data on."""
    subprocessor_names: tuple[str, ...] = ()
    nda_on: date | None = None
    """When the agreement on confidentiality was signed."""
    first_transfer_on: date | None = None
    """When it first received data."""
    supervise_every: Period = A_YEAR
    """A default of ours: the guideline (3-4-4) says "regularly"."""
    certified_until: date | None = None
    """For language models: until when its certification stands."""
    confirmed_on: date | None = None
    """When the equivalent system abroad was last confirmed (APPI art. 28(3), Rules 18)."""
    informed_on: date | None = None
    """When the information on its country was written that people see before they consent (APPI art. 28(2))."""
    purpose: Mapping[str, str] = field(default_factory=dict)
    """For what it receives data, by language."""
    opt_out: str | None = None
    """Where a person can object to it."""
