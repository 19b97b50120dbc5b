"""`retention hold`: pause disposal for a person."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from retention.cli.output import AsJson, console, print_json, print_table
from retention.cli.workspace import now, opened
from retention.model.ids import HoldId

app = typer.Typer(help="Holds that people place.", no_args_is_help=True)


class Reason(Enum):
    """Why disposal is paused."""

    LITIGATION = "litigation"
    DISPUTE = "dispute"
    INVESTIGATION = "investigation"
    AUTHORITY_ORDER = "authority-order"


@app.command()
def place(
    context: typer.Context,
    subject: Annotated[str, typer.Option(help="KEY=VALUE of the person; kept as a keyed digest only.")],
    reason: Annotated[Reason, typer.Option(help="Why.")],
) -> None:
    """Pause disposal for a person; plans made before no longer apply."""
    with opened(context) as application:
        hold = application.place_hold(subject, reason.value, now())
    console.print(f"{hold.hold_id} placed ({reason.value})", highlight=False)


@app.command()
def release(context: typer.Context, hold: Annotated[str, typer.Argument(metavar="HOLD")]) -> None:
    """End the pause; what fell due meanwhile is due with the next sweep."""
    with opened(context) as application:
        application.release_hold(HoldId(hold), now())
    console.print(f"{hold} released", highlight=False)


@app.command("list")
def list_(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Print all holds, oldest first."""
    with opened(context) as application:
        found = application.context.ledger.holds.all()
    if as_json:
        print_json(
            [{"hold": h.hold_id, "reason": h.reason, "placed": h.placed_at, "released": h.released_at} for h in found]
        )
        return
    rows = [(hold.hold_id, hold.reason, hold.placed_at, hold.released_at) for hold in found]
    print_table("Holds", ("hold", "reason", "placed", "released"), rows)
