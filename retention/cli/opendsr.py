"""`retention opendsr`: we are the processor of clients, who send us requests to erase."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Annotated

import typer

from retention.cli.options import State
from retention.cli.output import AsJson, console, print_json, print_table
from retention.cli.workspace import now, opened
from retention.errors import RetentionError
from retention.opendsr import LARGEST_REQUEST, Endpoint, Office, call_clients, make_certificate, read_seal
from retention.serving import BoundedServer
from retention.wiring import open_app, read_clients, read_workspace

app = typer.Typer(
    help="Clients' requests to us as their processor: certificate, serve, call, list.", no_args_is_help=True
)

_CALL_EVERY = 30.0
"""Seconds between looks at what clients have not been told."""


@app.command()
def certificate(
    context: typer.Context,
    domain: Annotated[str, typer.Option(help="The domain in whose name answers are signed.")],
    folder: Annotated[str, typer.Option(help="Where the files are put, in the workspace.")] = "opendsr",
) -> None:
    """Make a key, a request for a certificate authority, and a provisional certificate."""
    state: State = context.obj
    key, request, provisional = make_certificate(domain, state.folder / folder, now())
    for what, path in (("key", key), ("request for an authority", request), ("certificate for 90 days", provisional)):
        console.print(f"{what}: {path}", markup=False, highlight=False, soft_wrap=True)


@app.command()
def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 takes a free one.")] = 8091,
) -> None:
    """Answer clients, and call them when something has changed, until interrupted; put a TLS proxy in front."""
    state: State = context.obj
    office, done = office_of(state.folder), threading.Event()
    endpoint = Endpoint(office, lambda: open_app(state.folder), now)
    with BoundedServer("opendsr", endpoint.answer, (host, port), LARGEST_REQUEST) as server:
        text = f"{office.seal.domain} for {len(office.clients)} clients at {server.url}"
        console.print(text, markup=False, highlight=False, soft_wrap=True)
        caller = threading.Thread(target=keep_calling, args=(state.folder, office, done), daemon=True)
        caller.start()
        try:
            server.serve_forever(poll_interval=0.2)
        except KeyboardInterrupt:
            return
        finally:
            done.set()


@app.command()
def call(context: typer.Context) -> None:
    """Tell clients what they have not been told, once. Exit 4 if one could not be reached: run it again later."""
    state: State = context.obj
    with opened(context) as application:
        taken, missed = call_clients(application, office_of(state.folder), now())
    console.print(f"{taken} calls taken, {missed} to be tried again", highlight=False)
    if missed:
        raise typer.Exit(4)


@app.command("list")
def list_(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Print what clients have asked for, and what they are told of it."""
    with opened(context) as application:
        found = application.clients.all()
    if as_json:
        print_json([{"request": request, "told": told} for request, told in found])
        return
    rows = [(r.client, r.request_id, t.case_id, t.progress, t.reason, t.due_at) for r, t in found]
    print_table("Clients' requests", ("client", "request", "case", "told", "why", "answer by"), rows)


def office_of(folder: Path) -> Office:
    """Read who we are to clients, and who they are; raises SettingsError."""
    desk = read_clients(folder, read_workspace(folder).datamap)
    seal = read_seal(desk.domain, desk.key, desk.certificate, now())
    return Office(desk.address, seal, desk.clients)


def keep_calling(folder: Path, office: Office, done: threading.Event) -> None:
    """Tell clients what they have not been told, now and then, until it is done."""
    while not done.wait(_CALL_EVERY):
        try:
            with open_app(folder) as application:
                call_clients(application, office, now())
        except RetentionError as error:
            console.print(f"clients were not called: {error}", markup=False, highlight=False, soft_wrap=True)
