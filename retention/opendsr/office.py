"""Who we are to clients, and who they are."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from retention.model.client import Client
from retention.opendsr.sealing import Seal


@dataclass(frozen=True, slots=True)
class Office:
    """What the endpoint is given."""

    address: str
    """Where clients reach us, without a slash at the end: discovery names the certificate below it."""
    seal: Seal
    clients: Mapping[str, Client]
    """By controller id."""

    def client_of(self, authorization: str) -> Client | None:
        """Return whose bearer token this header shows; every token is compared, in constant time."""
        kind, _, token = authorization.partition(" ")
        shown = token.strip().encode() if kind.lower() == "bearer" else b""
        found = [client for client in self.clients.values() if hmac.compare_digest(client.token.encode(), shown)]
        return found[0] if found else None

    @property
    def identity_types(self) -> tuple[str, ...]:
        """What some client may name people by."""
        return tuple(sorted({name for client in self.clients.values() for name in client.identities}))
