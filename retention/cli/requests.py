"""`retention request`: a person asks."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from retention.cli.copies import standing
from retention.cli.options import Approver
from retention.cli.output import AsJson, console, print_json, print_table
from retention.cli.workspace import now, opened
from retention.errors import InputError, Problem
from retention.identity import Answer
from retention.model.case import Case, CaseKind, CaseState
from retention.model.ids import CaseId
from retention.model.terms import Right

app = typer.Typer(help="A person's request.", no_args_is_help=True)

CaseArgument = Annotated[str, typer.Argument(metavar="CASE", help="The case's number.")]


class Asked(Enum):
    """What a request may ask for."""

    ERASURE = "erasure"
    SUSPENSION = "suspension"
    DISCLOSURE = "disclosure"
    PROVISION_RECORD_DISCLOSURE = "provision-record-disclosure"
    PURPOSE_NOTIFICATION = "purpose-notification"
    PORTABILITY = "portability"


class Decision(Enum):
    """What a person decided."""

    ACCEPT = "accept"
    DENY = "deny"


@app.command("open")
def open_(
    context: typer.Context,
    subject: Annotated[str, typer.Option(help="KEY=VALUE of the person; kept encrypted under the case's own key.")],
    channel: Annotated[str, typer.Option(help="How the request came in.")] = "post",
    tenant: Annotated[str, typer.Option(help="KEY=VALUE of the tenant whose instruction this is.")] = "",
    instruction: Annotated[str, typer.Option(help="The id of the tenant's instruction, as recorded.")] = "",
    *,
    regime: Annotated[str, typer.Option(help="The law the person asks under; else all of the policy's.")] = "",
    right: Annotated[Asked, typer.Option(help="What is asked for.")] = Asked.ERASURE,
    export_first: Annotated[
        bool, typer.Option("--export-first", help="An erasure that waits until the person has an export.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Open a case; prints its number, which is all that is ever shown of the person.

    With --tenant and --instruction it is about what the tenant decides over, otherwise about what is the person's own.
    """
    if bool(tenant) != bool(instruction):
        missing = "--instruction" if tenant else "--tenant"
        problem = Problem(where=missing, expected="both --tenant and --instruction, or neither", found="one of them")
        raise InputError("nobody can say on whose word this rests", problems=(problem,))
    with opened(context) as application:
        if tenant:
            case = application.open_instructed(subject, tenant, instruction, now())
        else:
            case = application.open_request(subject, channel, now(), regime or None, right=Right(right.value))
        first = application.open_export_first(case.case_id, now()) if export_first else None
        offered = application.offers_export() and right is Asked.ERASURE and not tenant
    then = "decide {0} accept" if tenant else "identify {0} --document KIND"
    _print(case, as_json=as_json, then=f"retention request {then.format(case.case_id)}")
    if first is not None and not as_json:
        console.print(f"{first.case_id}: the export that it waits for", highlight=False)
    elif offered and not as_json:
        console.print("the policy promises an export: offer it before the erasure (--export-first)", highlight=False)


@app.command()
def identify(
    context: typer.Context,
    case: CaseArgument,
    document: Annotated[str, typer.Option(help="The kind of document that proved the identity.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Note that the requester's identity was proven."""
    with opened(context) as application:
        identified = application.identify(CaseId(case), document, now())
    _print(identified, as_json=as_json, then=f"retention request decide {case} accept")


@app.command()
def decide(
    context: typer.Context,
    case: CaseArgument,
    decision: Annotated[Decision, typer.Argument(help="A person decides; never a program.")],
    reason: Annotated[str, typer.Option(help="A denial's reason, as a code.")] = "not-retained-data",
    *,
    as_json: AsJson = False,
) -> None:
    """Accept or deny the request."""
    with opened(context) as application:
        if decision is Decision.ACCEPT:
            decided = application.accept(CaseId(case), now())
        else:
            decided = application.deny(CaseId(case), reason, now())
    _print(decided, as_json=as_json, then=f"retention plan request {case}")


@app.command()
def resolve(
    context: typer.Context,
    case: CaseArgument,
    answer: Annotated[Answer, typer.Argument(help="All of it is this one person's, or only what is not disputed.")],
    question: Annotated[str, typer.Option(help="The digest of the question, as `retention plan request` shows it.")],
    by: Approver,
) -> None:
    """Say who is meant, where keys do not tell; it counts for exactly the keys that were asked about."""
    with opened(context) as application:
        keys, in_doubt = application.resolve(CaseId(case), answer, question, decider=by, now=now())
    console.print(f"{case}: {answer.value}; {keys} keys are the person's", highlight=False)
    then = "something is still in doubt: " if in_doubt else "next: "
    console.print(f"{then}retention plan request {case}", highlight=False)


class LiftReason(Enum):
    """Why data may be used again."""

    CURED = "cured"
    GROUND_OVER = "ground-over"
    UNFOUNDED = "unfounded"
    WITHDRAWN = "withdrawn"


@app.command()
def lift(
    context: typer.Context,
    case: CaseArgument,
    reason: Annotated[LiftReason, typer.Option(help="Why; stated in the evidence.")],
    by: Approver,
    *,
    as_json: AsJson = False,
) -> None:
    """Open a case that ends what this case suspended; a person decides, and the plan is approved like any other."""
    with opened(context) as application:
        opened_case = application.open_lift(CaseId(case), reason.value, by, now())
    _print(opened_case, as_json=as_json, then=f"retention plan request {opened_case.case_id}")


@app.command()
def show(context: typer.Context, case: CaseArgument, *, as_json: AsJson = False) -> None:
    """Print one case."""
    with opened(context) as application:
        found = application.context.ledger.cases.get(CaseId(case))
        lines = application.copies(now(), found.case_id)
    _print(found, as_json=as_json)
    if found.state is CaseState.SEALED and not as_json:
        console.print(standing(found.state, lines), highlight=False)


@app.command("list")
def list_(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Print all requests, newest first."""
    with opened(context) as application:
        found = application.context.ledger.cases.all(CaseKind.REQUEST)
    if as_json:
        print_json(found)
        return
    rows = [(case.case_id, case.state, case.opened_at, case.due_at) for case in found]
    print_table("Requests", ("case", "state", "received", "answer by"), rows)


def _print(case: Case, *, as_json: bool, then: str = "") -> None:
    if as_json:
        print_json(case)
        return
    due = f", answer by {case.due_at:%Y-%m-%d %H:%M %Z}" if case.due_at else ""
    console.print(f"{case.case_id}: {case.kind.value} {case.state.value}{due}", highlight=False)
    if then and case.state.value == "open":
        console.print(f"next: {then}", highlight=False)
