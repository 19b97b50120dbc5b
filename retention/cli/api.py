"""`retention api`: the HTTP API and the tokens that open it."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from enum import Enum
from types import ModuleType
from typing import Annotated

import typer

from retention import drp, opendsr
from retention.cli.opendsr import keep_calling, office_of
from retention.cli.options import State
from retention.cli.output import AsJson, console, errors, print_json, print_table
from retention.cli.workspace import now, opened
from retention.errors import MissingExtraError
from retention.model.access import Role, Token, TokenId
from retention.serving import Answering
from retention.wiring import open_app, read_agents, read_workspace
from retention.wiring.agents import FILE as DRP
from retention.wiring.clients import FILE as OPENDSR

app = typer.Typer(help="The HTTP API: serve, openapi, token.", no_args_is_help=True)
tokens = typer.Typer(help="Bearer tokens: issue, list, revoke.", no_args_is_help=True)
app.add_typer(tokens, name="token")


class Issued(Enum):
    """For whom a token may be issued here; agents get theirs by their signature."""

    OPERATOR = "operator"
    APPROVER = "approver"
    AUDITOR = "auditor"
    PROCESSOR = "processor"


@app.command()
def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port.")] = 8092,
) -> None:
    """Answer until interrupted; put a TLS proxy in front.

    Where opendsr.yaml or drp.yaml stand beside retention.yaml, clients and authorized agents are answered too.
    """
    state: State = context.obj
    application, serving = _modules()
    with opened(context):
        pass  # a workspace that cannot be used is told here, not at the first call
    desks, done = dict[str, Answering](), threading.Event()
    if (state.folder / DRP).exists():
        business = read_agents(state.folder, read_workspace(state.folder).datamap)
        desks["drp"] = drp.Endpoint(business.name, business.agents, lambda: open_app(state.folder), now).answer
    if (state.folder / OPENDSR).exists():
        office = office_of(state.folder)
        desks["opendsr"] = opendsr.Endpoint(office, lambda: open_app(state.folder), now).answer
        threading.Thread(target=keep_calling, args=(state.folder, office, done), daemon=True).start()
    paths = ", ".join(["/v1", *(f"/{name}" for name in desks)])
    console.print(f"http://{host}:{port}: {paths}", markup=False, highlight=False, soft_wrap=True)
    try:
        serving.serve(application.make_api(lambda: open_app(state.folder), now, desks=desks), host, port)
    finally:
        done.set()


@app.command()
def openapi(context: typer.Context) -> None:
    """Print the OpenAPI description of every call."""
    state: State = context.obj
    application, _ = _modules()
    made = application.make_application(lambda: open_app(state.folder), now)
    typer.echo(json.dumps(made.openapi(), ensure_ascii=False, indent=2))


@tokens.command()
def issue(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who acts; for a processor its name in retention.yaml.")],
    role: Annotated[Issued, typer.Option(help="What it may do.")],
    days: Annotated[int, typer.Option(help="So many days it is good.", min=1, max=366)] = 90,
    *,
    as_json: AsJson = False,
) -> None:
    """Make a token and print it, here and never again: the ledger keeps its digest. The rest goes to standard error."""
    with opened(context) as application:
        moment = now()
        token, secret = application.access.issue(name, Role(role.value), moment, moment + timedelta(days=days))
    if as_json:
        print_json({**_told(token), "token": secret})
        return
    errors.print(f"{token.token_id}: {role.value}, until {token.expires_at:%Y-%m-%d}", highlight=False)
    typer.echo(secret)


@tokens.command("list")
def list_(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Print who holds tokens, of which role, and until when."""
    with opened(context) as application:
        found = application.access.all()
    if as_json:
        print_json([_told(token) for token in found])
        return
    rows = [(t.token_id, t.name, t.role, t.issued_at, t.expires_at, t.revoked_at) for t in found]
    print_table("Tokens", ("token", "name", "role", "issued", "expires", "revoked"), rows)


@tokens.command()
def revoke(
    context: typer.Context, token: Annotated[str, typer.Argument(metavar="TOKEN", help="Its number, `T-…`.")]
) -> None:
    """End a token at once."""
    with opened(context) as application:
        ended = application.access.revoke(TokenId(token), now())
    console.print(f"{ended.token_id}: revoked", highlight=False)


def _told(token: Token) -> dict[str, object]:
    return {
        "token_id": token.token_id,
        "name": token.name,
        "role": token.role,
        "issued_at": token.issued_at,
        "expires_at": token.expires_at,
        "revoked_at": token.revoked_at,
    }


def _modules() -> tuple[ModuleType, ModuleType]:
    """Load what needs the extra.

    Raises:
        MissingExtraError: FastAPI or uvicorn is not installed.

    """
    try:
        from retention.api import application, serving  # noqa: PLC0415 -- FastAPI comes with an extra
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"fastapi", "starlette", "uvicorn"}:
            raise
        raise MissingExtraError(f"the API needs {error.name}", hint="pip install 'retention[api]'") from error
    return application, serving
