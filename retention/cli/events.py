"""`retention event`: what happened, and starts or stops a clock."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from retention.app.sources import source_of
from retention.cli.output import console
from retention.cli.workspace import now, opened
from retention.errors import InputError, Problem

app = typer.Typer(help="Events that start and stop clocks.", no_args_is_help=True)


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


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        problem = Problem(where="--at", expected="ISO 8601, such as 2026-11-23T09:00:00+09:00", found=repr(text[:40]))
        raise InputError("nobody can say when the event happened", problems=(problem,)) from None
