"""Requests of authorized agents."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import ColumnElement, select

from retention.model.agent import AgentRequest
from retention.model.ids import CaseId
from retention.store.engine import Database
from retention.store.outside_tables import AGENT_REQUESTS

_C = AGENT_REQUESTS.c


class SqlAgentRequests:
    """Implements `ports.agents.AgentRequests`."""

    def __init__(self, database: Database) -> None:
        """Keep the database."""
        self._database = database

    def take(self, request: AgentRequest) -> AgentRequest:
        """Keep a request; if the agent's number is known, return what stands."""
        with self._database.writing() as connection:
            connection.execute(self._database.insert(AGENT_REQUESTS).values(asdict(request)).on_conflict_do_nothing())
        return self.known(request.agent, request.number) or request

    def known(self, agent: str, number: str) -> AgentRequest | None:
        """Return the agent's request of that number."""
        return self._one((_C.agent == agent) & (_C.number == number))

    def find(self, agent: str, request_id: str) -> AgentRequest | None:
        """Return the request that we gave this number, if it is the agent's."""
        return self._one((_C.agent == agent) & (_C.request_id == request_id))

    def _one(self, this: ColumnElement[bool]) -> AgentRequest | None:
        with self._database.reading() as connection:
            row = connection.execute(select(AGENT_REQUESTS).where(this)).one_or_none()
        if row is None:
            return None
        return AgentRequest(**{**row._mapping, "case_id": CaseId(row.case_id)})  # noqa: SLF001 -- SQLAlchemy's own name
