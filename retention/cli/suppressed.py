"""`retention suppressed`: must this person's data stay out? What ingestion asks before it takes data in."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from retention.app.sources import source_of
from retention.app.suppressed import Arrival
from retention.cli.options import instant
from retention.cli.output import AsJson, console, print_json
from retention.cli.workspace import now, opened
from retention.model.ids import DatasetId


def suppressed(
    context: typer.Context,
    subject: Annotated[
        str, typer.Argument(metavar="KEY=VALUE", help="Of the person; `-`: one KEY=VALUE a line on standard input.")
    ],
    *,
    dataset: Annotated[str, typer.Option(help="Where the data is to go: app.customers. Anywhere if left out.")] = "",
    written: Annotated[str, typer.Option(help="When it was written: newer than the erasure is new. ISO 8601.")] = "",
    source: Annotated[str, typer.Option(help="Who sends it, as a code: then a re-scan can tell of the sender.")] = "",
    as_json: AsJson = False,
) -> None:
    """Exit 0: it may come in. 1: it was erased and must stay out. 2: wrong input. 4: nobody knows; keep it out.

    Of standard input only the numbers of lines are printed, from 1.
    """
    arrival = Arrival(
        DatasetId(dataset) if dataset else None,
        instant(written, "--written") if written else None,
        source_of(source) if source else None,
    )
    with opened(context) as application:
        if subject == "-":
            found = [place + 1 for place in application.which_suppressed(sys.stdin, now(), arrival)]
        else:
            found = [1] if application.suppressed(subject, now(), arrival) else []
    if as_json:
        print_json({"suppressed": bool(found), "lines": found})
    elif subject == "-":
        console.print("\n".join(map(str, found)) or "none is suppressed", highlight=False)
    else:
        console.print("suppressed: it must not come back" if found else "not suppressed")
    if found:
        raise typer.Exit(1)
