"""What evidence states of a request's papers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PapersGone:
    """The papers of a request were destroyed after the answer, with the key under which they were kept."""

    kinds: tuple[str, ...]
    """What each was: `drivers-licence`, `letter` …"""
    digests: tuple[str, ...]
    """HMAC-SHA-256 (hex) of each, in the same order: whoever has the paper can have it confirmed."""
    check_value: str
    """First 16 hex digits of HMAC(key, "kcv") of the key that is gone."""
