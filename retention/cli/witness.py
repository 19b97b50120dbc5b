"""`retention witness`: cosign the logs of others, so that none can show two histories."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from retention.cli.output import AsJson, console, print_json, print_table
from retention.cli.workspace import now
from retention.witness import WitnessFolder, WitnessServer

app = typer.Typer(help="A witness of other people's logs: init, serve, show.", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The witness's folder.")]


@app.command()
def init(
    folder: Folder,
    name: Annotated[str, typer.Option(help="The witness's name: a URL without scheme, like auditor.example/w1.")],
    log: Annotated[list[str], typer.Option(help="The verifier key of a log to be watched; may be repeated.")],
) -> None:
    """Make a witness with a key of its own; print the line for policy files."""
    witness = WitnessFolder.make(folder, name, log)
    short = name.rpartition("/")[2]
    console.print(f"witness {short} {witness.cosigner.vkey}", markup=False, highlight=False, soft_wrap=True)


@app.command()
def serve(
    folder: Folder,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 takes a free one.")] = 8090,
) -> None:
    """Answer logs until interrupted; put a TLS proxy in front where others can listen."""
    witness = WitnessFolder(folder)
    with witness.serving(), WitnessServer(witness, now, (host, port)) as server:
        console.print(f"{witness.cosigner.name} at {server.url}", markup=False, highlight=False, soft_wrap=True)
        try:
            server.serve_forever(poll_interval=0.2)
        except KeyboardInterrupt:
            return


@app.command()
def show(folder: Folder, *, as_json: AsJson = False) -> None:
    """Print what was last signed for each log. Exit 1 if a log has shown two histories."""
    known = WitnessFolder(folder).known()
    if as_json:
        print_json(known)
    else:
        rows = [(log.origin, log.size, log.root, log.contradictions) for log in known]
        print_table("Logs", ("log", "size", "root", "contradictions"), rows)
    if any(log.contradictions for log in known):
        raise typer.Exit(1)
