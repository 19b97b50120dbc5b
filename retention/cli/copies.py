"""`retention backups`: copies that remain, and until when."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Annotated

import typer

from retention.app.copies import Line
from retention.cli.output import AsJson, console, copies_until, print_json, print_table
from retention.cli.workspace import now, opened
from retention.errors import SystemFailure
from retention.model.case import CaseState
from retention.model.copies import CopyFinding, UseTests
from retention.model.horizons import latest
from retention.model.ids import CaseId, CopyId, HoldId, SystemId

app = typer.Typer(help="Copies that remain: until when, and why.", invoke_without_command=True)


class Answer(Enum):
    """An answer to one of the four tests."""

    YES = "yes"
    NO = "no"


@app.callback()
def backups(
    context: typer.Context,
    *,
    case: Annotated[str | None, typer.Option(metavar="CASE", help="Print this case's copies alone.")] = None,
    as_json: AsJson = False,
) -> None:
    """Look for every copy that a case waits for, close cases, and print where something remains, until when and why."""
    if context.invoked_subcommand is not None:
        return
    with opened(context) as application:
        moment = now()
        case_id = CaseId(case) if case else None
        state = application.context.ledger.cases.get(case_id).state if case_id else None
        followed = application.follow_up(moment)
        lines = application.copies(moment, case_id)
        state = application.context.ledger.cases.get(case_id).state if case_id else state
    if as_json:
        told = {"closed": [each.case_id for each in followed.closed], "findings": followed.findings}
        print_json(told | {"horizons": [_row(line) for line in lines]})
    else:
        _print_lines(lines)
        if case_id and state:
            console.print(f"{case_id}: {standing(state, lines)}", highlight=False)
        for each in followed.closed:
            console.print(f"{each.case_id}: closed, nothing remains", highlight=False)
        _print_findings(followed.findings)
    _leave(followed.findings, followed.unreachable)


@app.command()
def check(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Hold the stores' own settings against what was declared; changes nothing, exits 1 if something is wrong."""
    with opened(context) as application:
        survey = application.survey_copies()
    if as_json:
        print_json({"systems": survey.registered, "findings": survey.findings})
    else:
        rows = [
            (r.system, r.layout, r.cadence, r.expire, r.removed_by, r.region, r.lock, len(r.copies))
            for r in survey.registered
        ]
        columns = ("system", "kind", "every", "gone after", "removed by", "region", "lock", "copies")
        print_table("Systems of copies", columns, rows)
        _print_findings(survey.findings)
    _leave(survey.findings, survey.unreachable)


@app.command()
def hold(
    context: typer.Context,
    copy: Annotated[str, typer.Argument(metavar="COPY", help="SYSTEM/NAME, as `retention backups` prints it.")],
    placed: Annotated[str, typer.Argument(metavar="HOLD", help="A hold that is in force.")],
) -> None:
    """Keep a copy under a hold: it is withheld, not late. Its store must be told to keep it, too."""
    with opened(context) as application:
        application.hold_copy(CopyId(copy), HoldId(placed), now())
    console.print(f"{copy}: withheld under {placed}", highlight=False)


@app.command("beyond-use")
def beyond_use(
    context: typer.Context,
    system: Annotated[str, typer.Argument(metavar="SYSTEM")],
    *,
    by: Annotated[str, typer.Option("--by", help="Who answers; kept as a keyed reference.")],
    no_decisions: Annotated[Answer, typer.Option("--no-decisions", help="Is it used for no decision about anyone?")],
    no_access: Annotated[Answer, typer.Option("--no-access", help="Does no other organisation get access?")],
    secured: Annotated[Answer, typer.Option("--secured", help="Is it guarded, technically and organisationally?")],
    will_delete: Annotated[Answer, typer.Option("--will-delete", help="Is it committed to deletion when possible?")],
) -> None:
    """Record someone's answers to the four tests of "beyond use" for a system of copies."""
    with opened(context) as application:
        tests = UseTests(
            system=SystemId(system),
            no_decisions=no_decisions is Answer.YES,
            no_access=no_access is Answer.YES,
            secured=secured is Answer.YES,
            will_delete=will_delete is Answer.YES,
            attester_ref=application.context.ledger.secret_reference(by),
            attested_at=now(),
        )
        application.attest_use(tests)
    verdict = "beyond use" if tests.beyond_use else "NOT beyond use"
    console.print(f"{system}: {verdict}, by {tests.attester_ref[:10]}", highlight=False)


def _print_lines(lines: Sequence[Line]) -> None:
    rows = [
        (
            line.horizon.case_id,
            line.horizon.what,
            line.horizon.kind,
            line.horizon.region,
            line.horizon.until or "nobody can say",
            line.horizon.why,
            f"withheld ({line.held_by})" if line.state == "withheld" else line.state,
            _use(line),
        )
        for line in lines
    ]
    print_table("Copies", ("case", "what", "kind", "region", "until", "why", "state", "beyond use"), rows)


def _row(line: Line) -> dict[str, object]:
    horizon = line.horizon
    return {
        "case_id": horizon.case_id,
        "system": horizon.system,
        "what": horizon.what,
        "kind": horizon.kind,
        "region": horizon.region,
        "until": horizon.until,
        "why": horizon.why,
        "gone_at": horizon.gone_at,
        "state": line.state,
        "held_by": line.held_by,
        "beyond_use": line.tests,
    }


def _use(line: Line) -> str:
    if line.tests is None:
        return "not answered"
    verdict = "yes" if line.tests.beyond_use else "NO"
    return f"{verdict}, {line.tests.attester_ref[:10]} {line.tests.attested_at:%Y-%m-%d}"


def standing(state: CaseState, lines: Sequence[Line]) -> str:
    """Say how a case stands, as it may be told to the person."""
    left = [line.horizon.until for line in lines if line.state != "gone"]
    if state not in (CaseState.SEALED, CaseState.CLOSED):
        return str(state.value)
    return f"erased; {copies_until(latest(left))}" if left else "erased; nothing remains"


def _print_findings(findings: Sequence[CopyFinding]) -> None:
    for found in findings:
        line = f"{found.fault.value}: {found.what} in {found.system}: expected {found.expected}, found {found.found}"
        console.print(line, style="yellow", markup=False, highlight=False, soft_wrap=True)


def _leave(findings: Sequence[CopyFinding], unreachable: Sequence[SystemFailure]) -> None:
    """End with what could not be reached, else with what was found."""
    if unreachable:
        raise unreachable[0]
    if findings:
        raise typer.Exit(1)
