"""`retention doctor`: is everything there that a run needs?"""

from __future__ import annotations

import typer

from retention.cli.options import State
from retention.cli.output import AsJson, console, print_json, print_table
from retention.cli.workspace import now
from retention.health import Examined
from retention.wiring import examine


def doctor(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Look at software, files, clock, buckets, queues, ledger, keys, log, mail and Airflow; change nothing.

    Exit 0: all is well. Exit 1: something is to be done; each line says what.
    """
    state: State = context.obj
    examined = examine(state.folder, now())
    findings = sum(len(each.findings) for each in examined)
    if as_json:
        print_json({"well": not findings, "checks": examined})
    else:
        print_table("Checks", ("check", "found"), [(each.check, _said(each)) for each in examined])
        for each in examined:
            for problem in each.findings:
                console.print(f"{each.check.value}: {problem}", markup=False, highlight=False, soft_wrap=True)
        console.print(f"{findings} to be mended" if findings else "all is well", highlight=False)
    if findings:
        raise typer.Exit(1)


def _said(each: Examined) -> str:
    if each.findings:
        return f"{len(each.findings)} to be mended"
    return each.not_looked or "well"
