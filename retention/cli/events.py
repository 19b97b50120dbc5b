"""`retention event`: what happened, and starts or stops a clock."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from retention.app.sources import source_of
from retention.cli.dead_letters import app as dead_letters
from retention.cli.options import State
from retention.cli.output import AsJson, console, print_json, print_table
from retention.cli.workspace import now, opened
from retention.entrance import LARGEST_CALL, Entrance
from retention.errors import InputError, Problem
from retention.model.parcel import ParcelState
from retention.serving import BoundedServer
from retention.wiring import open_app, read_senders, read_workspace

app = typer.Typer(help="Events that start and stop clocks.", no_args_is_help=True)
app.add_typer(dead_letters, name="dead")


@app.command()
def record(  # noqa: PLR0917 -- Typer reads the parameters as the command's options
    context: typer.Context,
    kind: Annotated[str, typer.Argument(help="`account.closed`, `consent.withdrawn` …")],
    subject: Annotated[str, typer.Option(help="KEY=VALUE of the person; kept as a keyed digest only.")],
    event_id: Annotated[str, typer.Option("--id", help="The sender's id: a repeat changes nothing.")],
    at: Annotated[str, typer.Option(help="When it happened, ISO 8601 with a zone; now if left out.")] = "",
    about: Annotated[str, typer.Option(help="A purpose, policy version or period, by the event's kind.")] = "",
    source: Annotated[str, typer.Option(help="Who sends it, as a code: crm.")] = "",
) -> None:
    """Take one event."""
    moment = now()
    occurred_at = _instant(at) if at else moment
    with opened(context) as application:
        new = application.record_event(
            subject,
            kind,
            event_id=event_id,
            occurred_at=occurred_at,
            now=moment,
            about=about or None,
            source=source_of(source) if source else None,
        )
    console.print("recorded" if new else "known already; nothing changed")


@app.command("import")
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="JSON Lines.")],
    source: Annotated[str, typer.Option(help="Who sends it, as a code: crm. The file's name if left out.")] = "",
) -> None:
    """Take events from a file; a wrong line stops all of it, and every wrong line is named.

    Late words about people who were erased are not kept: they are counted, and the next re-scan tells of the sender.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file} cannot be read as UTF-8 text ({type(error).__name__})") from None
    with opened(context) as application:
        done = application.import_events(lines, file.name, now(), source_of(source) if source else None)
    console.print(f"{done.new} new events of {len(lines)}")
    if done.kept_out:
        console.print(f"{done.kept_out} about people who were erased: not kept", highlight=False)


@app.command()
def take(
    context: typer.Context,
    wait: Annotated[int, typer.Option(min=0, max=20, help="Seconds to wait for a queue that seems empty.")] = 1,
    *,
    as_json: AsJson = False,
) -> None:
    """Empty the queues of retention.yaml into the inbox, fold it, and open what cannot wait."""
    moment = now()
    with opened(context) as application:
        taken = application.take_parcels(moment, wait)
        folded = application.fold(moment)
    if as_json:
        print_json({"taken": taken, "folded": folded})
        return
    console.print(f"{taken.new} new parcels, {taken.known} known already", highlight=False)
    text = f"{folded.folded} folded, {folded.kept_out} about people who were erased, {folded.dead} dead"
    console.print(text, highlight=False)
    for case_id in folded.cases:
        console.print(f"opened at once: {case_id}", highlight=False)


@app.command()
def inbox(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Print how many parcels are where, and what events have set going that nobody has carried out."""
    with opened(context) as application:
        counts, started = application.parcels(), application.started()
    if as_json:
        print_json({"parcels": {state.value: number for state, number in counts.items()}, "started": started})
        return
    print_table(
        "Parcels", ("state", "parcels"), [(state.value, counts[state]) for state in ParcelState if state in counts]
    )
    for name in (*started.requests, *started.plans):
        console.print(f"to be carried out: {name}", highlight=False)


@app.command()
def doubts(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Print whose address somebody has to verify, by the sender's id of the bounce; exits with 1 if there is one.

    When it is right, record `contact.verified`; what nobody verifies goes when the policy says so.
    """
    with opened(context) as application:
        found = application.contacts_to_verify(now())
    if as_json:
        print_json(found)
    else:
        print_table("To verify", ("bounce", "sender", "since"), [(e.event_id, e.source or "", e.since) for e in found])
    if found:
        raise typer.Exit(1)


@app.command()
def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 takes a free one.")] = 8092,
) -> None:
    """Take events by POST /events until interrupted; put a TLS proxy in front."""
    state: State = context.obj
    senders = read_senders(read_workspace(state.folder).settings.events, state.folder)
    entrance = Entrance(senders, lambda: open_app(state.folder), now)
    with BoundedServer("events", entrance.answer, (host, port), LARGEST_CALL) as server:
        console.print(f"events of {len(senders)} senders at {server.url}/events", highlight=False, soft_wrap=True)
        try:
            server.serve_forever(poll_interval=0.2)
        except KeyboardInterrupt:
            return


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        problem = Problem(where="--at", expected="ISO 8601, such as 2026-11-23T09:00:00+09:00", found=repr(text[:40]))
        raise InputError("nobody can say when the event happened", problems=(problem,)) from None
