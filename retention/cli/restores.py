"""`retention restore`: the gate in front of restored stores."""

from __future__ import annotations

from typing import Annotated

import typer

from retention.app.gating import GateReport
from retention.cli.options import Taken, instant
from retention.cli.output import AsJson, console, print_json, print_table
from retention.cli.workspace import now, opened
from retention.model.ids import SystemId
from retention.model.restores import Verdict

app = typer.Typer(help="Restored stores: may it open? What was said of it.", no_args_is_help=True)


@app.command()
def gate(
    context: typer.Context,
    system: Annotated[str, typer.Argument(metavar="SYSTEM", help="The restored system's name in retention.yaml.")],
    *,
    taken: Taken = "",
    as_json: AsJson = False,
) -> None:
    """Exit 0: it may open. 1: not before what is printed is done. 4: it could not be looked at, so not either.

    It changes nothing in the store. Run it until it is 0; each verdict is evidence.
    """
    with opened(context) as application:
        report = application.restore_gate(SystemId(system), now(), instant(taken, "--taken") if taken else None)
    if as_json:
        print_json(report)
    else:
        _print(report)
    if report.verdict is Verdict.SHUT:
        raise typer.Exit(1)


def _print(report: GateReport) -> None:
    for finding in report.findings:
        console.print(f"{finding.code} {finding.where}: {finding.text}", highlight=False, markup=False, soft_wrap=True)
    for note in report.notes:
        line = f"note: {note.code} {note.where}: {note.text}"
        console.print(line, highlight=False, markup=False, soft_wrap=True, style="dim")
    looked = f"{report.suppressions} keys looked for in {report.looked_in} datasets"
    kept = f"; {report.found} people are kept by a hold or a law" if report.found else ""
    if report.verdict is Verdict.OPEN:
        console.print(f"{report.system} may open: {looked}{kept}; case {report.case_id}", style="green")
    else:
        console.print(f"{report.system} must not open: {looked}; case {report.case_id}", style="red")


@app.command("list")
def show(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Print every verdict on restored stores, oldest first."""
    with opened(context) as application:
        looks = application.restores()
    if as_json:
        print_json(looks)
        return
    rows = [
        (look.system, look.looked_at, look.verdict, look.found, ", ".join(look.findings), look.case_id)
        for look in looks
    ]
    print_table("Restored stores", ("system", "looked", "verdict", "people", "because", "case"), rows)
