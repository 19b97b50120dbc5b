"""`retention datamap`: does the map still fit the live systems?"""

from __future__ import annotations

from typing import Annotated

import typer

from retention.cli.output import AsJson, console, print_json, print_table
from retention.cli.workspace import now, opened
from retention.model.ids import PlanId

app = typer.Typer(help="Where the data is.", no_args_is_help=True)


@app.command()
def check(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Compare the map with the live systems; anything that does not fit exits 1."""
    with opened(context) as application:
        findings = application.check_datamap()
        count = len(application.context.datamap.datasets)
    if as_json:
        print_json({"findings": findings})
    elif findings:
        print_table("Drift", ("code", "where", "what"), [(f.code, f.where, f.text) for f in findings])
    else:
        console.print(f"{count} datasets fit the live systems")
    if findings:
        raise typer.Exit(1)


@app.command()
def expect(
    context: typer.Context,
    plan: Annotated[str, typer.Argument(metavar="[PLAN]", help="Only what this plan touches, in its case.")] = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Have Great Expectations look whether the map holds: columns, types, keys, references; anything amiss exits 1.

    What was seen is evidence: types of expectations, verdicts and counts, and never a value.
    """
    with opened(context) as application:
        looks = application.expect_map(now(), PlanId(plan) if plan else None)
    rows = [(name, len(look.verdicts), len(look.failed), look.digest[:16]) for name, look in looks.items()]
    if as_json:
        print_json({name: {"digest": look.digest, "verdicts": look.verdicts} for name, look in looks.items()})
    else:
        print_table("Expected of the map", ("dataset", "expectations", "amiss", "digest"), rows)
        wrong = [
            (n, v.expectation, v.column, f"{v.unexpected} of {v.elements}") for n, k in looks.items() for v in k.failed
        ]
        if wrong:
            print_table("Amiss", ("dataset", "expectation", "column", "unexpected"), wrong)
    if any(look.failed for look in looks.values()):
        raise typer.Exit(1)
