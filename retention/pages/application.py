"""The pages as an application to be mounted: its routes, who may come in, and what holds for every answer.

Whoever mounts it says who visits (`Visitor`), by a dependency that refuses strangers with 401. There is no route
without it, and no route that changes anything: everything but GET is refused before anybody is asked who he is.
"""

from __future__ import annotations

import tempfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path as Folder
from typing import Annotated, Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, FastAPI, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from retention.api.problems import status_of
from retention.api.visiting import Clock, OpenApp
from retention.app import App
from retention.app.case_list import Choice, View
from retention.errors import RetentionError, RoleError, UnknownNameError
from retention.model.access import Role
from retention.model.case import CaseKind, CaseState
from retention.model.ids import CaseId, PlanId
from retention.pages import case, listing, parts
from retention.pages.case import Reader, RunLink
from retention.pages.parts import Place
from retention.pages.style import POLICY
from retention.pages.words import Words, language_of

READERS = frozenset({Role.OPERATOR, Role.APPROVER, Role.AUDITOR})
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_BUNDLE = "application/vnd.retention.bundle"
_NUMBER = r"-\d{8}-[a-z0-9]{6}$"
CaseNumber = Annotated[str, Path(pattern="^C" + _NUMBER)]


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who visits, and what he may."""

    name: str
    """As it stands beside his approvals."""
    roles: frozenset[Role]


Identify: TypeAlias = Callable[..., Any]
"""A dependency that returns a `Visitor`, or raises HTTPException 401."""
RunsOf: TypeAlias = Callable[[Visitor, CaseId, Sequence[PlanId]], Sequence[RunLink]]
"""Which runs carry a case out, of those that the visitor may see."""


@dataclass(frozen=True, slots=True)
class House:
    """What the pages need of whoever mounts them."""

    open_app: OpenApp
    clock: Clock
    identify: Identify
    runs_of: RunsOf
    sign_in: Callable[[Request], str]
    """Where strangers sign in, to come back to where they wanted to go."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One call by somebody who may come in here."""

    house: House
    visitor: Visitor
    app: App
    place: Place


router = APIRouter()


def identify() -> Visitor:
    """Say who visits; `House.identify` takes its place, and without one nobody comes in.

    Raises:
        HTTPException: 401, always.

    """
    raise HTTPException(HTTPStatus.UNAUTHORIZED)


def make_pages(house: House) -> FastAPI:
    """Return the application; no description of it is served, since nobody programs against pages."""
    made = FastAPI(title="retention", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    made.state.house = house
    made.dependency_overrides[identify] = house.identify
    made.include_router(router)
    _tell_errors(made, house)
    made.middleware("http")(_tidy)
    return made


def roles_of(route: APIRoute) -> frozenset[Role]:
    """Return the roles that the route lets in; none: it was forgotten, and the tests fail."""
    found = (getattr(each.call, "roles", frozenset[Role]()) for each in route.dependant.dependencies)
    return frozenset[Role]().union(*found)


def _allow(*roles: Role) -> Any:  # noqa: ANN401 -- FastAPI's marker
    def enter(request: Request, visitor: Annotated[Visitor, Depends(identify)]) -> Iterator[Visit]:
        if not visitor.roles & frozenset(roles):
            raise RoleError(", ".join(sorted(role.value for role in roles)))
        house: House = request.app.state.house
        with house.open_app() as app:
            yield Visit(house, visitor, app, _place(request, app.context.zone))

    enter.__dict__["roles"] = frozenset(roles)
    return Depends(enter)


Reading = Annotated[Visit, _allow(*READERS)]
Operating = Annotated[Visit, _allow(Role.OPERATOR)]


@router.get("/", response_class=HTMLResponse)
def list_cases(
    visit: Reading,
    view: Annotated[View, Query()] = View.ALL,
    state: Annotated[CaseState | Literal[""], Query()] = "",
    kind: Annotated[CaseKind | Literal[""], Query()] = "",
    before: Annotated[str, Query(pattern=rf"^(C{_NUMBER[:-1]})?$")] = "",
) -> str:
    """Show a page of the list."""
    choice = Choice(view, state or None, kind or None, CaseId(before) if before else None)
    return listing.render(visit.place, visit.app.list_cases(choice, visit.house.clock()))


@router.get("/cases/{case_id}", response_class=HTMLResponse)
def show_case(visit: Reading, case_id: CaseNumber) -> str:
    """Show a case."""
    view = visit.app.view_case(CaseId(case_id), visit.house.clock())
    runs = visit.house.runs_of(visit.visitor, view.case.case_id, view.plans)
    reference = visit.app.context.ledger.secret_reference(visit.visitor.name)
    return case.render(visit.place, view, Reader(reference, Role.OPERATOR in visit.visitor.roles, runs))


@router.get("/plans/{plan_id}", response_class=RedirectResponse)
def show_plan(visit: Reading, plan_id: Annotated[str, Path(pattern="^P" + _NUMBER)]) -> RedirectResponse:
    """Lead from a plan to its case."""
    case_id = visit.app.case_of_plan(PlanId(plan_id))
    return RedirectResponse(visit.place.link(f"/cases/{case_id}"), HTTPStatus.SEE_OTHER)


@router.get("/cases/{case_id}/evidence", response_class=Response)
def download_evidence(visit: Reading, case_id: CaseNumber) -> Response:
    """Give the case's bundle, for `retention evidence verify`; nothing personal is in it."""
    visit.app.context.ledger.cases.get(CaseId(case_id))
    return _file(visit.app.bundle(CaseId(case_id)), _BUNDLE, f"{case_id}.bundle.json")


@router.get("/cases/{case_id}/certificate/{language}.html", response_class=Response)
def download_certificate(visit: Operating, case_id: CaseNumber, language: Literal["ja", "en"]) -> Response:
    """Give what the person is told, once the case is sealed."""
    with tempfile.TemporaryDirectory() as folder:
        written = {path.name: path for path in visit.app.certificate(CaseId(case_id), Folder(folder))}
        content = written[f"certificate.{language}.html"].read_bytes()
    return _file(content, "text/html; charset=utf-8", f"{case_id}.certificate.{language}.html")


@router.get("/{rest:path}", response_class=HTMLResponse)
def nothing_there(visit: Reading, rest: str) -> HTMLResponse:
    """Say that there is no such page, to those who may come in."""
    del rest
    return HTMLResponse(_said(visit.place, "not-found", "not-found-text"), HTTPStatus.NOT_FOUND)


def _file(content: bytes, kind: str, name: str) -> Response:
    return Response(content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _place(request: Request, zone: ZoneInfo) -> Place:
    asked = request.query_params.get("lang")
    language = language_of(asked, request.headers.get("accept-language", ""))
    prefix = str(request.scope.get("root_path", ""))
    path = request.scope["path"].removeprefix(prefix) or "/"
    chosen = language if asked in ("ja", "en") else None
    return Place(prefix, Words(language, zone), chosen, path, dict(request.query_params))


def _said(place: Place, title: str, text: str, *values: object) -> str:
    return parts.message(place, place.words(title), place.words(text, *values))


def _tell_errors(made: FastAPI, house: House) -> None:
    """Answer errors with a page, and strangers with the way in."""

    def place(request: Request) -> Place:
        return _place(request, ZoneInfo("UTC"))  # no time is told on these pages

    async def ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, RetentionError)  # noqa: S101 -- registered for these alone
        here, status = place(request), status_of(error)
        if isinstance(error, RoleError):
            return HTMLResponse(_said(here, "shut", "shut-text", error.message), status)
        title = "not-found" if isinstance(error, UnknownNameError) else "refused"
        return HTMLResponse(parts.message(here, here.words(title), str(error)), status)

    async def of_the_form(request: Request, _: Exception) -> Response:
        return HTMLResponse(_said(place(request), "not-found", "not-found-text"), HTTPStatus.NOT_FOUND)

    async def of_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 -- registered for these alone
        here = place(request)
        if error.status_code != HTTPStatus.UNAUTHORIZED:
            title = here.words("refused")
            return HTMLResponse(
                parts.message(here, title, HTTPStatus(error.status_code).phrase),
                error.status_code,
                headers=dict(error.headers or {}),
            )
        link = (house.sign_in(request), here.words("sign-in"))
        text = parts.message(here, here.words("sign-in"), here.words("sign-in-text"), link)
        return HTMLResponse(text, HTTPStatus.UNAUTHORIZED)

    made.add_exception_handler(RetentionError, ours)
    made.add_exception_handler(RequestValidationError, of_the_form)
    made.add_exception_handler(HTTPException, of_http)


async def _tidy(request: Request, call: Callable[[Request], Awaitable[Response]]) -> Response:
    """Put the headers that hold for every answer, and let no traceback out: only a defect's kind is told."""
    try:
        said = await call(request)
    except Exception as error:  # noqa: BLE001 -- the last line of defence
        said = Response(f"defect: {type(error).__name__}", HTTPStatus.INTERNAL_SERVER_ERROR, media_type="text/plain")
    for name, value in HEADERS.items():
        said.headers[name] = value
    return said
