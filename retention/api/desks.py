"""The desks of other protocols, each below its own path: they bring their own answers, errors and signatures."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.routing import Route

from retention.api.visiting import House
from retention.serving import Answering, Reply


def mount(made: FastAPI, desks: Mapping[str, Answering]) -> None:
    """Put each desk below `/NAME`; calls are counted by what is shown as token."""
    for name, desk in desks.items():
        route = Route(f"/{name}/{{rest:path}}", _asking(desk, name), methods=["GET", "POST", "DELETE"])
        made.router.routes.append(route)


def _asking(desk: Answering, name: str) -> Callable[[Request], Awaitable[Response]]:
    async def ask(request: Request) -> Response:
        house: House = request.app.state.house
        shown = request.headers.get("authorization", "")
        caller = hashlib.sha256(shown.encode()).hexdigest() if shown else "nobody"
        house.limiter.take(f"{name}:{caller}", house.clock())
        if request.url.query:
            return Response(status_code=HTTPStatus.BAD_REQUEST)
        headers = {key.lower(): value for key, value in request.headers.items()}
        reply: Reply = await run_in_threadpool(desk, request.method, request.url.path, headers, await request.body())
        return Response(reply.body, reply.status, dict(reply.headers), reply.kind)

    return ask
