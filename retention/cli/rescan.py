"""`retention rescan` and `retention readmit`: is anybody back whom we erased, and who may be."""

from __future__ import annotations

from typing import Annotated

import typer

from retention.app.readmitting import Reason
from retention.app.rescans import Look, RescanReport
from retention.cli.options import Approver
from retention.cli.output import AsJson, console, print_json, print_table
from retention.cli.workspace import now, opened
from retention.model.ids import CaseId


def rescan(
    context: typer.Context,
    *,
    case: Annotated[str, typer.Option(help="Look at this case now, due or not, and plan anew what is back.")] = "",
    as_json: AsJson = False,
) -> None:
    """Look again at every completed case that is due; plan what must go again.

    Exit 1: somebody is back (a plan waits for approval), or it was looked too late.
    """
    with opened(context) as application:
        report = application.rescan(now(), CaseId(case) if case else None)
    if as_json:
        print_json(report)
    else:
        _print(report)
    if report.is_finding:
        raise typer.Exit(1)


def _print(report: RescanReport) -> None:
    rows = [
        (look.case_id, look.round, f"{look.seen.value}{', late' * look.late}", _where(look)) for look in report.looks
    ]
    print_table("Looked at again", ("case", "round", "seen", "where"), rows)
    if report.readmitted:
        console.print(f"{report.readmitted} keys of people who came back as they may", highlight=False)
    for plan in report.plans:
        console.print(f"{plan.case_id}: plan {plan.plan_id}, digest {plan.digest}", highlight=False, soft_wrap=True)


def _where(look: Look) -> str:
    return "; ".join(
        f"{place.dataset}: {place.rows} rows"
        + (f" since {place.since:%Y-%m-%d %H:%M}" if place.since else "")
        + f", from {', '.join(place.sources) or 'nobody known'}"
        for place in look.found_in
    )


def readmit(
    context: typer.Context,
    subject: Annotated[str, typer.Option(help="KEY=VALUE of the person who may be here again.")],
    reason: Annotated[Reason, typer.Option(help="Why: what the data rests on from now on.")],
    by: Approver,
) -> None:
    """Let somebody who was erased come back: what is kept of him from now on is not erased again."""
    with opened(context) as application:
        keys = application.readmit(subject, reason, by, now())
    console.print(f"{keys} keys may come back from now on", highlight=False)
