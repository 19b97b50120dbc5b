"""Copies that outlive the original for a while, and orders to processors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from retention.model.ids import CaseId, CopyId, OrderId, StepId, SystemId
from retention.model.subject import Key


@dataclass(frozen=True, slots=True)
class Copy:
    """One backup of one or more systems."""

    copy_id: CopyId
    keeper: SystemId
    """The backup system that holds it."""
    of_systems: tuple[SystemId, ...]
    taken_at: datetime
    expires_at: datetime
    """When it is physically gone by its schedule."""


@dataclass(frozen=True, slots=True)
class Horizon:
    """The date by which something of a case is physically gone."""

    case_id: CaseId
    system: SystemId
    what: str
    """A code or copy id: `nightly/2026-11-22`, `write-ahead-log`."""
    until: datetime
    gone_at: datetime | None = None
    """When its absence was seen; None while it remains."""


class OrderState(Enum):
    """What a processor says about an order; only COMPLETED is ever told as done."""

    SUBMITTED = "submitted"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Order:
    """An order to erase, with the least data the processor needs."""

    order_id: OrderId
    """A UUID, the same on every retry: the processor sees one order."""
    keys: Mapping[str, tuple[Key, ...]] = field(repr=False)
    """Identity key → values."""
    submitted_at: datetime
    regulation: str
    """`appi`, `gdpr` or `ccpa`."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A processor's signed answer: its signature has been checked."""

    order_id: OrderId
    state: OrderState
    received_at: datetime
    expected_completion_at: datetime | None
    body_digest: str
    """SHA-256 (hex) of signed bytes that hold nothing of the person: it stands in the public log."""
    key_id: str
    """SHA-256 (hex) of the certificate or key that verified them."""


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """An order as the ledger keeps it: no keys."""

    order_id: OrderId
    case_id: CaseId
    step_id: StepId
    processor: SystemId
    due_at: datetime
    receipt: Receipt | None


@dataclass(frozen=True, slots=True)
class Suppression:
    """Someone who must not come back with a backup or an import: a keyed digest, no name."""

    key_name: str
    digest: str
    """HMAC of the key under the suppression key, which lies elsewhere."""
    scope: str
    """`request`, or the id of the rule that disposed."""
    case_id: CaseId
    recorded_at: datetime
    expires_at: datetime | None
    """When no copy could hold the person any more, plus a margin; None while not known."""
    lifted_at: datetime | None = None
    """When somebody decided that the person may come back; data from then on is legitimate."""
