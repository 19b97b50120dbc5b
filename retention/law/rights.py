"""Which law gives which right."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from retention.law.regime import Regime, regime_of
from retention.model.terms import Right

CEASING = (Right.SUSPENSION, Right.ERASURE, Right.ITEM_DELETION, Right.STOP_PROVISION)
"""Requests under APPI art. 35."""

OWED: Mapping[Right, tuple[str, ...]] = MappingProxyType(
    {
        Right.PURPOSE_NOTIFICATION: ("jp.appi.32-2",),
        Right.DISCLOSURE: ("jp.appi.33-1", "eu.gdpr.15-1", "us.ccpa.1798-110-a"),
        Right.PROVISION_RECORD_DISCLOSURE: ("jp.appi.33-5",),
        Right.CORRECTION: ("jp.appi.34-1", "eu.gdpr.16", "us.ccpa.1798-106-a"),
        Right.SUSPENSION: ("jp.appi.35-1", "jp.appi.35-5"),
        Right.ERASURE: ("jp.appi.35-1", "jp.appi.35-5", "eu.gdpr.17-1", "us.ccpa.1798-105-a"),
        Right.STOP_PROVISION: ("jp.appi.35-3", "jp.appi.35-5"),
        Right.RESTRICTION: ("eu.gdpr.18-1",),
        Right.PORTABILITY: ("eu.gdpr.20-1",),
        Right.OBJECTION: ("eu.gdpr.21-1",),
    }
)
"""Rights that a law gives, whatever the text says, and the provisions that give them."""


def giving(right: Right) -> frozenset[Regime]:
    """Return the laws that give the right by name; a text may still offer one that none gives."""
    regimes = (regime_of(statute) for statute in OWED.get(right, ()))
    return frozenset(regime for regime in regimes if regime is not None)
