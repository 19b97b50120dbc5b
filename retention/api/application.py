"""The application: routers, errors, hygiene."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from importlib.metadata import version
from typing import Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from retention.api import problems
from retention.api.calls import response
from retention.api.desks import mount
from retention.api.hygiene import Hygiene
from retention.api.limits import Limiter, Rate
from retention.api.resources import cases, evidence, holds, orders, plans, requests
from retention.api.shapes import ProblemShape
from retention.api.visiting import Clock, House, OpenApp, roles_of
from retention.errors import RetentionError
from retention.model.access import Answer
from retention.serving import Answering

_SAID: dict[int | str, dict[str, Any]] = {
    status: {"description": text, "content": {problems.KIND: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    for status, text in (
        (400, "The body is no JSON."),
        (401, "No valid token was shown."),
        (403, "The token's role may not, or nobody allows his own plan."),
        (404, "There is no such thing."),
        (409, "It must not be done as it stands, or has changed; nothing was touched."),
        (413, "The body is too large."),
        (414, "The address is too long: nothing belongs there but numbers of ours."),
        (415, "Another type of body."),
        (422, "What was sent is wrong; every problem at once."),
        (429, "Too many calls; see Retry-After."),
        (500, "A defect of ours."),
        (502, "A system behind us refused or answered nonsense."),
        (503, "A system could not be reached, or somebody is at it; safe to send again, see Retry-After."),
    )
}


def make_api(
    open_app: OpenApp, clock: Clock, rate: Rate | None = None, desks: Mapping[str, Answering] | None = None
) -> ASGIApp:
    """Return the API over the workspace that `open_app` opens; `desks` are other protocols by path (`desks.mount`)."""
    made = make_application(open_app, clock, rate)
    mount(made, desks or {})
    return Hygiene(made)  # type: ignore[arg-type, return-value]  # ASGI's own types are looser


def make_application(open_app: OpenApp, clock: Clock, rate: Rate | None = None) -> FastAPI:
    """Return the application behind the hygiene; no cross-origin calls, no pages that load from elsewhere."""
    made = FastAPI(
        title="retention",
        version=version("retention"),
        description="Policy, plan, approve, apply, verify, prove. Nothing personal stands in an address or an answer.",
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses=_SAID,
        redirect_slashes=False,
        dependencies=[Depends(_refuse_unknown_query)],
    )
    made.state.house = House(open_app, clock, Limiter(rate or Rate()))
    for resource in (requests, cases, evidence, plans, holds, orders):
        made.include_router(resource.router)
    _tell_errors(made)
    _complete(made)
    return made


def _refuse_unknown_query(request: Request) -> None:
    """Nothing stands in an address that the route does not name: it would stand in other people's logs."""
    route = request.scope.get("route")
    known = {str(part.alias) for part in route.dependant.query_params} if isinstance(route, APIRoute) else set[str]()
    given = [name for name, _ in request.query_params.multi_items()]
    if set(given) - known or len(set(given)) < len(given):
        expected = ", ".join(sorted(known)) or "nothing"
        raise RequestValidationError(
            [{"type": "query", "loc": ("query",), "msg": f"{expected}, each once", "input": ""}]
        )


def _tell_errors(made: FastAPI) -> None:
    async def ours(_: Request, error: Exception) -> Response:
        assert isinstance(error, RetentionError)  # noqa: S101 -- registered for these alone
        return _told(problems.answer_of(error), problems.headers_of(error))

    async def of_the_form(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 -- registered for these alone
        return _told(problems.of_the_form(error.errors()))

    async def of_http(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 -- registered for these alone
        return _told(problems.of_http(error.status_code, str(error.detail)), dict(error.headers or {}))

    made.add_exception_handler(RetentionError, ours)
    made.add_exception_handler(RequestValidationError, of_the_form)
    made.add_exception_handler(HTTPException, of_http)
    made.middleware("http")(_defects)


async def _defects(request: Request, call: Callable[[Request], Awaitable[Response]]) -> Response:
    """Tell a defect of ours by its kind, and let no traceback out, into the answer or a log."""
    try:
        return await call(request)
    except Exception as error:  # noqa: BLE001 -- the last line of defence
        return _told(problems.defect(type(error).__name__))


def _told(answer: Answer, headers: dict[str, str] | None = None) -> Response:
    said = response(answer)
    said.headers.update(headers or {})
    return said


def _complete(made: FastAPI) -> None:
    """Say in the schema what holds for every route: problems, and which roles may. Made when it is first asked for."""
    plain = made.openapi

    def openapi() -> dict[str, Any]:
        if made.openapi_schema is None:
            made.openapi_schema = _completed(plain(), made)
        return made.openapi_schema

    made.openapi = openapi  # type: ignore[method-assign]  # FastAPI's way of extending it


def _completed(schema: dict[str, Any], made: FastAPI) -> dict[str, Any]:
    for route in (each for each in made.routes if isinstance(each, APIRoute)):
        for method in route.methods:
            operation = schema["paths"][route.path][method.lower()]
            operation["x-roles"] = sorted(role.value for role in roles_of(route))
            operation["responses"]["422"] = _SAID[422]
    problem = ProblemShape.model_json_schema(ref_template="#/components/schemas/{model}")
    schema["components"]["schemas"] |= problem.pop("$defs")
    schema["components"]["schemas"]["Problem"] = problem
    return schema
