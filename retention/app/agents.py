"""An authorized agent asks for a person: a request like any other, that came over a wire.

Nothing is decided here. The request begins its life like one that came by post, as a mandated agent's; a person
looks at who asks and for whom, decides, and the case goes the road. The agent's claims name the person; its signature
says that it stands for them, and our own rules say what else must be shown.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from datetime import datetime

from retention.app.clients import denial_reason
from retention.app.context import Context
from retention.app.deciding import withdraw
from retention.app.requesting import Arrival, receive
from retention.app.starts import keep_start
from retention.errors import StateError, UnknownNameError
from retention.model.agent import Agent, AgentRequest, Exercise, Stage, Told
from retention.model.case import CaseState
from retention.model.terms import Filer

_WITHDRAWN = "withdrawn"


class Agents:
    """What agents may do, over one workspace."""

    def __init__(self, context: Context) -> None:
        """Keep the context."""
        self._context = context

    def take(self, agent: Agent, exercise: Exercise, now: datetime) -> tuple[AgentRequest, Told]:
        """See `take`."""
        request = take(self._context, agent, exercise, now)
        return request, told(self._context, request)

    def find(self, agent: Agent, request_id: str) -> tuple[AgentRequest, Told]:
        """Return an agent's own request and how far it is; see `find`."""
        request = find(self._context, agent, request_id)
        return request, told(self._context, request)

    def revoke(self, agent: Agent, request_id: str, now: datetime) -> tuple[AgentRequest, Told]:
        """See `revoke`."""
        request = revoke(self._context, agent, request_id, now)
        return request, told(self._context, request)


def take(context: Context, agent: Agent, exercise: Exercise, now: datetime) -> AgentRequest:
    """Open a case for the request, or return what became of it: the same number is one request.

    Each step is safe to repeat: who sends it again after we died finishes it.

    Raises:
        StateError: the number stands for another request of this agent.
        RefusedError: the policy takes no requests by the agent's channel.

    """
    digest = _digest(context, exercise)
    known = context.ledger.agents.known(agent.name, exercise.number)
    if known is not None:
        if not hmac.compare_digest(known.digest, digest):
            raise StateError("this number is known with another content", hint="give each request a number of its own")
        return known
    first, *also = exercise.keys
    arrival = Arrival(
        subject=first,
        channel=agent.channel,
        regime=exercise.regime,
        filer=Filer.MANDATED_AGENT,
        language="en",
        submission=f"agent:{agent.name}:{exercise.number}:{digest}",
    )
    case = receive(context, arrival, now)
    if case.state is CaseState.OPEN:
        for number, key in enumerate(also):
            keep_start(context, case.case_id, f"also-{number}", key)
    return context.ledger.agents.take(
        AgentRequest(
            agent=agent.name,
            number=exercise.number,
            request_id=str(uuid.uuid4()),
            agent_request_id=exercise.agent_request_id,
            case_id=case.case_id,
            digest=digest,
            received_at=case.opened_at,
            due_at=case.due_at or case.opened_at,
        )
    )


def find(context: Context, agent: Agent, request_id: str) -> AgentRequest:
    """Return the agent's own request.

    Raises:
        UnknownNameError: it has made no such request.

    """
    request = context.ledger.agents.find(agent.name, request_id)
    if request is None:
        raise UnknownNameError("no such request of this agent", hint="ask for the number that our answer gave it")
    return request


def revoke(context: Context, agent: Agent, request_id: str, now: datetime) -> AgentRequest:
    """Take the request back until it is being carried out; again, it stays taken back.

    Raises:
        UnknownNameError: the agent has made no such request.
        StateError: it is being carried out, or over.

    """
    request = find(context, agent, request_id)
    if told(context, request).stage is not Stage.REVOKED:
        withdraw(context, request.case_id, None, now)
    return request


def told(context: Context, request: AgentRequest) -> Told:
    """Return how far the request is: fulfilled only when everything is verified and the case is sealed."""
    match context.ledger.cases.get(request.case_id).state:
        case CaseState.SEALED | CaseState.CLOSED:
            return Told(Stage.FULFILLED)
        case CaseState.DENIED:
            reason = denial_reason(context, request.case_id)
            return Told(Stage.REVOKED) if reason == _WITHDRAWN else Told(Stage.DENIED, reason)
        case _:
            return Told(Stage.IN_PROGRESS)


def _digest(context: Context, exercise: Exercise) -> str:
    keys = sorted((key.name, str(key.value)) for key in exercise.keys)
    asked = json.dumps([exercise.regime, keys], ensure_ascii=False).encode()
    return hmac.new(context.keys.create("lookup"), asked, hashlib.sha256).hexdigest()
