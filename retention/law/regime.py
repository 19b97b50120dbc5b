"""The laws under which people ask."""

from __future__ import annotations

from enum import Enum


class Regime(Enum):
    """A law that gives people rights, by the code that policies and cases write."""

    APPI = "jp.appi"
    """Act on the Protection of Personal Information (Japan)."""
    GDPR = "eu.gdpr"
    """Regulation (EU) 2016/679."""
    CCPA = "us.ccpa"
    """California Consumer Privacy Act."""


def regime_of(statute: str) -> Regime | None:
    """Return the law that a statute's code belongs to; None for statutes of no regime (tax, labour)."""
    return next((regime for regime in Regime if statute.startswith(f"{regime.value}.")), None)
