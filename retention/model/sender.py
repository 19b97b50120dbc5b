"""One who may send us events by HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Sender:
    """By what he is known: a secret that signs his calls, or a token that he shows; one of them."""

    name: str
    """The last name of the sources that he may speak for."""
    secret: bytes | None = field(repr=False, default=None)
    token: str | None = field(repr=False, default=None)
