"""Who asks: a bearer token, its role, its rate. Every route names the roles that may come in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, TypeAlias

from fastapi import Depends, Request
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from fastapi.security.base import SecurityBase

from retention.api.limits import Limiter
from retention.app import App
from retention.errors import AccessError, InputError, RoleError, TerminalFailure
from retention.model.access import Role, Token

OpenApp: TypeAlias = Callable[[], AbstractContextManager[App]]
Clock: TypeAlias = Callable[[], datetime]

_NOBODY = "nobody"
"""Whoever shows no valid token shares one bucket."""

bearer: SecurityBase = HTTPBearer(
    auto_error=False, description="`retention api token issue` makes one; it has one role."
)


@dataclass(frozen=True, slots=True)
class House:
    """What every visit finds."""

    open_app: OpenApp
    """Opens the workspace: at each call, so that the policy of the day holds."""
    clock: Clock
    limiter: Limiter

    def opened(self) -> AbstractContextManager[App]:
        """Open the workspace.

        Raises:
            TerminalFailure: its files cannot be used; what is wrong with them is told to whoever keeps them.

        """
        try:
            return self.open_app()
        except InputError as error:
            hint = "see `retention policy check` and `retention datamap check` there"
            raise TerminalFailure(f"the workspace cannot be used ({error.code})", hint=hint) from error


@dataclass(frozen=True, slots=True)
class Visit:
    """One call by somebody who is known and may come in here."""

    app: App
    token: Token
    now: datetime
    request: Request

    @property
    def name(self) -> str:
        """Who asks: from the token, never from what was sent."""
        return self.token.name


def roles_of(route: APIRoute) -> frozenset[Role]:
    """Return the roles that the route lets in; none: anybody, without a token."""
    found = (getattr(each.call, "roles", frozenset[Role]()) for each in route.dependant.dependencies)
    return frozenset[Role]().union(*found)


def allow(*roles: Role) -> Any:  # noqa: ANN401 -- FastAPI's marker
    """Return the dependency that lets these roles in."""

    def enter(
        request: Request, shown: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
    ) -> Iterator[Visit]:
        house: House = request.app.state.house
        now = house.clock()
        with house.opened() as app:
            token = _token(house, app, shown.credentials if shown else "", now)
            request.state.token = token.token_id
            house.limiter.take(token.token_id, now)
            if token.role not in roles:
                may = " or ".join(role.value for role in roles)
                raise RoleError(f"this is for {may}, not for {token.role.value}", hint="ask somebody who may")
            yield Visit(app, token, now, request)

    enter.__dict__["roles"] = frozenset(roles)
    return Depends(enter)


def _token(house: House, app: App, secret: str, now: datetime) -> Token:
    try:
        return app.access.find(secret, now)
    except AccessError:
        house.limiter.take(_NOBODY, now)
        raise
