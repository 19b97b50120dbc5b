"""`retention canary`: synthetic people who show, again and again, that erasing works everywhere."""

from __future__ import annotations

from typing import Annotated

import typer

from retention.cli.output import AsJson, console, print_json, print_table
from retention.cli.workspace import now, opened
from retention.model.canary import CanaryId

app = typer.Typer(help="Canaries: plant, run, check, list.", no_args_is_help=True)


@app.command()
def plant(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Write one synthetic person into every mapped store that can take it."""
    with opened(context) as application:
        canary = application.plant_canary(now())
    if as_json:
        print_json({"canary_id": canary.canary_id, "case_id": canary.case_id, "rows": canary.rows})
    else:
        console.print(
            f"{canary.canary_id}: planted in {len(canary.rows)} datasets, case {canary.case_id}", markup=False
        )


@app.command()
def run(
    context: typer.Context,
    canary: Annotated[str, typer.Argument(metavar="[CANARY]", help="One that is planted; else one is planted.")] = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Erase a canary by the normal road and look for all of them everywhere. Exit 1 names the store of a survivor."""
    with opened(context) as application:
        canary_id = CanaryId(canary) if canary else application.plant_canary(now()).canary_id
        application.erase_canary(canary_id, now())
        seen = application.check_canaries(now())
    if as_json:
        print_json({"canary_id": canary_id, "looked_in": seen.looked_in, "unreached": list(seen.unreached)})
    else:
        console.print(f"{canary_id}: gone from all {seen.looked_in} datasets", markup=False, highlight=False)
        for system in seen.unreached:
            console.print(f"{system}: not reached, not looked at", markup=False, highlight=False)


@app.command()
def check(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Look for every erased canary, also in restored systems. Exit 1 names the store of a survivor."""
    with opened(context) as application:
        seen = application.check_canaries(now())
    if as_json:
        print_json({"looked_in": seen.looked_in, "unreached": list(seen.unreached)})
    else:
        console.print(f"no canary in {seen.looked_in} datasets", markup=False, highlight=False)


@app.command("list")
def show(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Print all canaries; those whose rows stand with their keys, so that statistics can leave them out."""
    with opened(context) as application:
        known = application.known_canaries()
    if as_json:
        print_json(known)
        return
    rows = [(k.canary_id, k.state, k.planted_at, k.looked_at, len(k.rows), k.case_id) for k in known]
    print_table("Canaries", ("canary", "state", "planted", "looked", "datasets", "case"), rows)
