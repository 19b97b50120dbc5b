"""What the ledger remembers of authorized agents' requests."""

from __future__ import annotations

from typing import Protocol

from retention.model.agent import AgentRequest


class AgentRequests(Protocol):
    """One transaction a method, durable when it returns; no personal value."""

    def take(self, request: AgentRequest) -> AgentRequest:
        """Keep a request; if the agent's number is known, return what stands."""
        ...

    def known(self, agent: str, number: str) -> AgentRequest | None:
        """Return the agent's request of that number."""
        ...

    def find(self, agent: str, request_id: str) -> AgentRequest | None:
        """Return the request that we gave this number, if it is the agent's."""
        ...
