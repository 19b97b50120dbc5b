"""What the ledger remembers of clients' requests."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from retention.model.client import Call, ClientRequest


class ClientRequests(Protocol):
    """One transaction a method, durable when it returns; no personal value."""

    def take(self, request: ClientRequest) -> ClientRequest:
        """Keep a request and one call for each of its addresses; if its number is known, return what stands."""
        ...

    def opened(self, client: str, request_id: str) -> None:
        """Note that the request's case stands."""
        ...

    def find(self, client: str, request_id: str) -> ClientRequest | None:
        """Return the request, if it is this client's."""
        ...

    def all(self) -> tuple[ClientRequest, ...]:
        """Return every request, oldest first."""
        ...

    def calls(self, before: datetime) -> tuple[Call, ...]:
        """Return the calls that may be made by now and are not finished, longest waiting first."""
        ...

    def put_call(self, call: Call) -> None:
        """Keep how far the call is."""
        ...
