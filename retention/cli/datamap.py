"""`retention datamap`: does the map still fit the live systems?"""

from __future__ import annotations

import typer

from retention.cli.output import AsJson, console, print_json, print_table
from retention.cli.workspace import opened

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
