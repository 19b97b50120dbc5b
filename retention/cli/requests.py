"""`retention request`: a person asks."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from retention.app.requesting import Arrival
from retention.cli.copies import standing
from retention.cli.options import Approver, instant, read_file
from retention.cli.output import AsJson, console, print_json, print_table
from retention.cli.volumes import bytes_behind
from retention.cli.workspace import now, opened
from retention.errors import InputError, Problem
from retention.identity import Answer
from retention.model.case import Case, CaseKind, CaseState
from retention.model.ids import CaseId, CategoryId
from retention.model.request_moves import Measure, RefusedItem
from retention.model.terms import Filer, Ground, Masked, Refusal, Right
from retention.requests import reason_of
from retention.requests.channels import Membership
from retention.requests.proof import Shown

app = typer.Typer(help="A person's request.", no_args_is_help=True)

CaseArgument = Annotated[str, typer.Argument(metavar="CASE", help="The case's number.")]
UNDER_WAY = {CaseState.APPLYING, CaseState.PARTIAL}
"""States in which one asks how far it is."""


class Decision(Enum):
    """What a person decided."""

    ACCEPT = "accept"
    DENY = "deny"


class Language(Enum):
    """In which the person is answered."""

    JA = "ja"
    EN = "en"


class Way(Enum):
    """How the person is answered."""

    POST = "post"
    EMAIL = "email"
    ACCOUNT = "account"


class OnPaper(Enum):
    """What a document must show."""

    NAME = "name"
    ADDRESS = "address"


Subject = Annotated[str, typer.Option(help="KEY=VALUE of the person; kept encrypted under the case's own key.")]
Channel = Annotated[str, typer.Option(help="How the request came in.")]
Regime = Annotated[str, typer.Option(help="The law the person asks under; else all of the policy's.")]
Asks = Annotated[Right, typer.Option(help="What is asked for.")]


@app.command("open")
def open_(
    context: typer.Context,
    subject: Subject,
    channel: Channel = "post",
    tenant: Annotated[str, typer.Option(help="KEY=VALUE of the tenant whose instruction this is.")] = "",
    instruction: Annotated[str, typer.Option(help="The id of the tenant's instruction, as recorded.")] = "",
    *,
    regime: Regime = "",
    right: Asks = Right.ERASURE,
    export_first: Annotated[
        bool, typer.Option("--export-first", help="An erasure that waits until the person has an export.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Open a case; prints its number, which is all that is ever shown of the person.

    With --tenant and --instruction it is about what the tenant decides over, otherwise about what is the person's own.
    `receive` takes a request of which more is known.
    """
    if bool(tenant) != bool(instruction):
        missing = "--instruction" if tenant else "--tenant"
        problem = Problem(where=missing, expected="both --tenant and --instruction, or neither", found="one of them")
        raise InputError("nobody can say on whose word this rests", problems=(problem,))
    with opened(context) as application:
        if tenant:
            case = application.open_instructed(subject, tenant, instruction, now())
        else:
            case = application.open_request(subject, channel, now(), regime or None, right=right)
        first = application.open_export_first(case.case_id, now()) if export_first else None
        offered = application.offers_export() and right is Right.ERASURE and not tenant
    then = "decide {0} accept" if tenant else "identify {0} --document KIND"
    print_case(case, as_json=as_json, then=f"retention request {then.format(case.case_id)}")
    if first is not None and not as_json:
        console.print(f"{first.case_id}: the export that it waits for", highlight=False)
    elif offered and not as_json:
        console.print("the policy promises an export: offer it before the erasure (--export-first)", highlight=False)


@app.command()
def receive(
    context: typer.Context,
    subject: Subject,
    channel: Channel = "post",
    right: Asks = Right.ERASURE,
    *,
    regime: Regime = "",
    received: Annotated[str, typer.Option(help="When it arrived, if before now. ISO 8601.")] = "",
    filer: Annotated[Filer, typer.Option(help="Who asks.")] = Filer.PERSON,
    language: Annotated[Language, typer.Option(help="In which the person is answered.")] = Language.JA,
    reply: Annotated[Way, typer.Option(help="How the person is answered.")] = Way.POST,
    address: Annotated[Path | None, typer.Option(help="A file with the address; kept encrypted.")] = None,
    letter: Annotated[Path | None, typer.Option(help="The letter; the same again is the same request.")] = None,
    submission: Annotated[str, typer.Option(help="The sender's id of it; the same again is the same request.")] = "",
    item: Annotated[list[str] | None, typer.Option(help="A category that it names; several times.")] = None,
    ground: Annotated[Ground | None, typer.Option(help="Why the person asks.")] = None,
    place: Annotated[str, typer.Option(help="Where the person is: JP, DE, US-CA; else every law of the policy.")] = "",
    belongs: Annotated[Membership, typer.Option(help="To the group that the channel is open to.")] = Membership.NONE,
    as_json: AsJson = False,
) -> None:
    """Take a request as it came in; prints its case's number. The same request twice is one case."""
    with opened(context) as application:
        arrival = Arrival(
            application.subject_of(subject),
            channel,
            right,
            regime or None,
            instant(received, "--received") if received else None,
            filer,
            language.value,
            reply.value,
            None if address is None else read_file(address).decode(),
            tuple(CategoryId(name) for name in item or ()),
            ground,
            place or None,
            belongs,
            None if letter is None else read_file(letter),
            submission or None,
        )
        case = application.receive(arrival, now())
    print_case(case, as_json=as_json, then=f"retention request identify {case.case_id} --document KIND")


@app.command()
def identify(
    context: typer.Context,
    case: CaseArgument,
    document: Annotated[list[str], typer.Option(help="The kind of document that proved the identity; several times.")],
    by: Approver,
    *,
    legible: Annotated[
        list[Masked] | None, typer.Option(help="What should be covered on the first and is not.")
    ] = None,
    without: Annotated[list[OnPaper] | None, typer.Option(help="What the first does not show.")] = None,
    authority: Annotated[str, typer.Option(help="For an agent: the kind of paper that shows he may.")] = "",
    as_json: AsJson = False,
) -> None:
    """Note that the requester's identity was proven, and to whom; a paper with which something is wrong is none."""
    bare, read = without or (), frozenset(legible or ())
    first = Shown(document[0], OnPaper.NAME not in bare, OnPaper.ADDRESS not in bare, read)
    papers = (first, *map(Shown, document[1:]))
    with opened(context) as application:
        identified = application.identify(CaseId(case), papers, now(), by=by, authority=authority or None)
    print_case(identified, as_json=as_json, then=f"retention request decide {case} accept")


@app.command()
def decide(
    context: typer.Context,
    case: CaseArgument,
    decision: Annotated[Decision, typer.Argument(help="A person decides; never a program.")],
    by: Approver,
    reason: Annotated[list[str] | None, typer.Option(help="Why it is denied, as a code; several times.")] = None,
    *,
    refuse: Annotated[list[str] | None, typer.Option(help="CATEGORY=CODE that an acceptance leaves out.")] = None,
    explanation: Annotated[Path | None, typer.Option(help="The reasons in words, as the person is told them.")] = None,
    instead: Annotated[Measure | None, typer.Option(help="What is done in place of what was asked.")] = None,
    as_json: AsJson = False,
) -> None:
    """Accept or deny the request: a person, by name, with reasons where it is denied."""
    with opened(context) as application:
        if decision is Decision.ACCEPT:
            left_out = refused_items(refuse or ())
            decided = application.accept(CaseId(case), now(), by=by, refused=left_out, instead=instead)
        else:
            codes = [reason_of(code, "--reason") for code in reason or ("not-retained-data",)]
            words = None if explanation is None else read_file(explanation)
            decided = application.refuse_case(CaseId(case), codes, now(), by=by, explanation=words, instead=instead)
    print_case(decided, as_json=as_json, then=f"retention plan request {case}")


def refused_items(texts: Sequence[str]) -> tuple[RefusedItem, ...]:
    """Read `CATEGORY=CODE`, several of one category together.

    Raises:
        InputError: one is not of that form, or its code is none.

    """
    found: dict[str, list[Refusal]] = {}
    for text in texts:
        category, _, code = text.partition("=")
        found.setdefault(category, []).append(reason_of(code, "--refuse"))
    return tuple(RefusedItem(CategoryId(name), tuple(codes)) for name, codes in found.items())


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
    print_case(opened_case, as_json=as_json, then=f"retention plan request {opened_case.case_id}")


@app.command()
def show(context: typer.Context, case: CaseArgument, *, as_json: AsJson = False) -> None:
    """Print one case."""
    with opened(context) as application:
        found = application.context.ledger.cases.get(CaseId(case))
        lines = application.copies(now(), found.case_id)
        so_far = application.so_far(found.case_id)
    print_case(found, as_json=as_json)
    if found.state in UNDER_WAY and not as_json and (behind := bytes_behind(so_far)):
        console.print(behind, highlight=False)
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


def print_case(case: Case, *, as_json: bool, then: str = "") -> None:
    """Print a case, and what to do next."""
    if as_json:
        print_json(case)
        return
    due = f", answer by {case.due_at:%Y-%m-%d %H:%M %Z}" if case.due_at else ""
    console.print(f"{case.case_id}: {case.kind.value} {case.state.value}{due}", highlight=False)
    if then and case.state.value == "open":
        console.print(f"next: {then}", highlight=False)
