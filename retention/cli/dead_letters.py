"""`retention event dead`: parcels that nobody could read."""

from __future__ import annotations

from typing import Annotated

import typer

from retention.app.dead_letters import SHORT
from retention.cli.output import AsJson, console, print_json, print_table
from retention.cli.workspace import now, opened

app = typer.Typer(help="Parcels that nobody could read: list, retry, drop.", no_args_is_help=True)

Numbers = Annotated[list[str], typer.Argument(help="As `retention event dead list` prints them.")]


@app.command("list")
def list_(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Print number, intake and reason; never what a parcel says."""
    with opened(context) as application:
        parcels = application.dead_letters()
    rows = [(parcel.parcel_id[:SHORT], parcel.intake, parcel.reason, parcel.received_at) for parcel in parcels]
    columns = ("parcel", "intake", "reason", "received")
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
        return
    print_table("Dead letters", columns, [(row[0], row[1], row[2].value if row[2] else "", row[3]) for row in rows])


@app.command()
def retry(
    context: typer.Context,
    numbers: Annotated[list[str] | None, typer.Argument(help="Which ones; all if left out.")] = None,
) -> None:
    """Let parcels wait again, after policy, map or retention.yaml was put right; then `retention event take`."""
    with opened(context) as application:
        revived = application.retry_parcels(numbers or [])
    console.print(f"{revived} wait again", highlight=False)


@app.command()
def drop(context: typer.Context, numbers: Numbers) -> None:
    """Remove for good what parcels say; that they came, and why they were dead, stays."""
    with opened(context) as application:
        dropped = application.drop_parcels(numbers, now())
    console.print(f"{dropped} dropped", highlight=False)
