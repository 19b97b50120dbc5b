"""What an agent may ask, and the reply. No sockets here: any server can stand in front.

    POST   /v1/agent/{id}                   pair-wise setup (2.05): a message signed with its key → a bearer token
    GET    /v1/agent/{id}                   whether the token is still good (2.06)
    POST   /v1/data-rights-request          exercise (2.01), signed
    GET    /v1/data-rights-request/{id}     status (2.02)
    DELETE /v1/data-rights-request/{id}     revoke (2.04), signed

A token is kept as its digest; whose key must have signed is known from it. An agent sees its own requests: of
another's it gets 403, as of one that does not exist.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TypeAlias

from retention.app import App
from retention.drp import saying
from retention.drp.reading import check_meant, open_message, read_exercise
from retention.errors import (
    AccessError,
    InputError,
    RefusedError,
    RetentionError,
    TransientFailure,
    UnknownNameError,
)
from retention.model.access import Role
from retention.model.agent import Agent, AgentRequest, Told
from retention.serving import Reply

LARGEST_REQUEST = 65_536
"""Bytes of a body."""
TOKEN_FOR = timedelta(days=30)
_PATH = re.compile(r"(?:/drp)?/v1/(?P<what>agent|data-rights-request)(?:/(?P<id>[A-Za-z0-9_-]{1,64}))?/?")
_RETRY_AFTER = "60"

OpenApp: TypeAlias = Callable[[], AbstractContextManager[App]]
Clock: TypeAlias = Callable[[], datetime]


class Endpoint:
    """Answers agents; each call opens the workspace, so that the policy of the day holds."""

    def __init__(self, name: str, agents: Mapping[str, Agent], open_app: OpenApp, clock: Clock) -> None:
        """Keep our id, the agents by theirs, and what else a call needs."""
        self._name = name
        self._agents = agents
        self._open_app = open_app
        self._clock = clock

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Return the reply; header names are in lower case."""
        try:
            return self._answered(method, path, headers, body)
        except RetentionError as error:
            return _refused(error)

    def _answered(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        asked = _PATH.fullmatch(path)
        if asked is None:
            return _said(HTTPStatus.NOT_FOUND, saying.failure(HTTPStatus.NOT_FOUND, "no such address"))
        now = self._clock()
        with self._open_app() as app:
            match (method, asked["what"], asked["id"]):
                case ("POST", "agent", str(name)):
                    return self._pair(app, name, body, now)
                case ("GET", "agent", str(name)):
                    if self._agent(app, headers, now).name != name:
                        raise AccessError("the token is another agent's")
                    return _said(HTTPStatus.OK, {})
                case ("POST", "data-rights-request", None):
                    return self._exercise(app, self._agent(app, headers, now), body, now)
                case ("GET", "data-rights-request", str(number)):
                    return _status(*app.agents.find(self._agent(app, headers, now), number))
                case ("DELETE", "data-rights-request", str(number)):
                    agent = self._agent(app, headers, now)
                    open_message(body, agent)  # its `reason` is the person's own words: not read, not kept
                    return _status(*app.agents.revoke(agent, number, now))
        code = HTTPStatus.METHOD_NOT_ALLOWED
        return _said(code, saying.failure(code, "not asked that way"))

    def _pair(self, app: App, name: str, body: bytes, now: datetime) -> Reply:
        """Give a token to whoever signed with the agent's key; else nothing is said (2.05.1)."""
        agent = self._agents.get(name)
        try:
            if agent is None:
                return Reply(HTTPStatus.FORBIDDEN)
            check_meant(open_message(body, agent), agent, self._name, now)
        except (InputError, AccessError):
            return Reply(HTTPStatus.FORBIDDEN)
        _, secret = app.access.issue(agent.name, Role.AGENT, now, now + TOKEN_FOR)
        return _said(HTTPStatus.OK, {"agent-id": agent.name, "token": secret})

    def _exercise(self, app: App, agent: Agent, body: bytes, now: datetime) -> Reply:
        message = open_message(body, agent)
        check_meant(message, agent, self._name, now)
        exercise = read_exercise(message, body, agent, app.context.policy.regimes)
        return _status(*app.agents.take(agent, exercise, now))

    def _agent(self, app: App, headers: Mapping[str, str], now: datetime) -> Agent:
        """Return whose token is shown; one that drp.yaml does not name any more is nobody's."""
        kind, _, secret = headers.get("authorization", "").partition(" ")
        token = app.access.find(secret.strip() if kind.lower() == "bearer" else "", now)
        agent = self._agents.get(token.name) if token.role is Role.AGENT else None
        if agent is None:
            raise AccessError("no valid token of an agent was shown")
        return agent


def _refused(error: RetentionError) -> Reply:
    match error:
        case AccessError() | UnknownNameError():
            return _said(HTTPStatus.FORBIDDEN, saying.error(HTTPStatus.FORBIDDEN, AccessError("not yours, or unknown")))
        case InputError():
            return _said(HTTPStatus.BAD_REQUEST, saying.error(HTTPStatus.BAD_REQUEST, error))
        case RefusedError():
            return _said(HTTPStatus.CONFLICT, saying.error(HTTPStatus.CONFLICT, error))
        case TransientFailure():
            code = HTTPStatus.SERVICE_UNAVAILABLE
            return _said(code, saying.error(code, error), {"Retry-After": _RETRY_AFTER})
        case _:
            code = HTTPStatus.INTERNAL_SERVER_ERROR
            return _said(code, saying.failure(code, "we could not do it; nothing of it is lost, ask us"))


def _status(request: AgentRequest, told: Told) -> Reply:
    return _said(HTTPStatus.OK, saying.status(request, told))


def _said(code: HTTPStatus, content: Mapping[str, object], headers: Mapping[str, str] | None = None) -> Reply:
    body = json.dumps(content, ensure_ascii=False).encode()
    return Reply(code, body, "application/json", {"Cache-Control": "no-store", **(headers or {})})
