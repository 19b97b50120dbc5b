"""Facts about processors: what they answered, what a look-up of theirs found, what was agreed with them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from retention.model.ids import (
    OrderId,
    SystemId,
)


@dataclass(frozen=True, slots=True)
class Answered:
    """A processor answered, and what shows that the answer is theirs."""

    order_id: OrderId
    processor: SystemId
    state: str
    body_digest: str
    key_id: str | None
    received_at: datetime
    reason: str | None = None
    proof: str = "signature"


@dataclass(frozen=True, slots=True)
class Probed:
    """A processor's own look-up was asked whether it still knows the person."""

    order_id: OrderId
    processor: SystemId
    found: bool


@dataclass(frozen=True, slots=True)
class OrderNoted:
    """A processor was reminded, its silence escalated, or a person decided to go on without its full answer."""

    order_id: OrderId
    processor: SystemId
    note: str
    """`reminded`, `escalated` or `accepted`."""
    decider_ref: str | None
    """HMAC of the decider's name under the staff key, for `accepted`."""


@dataclass(frozen=True, slots=True)
class ContractStated:
    """What the contract with a processor was, as the policy declared it when it was told."""

    processor: SystemId
    role: str
    contracted_on: str | None
    nda_on: str | None
    supervised_on: str | None
    country: str | None
    transfer: str | None
    subprocessors: tuple[str, ...]
    """By name: whoever it may pass data on to."""
