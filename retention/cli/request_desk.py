"""`retention request …`, the desk's part: asking for what is missing, papers, fees, dates, and the answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, assert_never

import typer

from retention.app.ruling import Ruling
from retention.cli.options import Approver, read_file
from retention.cli.output import AsJson, console, print_json, print_table
from retention.cli.requests import CaseArgument, app
from retention.cli.workspace import now, opened
from retention.model.ids import CaseId
from retention.model.request import Request
from retention.model.request_moves import Finding, Lengthening, Wait
from retention.requests.fees import Charge
from retention.requests.findings import Need, Worksheet
from retention.requests.grounds import Judgement, NoGround, NotGiven, Owed, Promised

For = Annotated[list[Wait], typer.Option("--for", help="What the requester has to supply; several times.")]
Letter = Annotated[Path, typer.Option(help="What the person was told; only its keyed digest is kept.")]


@app.command()
def wait(context: typer.Context, case: CaseArgument, what: For, by: Approver, *, as_json: AsJson = False) -> None:
    """Note that the requester was asked for something; the day of arrival stays."""
    with opened(context) as application:
        request = application.ask(CaseId(case), what, now(), by=by)
    _print(request, as_json=as_json)


@app.command()
def supply(context: typer.Context, case: CaseArgument, what: For, by: Approver, *, as_json: AsJson = False) -> None:
    """Note that it came."""
    with opened(context) as application:
        request = application.supply(CaseId(case), what, now(), by=by)
    _print(request, as_json=as_json)


@app.command()
def fee(
    context: typer.Context,
    case: CaseArgument,
    by: Approver,
    *,
    amount: Annotated[int, typer.Option(help="What is asked for, in the currency's own unit.")] = 0,
    currency: Annotated[str, typer.Option(help="ISO 4217.")] = "JPY",
    paid: Annotated[bool, typer.Option("--paid", help="It was paid in full.")] = False,
    waived: Annotated[bool, typer.Option("--waived", help="It will not be taken.")] = False,
    as_json: AsJson = False,
) -> None:
    """Ask for a fee (--amount), or note that it was --paid or --waived; only where law and policy let one be taken."""
    with opened(context) as application:
        if paid or waived:
            request = application.settle_fee(CaseId(case), now(), by=by, waived=waived)
        else:
            request = application.charge(CaseId(case), amount, currency, now(), by=by)
    _print(request, as_json=as_json)


@app.command()
def acknowledge(
    context: typer.Context, case: CaseArgument, letter: Letter, by: Approver, *, as_json: AsJson = False
) -> None:
    """Note that receipt was confirmed to the person."""
    with opened(context) as application:
        request = application.acknowledge_request(CaseId(case), read_file(letter), now(), by=by)
    _print(request, as_json=as_json)


@app.command()
def investigate(
    context: typer.Context,
    case: CaseArgument,
    finding: Annotated[Finding, typer.Argument(help="What was found.")],
    by: Approver,
    *,
    report: Annotated[Path | None, typer.Option(help="The report; kept with the papers.")] = None,
    as_json: AsJson = False,
) -> None:
    """Note what an investigation found; it takes back a grant that was not carried out."""
    with opened(context) as application:
        content = None if report is None else read_file(report)
        request = application.investigate(CaseId(case), finding, now(), by=by, report=content)
    _print(request, as_json=as_json)


@app.command()
def weigh(
    context: typer.Context,
    case: CaseArgument,
    by: Approver,
    *,
    harm: Annotated[bool, typer.Option("--harm/--no-harm", help="Whether harm to the person is likely.")],
    need: Annotated[list[Need] | None, typer.Option(help="What outweighs it; several times.")] = None,
    as_json: AsJson = False,
) -> None:
    """Weigh likely harm against the needs to go on (APPI guideline 3-8-5-1); the outcome is the finding."""
    with opened(context) as application:
        request = application.weigh(CaseId(case), Worksheet(harm, frozenset(need or ()), by), now())
    _print(request, as_json=as_json)


@app.command()
def extend(
    context: typer.Context,
    case: CaseArgument,
    regime: Annotated[str, typer.Option(help="The law whose date is put off to its latest.")],
    reason: Annotated[Lengthening, typer.Option(help="Why it takes longer.")],
    *,
    letter: Letter,
    by: Approver,
    as_json: AsJson = False,
) -> None:
    """Put a law's date off: the person was told why, in time."""
    with opened(context) as application:
        request = application.extend(CaseId(case), regime, reason, read_file(letter), now(), by=by)
    _print(request, as_json=as_json)


@app.command()
def redirect(
    context: typer.Context,
    case: CaseArgument,
    whom: Annotated[str, typer.Option(help="A code: tenant, client, other-controller.")],
    by: Approver,
    *,
    letter: Annotated[Path | None, typer.Option(help="What the person was told.")] = None,
    as_json: AsJson = False,
) -> None:
    """Note that the person was told whom to ask; nothing is touched, and the papers are destroyed."""
    with opened(context) as application:
        content = None if letter is None else read_file(letter)
        request = application.redirect(CaseId(case), whom, now(), by=by, letter=content)
    _print(request, as_json=as_json)


@app.command()
def withdraw(context: typer.Context, case: CaseArgument, by: Approver, *, as_json: AsJson = False) -> None:
    """Note that the requester wants nothing any more; the papers are destroyed."""
    with opened(context) as application:
        request = application.withdraw_request(CaseId(case), now(), by=by)
    _print(request, as_json=as_json)


@app.command()
def done(
    context: typer.Context,
    case: CaseArgument,
    by: Approver,
    *,
    report: Annotated[Path | None, typer.Option(help="What whoever looked again saw.")] = None,
    about: Annotated[list[str] | None, typer.Option(help="A purpose that consent is withdrawn from.")] = None,
    as_json: AsJson = False,
) -> None:
    """Note what was done without a plan: by hand, and --by looked again (--report); or by an event (--about)."""
    with opened(context) as application:
        if report is not None:
            request = application.done_by_hand(CaseId(case), read_file(report), now(), by=by)
        else:
            request = application.done_by_event(CaseId(case), about or (), now())
    _print(request, as_json=as_json)


@app.command()
def answer(
    context: typer.Context, case: CaseArgument, letter: Letter, by: Approver, *, as_json: AsJson = False
) -> None:
    """Note that the person was told the outcome; the papers are destroyed and the file is closed."""
    with opened(context) as application:
        request = application.answer(CaseId(case), read_file(letter), now(), by=by)
    _print(request, as_json=as_json)


@app.command()
def paper(
    context: typer.Context,
    case: CaseArgument,
    file: Annotated[Path, typer.Argument(help="The paper; kept encrypted until the answer.")],
    kind: Annotated[str, typer.Option(help="A document of the policy, or letter, authority, other.")],
    by: Approver,
    *,
    as_json: AsJson = False,
) -> None:
    """Put a paper into the request's drawer."""
    with opened(context) as application:
        kept = application.keep_paper(CaseId(case), kind, read_file(file), now(), by=by)
    if as_json:
        print_json(kept)
        return
    console.print(f"{case}: {kept.kind} {kept.digest[:12]}", highlight=False)


@app.command()
def look(
    context: typer.Context,
    case: CaseArgument,
    digest: Annotated[str, typer.Argument(help="The paper, as `history` and `paper` name it.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write it; remove it when you have decided.")],
    by: Approver,
) -> None:
    """Take a paper out to decide on the request; that you looked is recorded first."""
    with opened(context) as application:
        content = application.see_paper(CaseId(case), digest, now(), by=by)
    output.touch(mode=0o600)
    output.write_bytes(content)
    console.print(f"{output}: {len(content)} bytes", highlight=False)


@app.command()
def history(context: typer.Context, case: CaseArgument, *, as_json: AsJson = False) -> None:
    """Print everything that happened to a request, and where it stands."""
    with opened(context) as application:
        request, moves = application.request(CaseId(case)), application.request_moves(CaseId(case))
    if as_json:
        print_json({"request": request, "moves": moves})
        return
    rows = [(f"{move.at:%Y-%m-%d %H:%M}", type(move.what).__name__, (move.by or "program")[:14]) for move in moves]
    print_table(case, ("at", "what", "by"), rows)
    _print(request, as_json=False)


@app.command()
def rules(context: typer.Context, case: CaseArgument, *, as_json: AsJson = False) -> None:
    """Say what law and text allow in a request, and who answers; nothing is decided."""
    with opened(context) as application:
        found = application.ruling(CaseId(case), now())
    if as_json:
        print_json(found)
        return
    print_table(f"{case}: {found.right.value}", ("question", "answer"), list(_answers(found)))


def _answers(found: Ruling) -> Iterator[tuple[str, str]]:
    """Yield the rules' questions and answers."""
    yield "laws", ", ".join(found.laws) or "none"
    yield "ground", _ground(found.ground)
    if found.unconsented:
        yield "held without consent", f"{', '.join(found.unconsented)} (ground: unlawful-use)"
    if found.shown:
        yield "shown by facts", ", ".join(ground.value for ground in found.shown)
    yield "looked into first", "yes" if found.finding_first else "no"
    yield "may be refused for", ", ".join(found.refusals) or "nothing"
    yield "fee", f"{found.fee.amount} {found.fee.currency}" if isinstance(found.fee, Charge) else "none"
    yield "proof", found.proof.value
    yield "documents", ", ".join(found.documents)
    yield "covered on them", ", ".join(found.covered) or "nothing"
    if found.authority:
        yield "agent shows", " or ".join(found.authority)
    if found.consult:
        yield "agent", "the desk is consulted first; with the paper he is admitted"
    if found.instead:
        yield "in its place", ", ".join(measure.measure.value for measure in found.instead)
    if found.same_as is not None:
        yield "asked already in", found.same_as
    yield "refused and extended by", found.signed_by
    for other in found.ask or ():
        yield "ask instead" if not found.own else "ask for the rest", other.title.get("en") or other.key


def _ground(judgement: Judgement) -> str:
    match judgement:
        case Owed(articles):
            return f"owed under {', '.join(articles)}"
        case Promised():
            return "promised by the text, wider than the law"
        case NoGround(known):
            return f"none given that counts; known: {', '.join(ground.value for ground in known)}"
        case NotGiven():
            return "no law gives it and the text does not offer it"
        case _:
            assert_never(judgement)


@app.command()
def warn(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Say of which dates the desk is to be told now, each once; finish what a dead process left of papers."""
    with opened(context) as application:
        told = application.warn(now())
    if as_json:
        print_json(told)
        return
    rows = [(each.case_id, each.warning.warned, each.warning.regime, each.warning.day) for each in told]
    print_table("Dates of requests", ("case", "what", "law", "date"), rows)


def _print(request: Request, *, as_json: bool) -> None:
    if as_json:
        print_json(request)
        return
    waits = ", ".join(sorted(wait.value for wait in request.waiting_for))
    tail = f", waiting for {waits}" if waits else ""
    due = f", answer by {request.due_on}" if request.answered_at is None else ""
    console.print(f"{request.case_id}: {request.right.value} {request.state.value}{tail}{due}", highlight=False)
