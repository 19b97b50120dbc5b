"""`retention backups`: copies that remain, and until when."""

from __future__ import annotations

import typer

from retention.cli.output import AsJson, console, print_json, print_table
from retention.cli.workspace import now, opened


def backups(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Look for copies whose horizon has passed, close cases, and print what remains until when."""
    with opened(context) as application:
        closed = application.follow_up(now())
        horizons = application.context.ledger.copies.horizons()
    if as_json:
        print_json({"closed": [case.case_id for case in closed], "horizons": horizons})
        return
    rows = [(h.case_id, h.system, h.what, h.until, "gone" if h.gone_at else "there") for h in horizons]
    print_table("Copies", ("case", "system", "what", "until", "state"), rows)
    for case in closed:
        console.print(f"{case.case_id}: closed, nothing remains", highlight=False)
