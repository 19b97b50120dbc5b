"""`retention letters`: what people receive. No command prints a name or an address."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from retention.app.notices import Notice
from retention.cli.options import InLanguage, Lang, read_file
from retention.cli.output import AsJson, console, errors, print_json, print_table
from retention.cli.workspace import now, opened
from retention.errors import InputError, Problem
from retention.evidence import page, plain, printing
from retention.evidence.letter_samples import sample as sample_of
from retention.grammar import RESTRICTION_LIFT
from retention.model.ids import CaseId
from retention.model.letter import Happens, LetterId, LetterKind, Posted, Value
from retention.model.terms import Right
from retention.requests.incidents import Affected, Incident, Report, duty_of
from retention.requests.letters import next_try

app = typer.Typer(help="Letters to people.", no_args_is_help=True)

LetterArgument = Annotated[str, typer.Argument(metavar="LETTER", help="The letter's number.")]
Kind = Annotated[LetterKind, typer.Argument(help="What it tells.")]
Given = Annotated[
    list[str] | None, typer.Option("--set", help="NAME=TEXT that the case does not say; again for a list.")
]


@app.command()
def take(
    context: typer.Context,
    mail: Annotated[Path, typer.Argument(metavar="FILE", help="A mail as it came in (RFC 5322).")],
    right: Annotated[Right, typer.Option(help="What it asks for, as whoever has read it says.")] = Right.COMPLAINT,
    language: InLanguage = Lang.JA,
    *,
    as_json: AsJson = False,
) -> None:
    """Open a request that came by mail; the same mail again is the same request."""
    with opened(context) as application:
        case = application.take_mail(read_file(mail), right, language.value, now())
    if as_json:
        print_json(case)
    else:
        console.print(f"{case.case_id}: {right.value}; next: retention letters send", highlight=False)


@app.command("list")
def list_(
    context: typer.Context,
    case: Annotated[str, typer.Option(help="Of this case only.")] = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Print letters and where they are, oldest first."""
    with opened(context) as application:
        found = application.letters(case)
    if as_json:
        print_json([_told(posted) for posted in found])
        return
    rows = [(p.letter.letter_id, p.letter.way, p.stage, p.moves[-1].at, _next(p)) for p in found]
    print_table("Letters", ("letter", "by", "is", "since", "then"), rows)


@app.command()
def show(context: typer.Context, letter: LetterArgument, *, as_json: AsJson = False) -> None:
    """Print what happened to a letter; never what it says."""
    with opened(context) as application:
        found = application.letter(LetterId(letter))
    if as_json:
        print_json(_told(found))
        return
    print_table(letter, ("at", "what", "why"), [(move.at, move.stage, move.code) for move in found.moves])
    if found.may_arrive_twice:
        console.print("it may arrive twice: that it was taken was not heard; both have the same Message-ID")


@app.command()
def write(
    context: typer.Context,
    case: Annotated[str, typer.Argument(metavar="[CASE]", help="The case; else every letter that is due.")] = "",
    kind: Annotated[LetterKind | None, typer.Argument(help="What it tells.")] = None,
    given: Given = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Write what is due; or one letter, with what the desk says beside the case. It goes out with `letters send`."""
    with opened(context) as application:
        if kind is not None:
            written = [application.write_letter(CaseId(case), kind, _values(given or []), now())]
            lacking = []
        else:
            rounds = application.write_due_letters(now())
            written = [posted for found in rounds.values() for posted in found.written]
            lacking = [each for found in rounds.values() for each in found.lacking]
    if as_json:
        print_json([_told(posted) for posted in written])
    else:
        console.print(f"{len(written)} written: {', '.join(p.letter.letter_id for p in written)}", highlight=False)
    for due, error in lacking:
        errors.print(f"{due.letter_id} waits: {error}", markup=False, highlight=False, soft_wrap=True)
    if lacking:
        raise typer.Exit(1)


@app.command()
def send(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Write what is due and send what is written; what was not taken is tried again by the next run."""
    with opened(context) as application:
        done = application.send_letters(now())
    if as_json:
        print_json(done)
    else:
        parts = (
            ("sent", done.sent),
            ("to the mail room", done.handed_over),
            ("later", done.later),
            ("refused", done.refused),
            ("given up", done.given_up),
            ("lack something", done.lacking),
            ("contacted too late", done.late),
        )
        told = ", ".join(f"{len(which)} {name}" for name, which in parts)
        console.print(told, highlight=False)
    if done.refused or done.given_up or done.lacking or done.late:  # a person has to do something
        raise typer.Exit(1)
    if done.later:
        raise typer.Exit(4)


@app.command("print")
def print_(
    context: typer.Context,
    letter: LetterArgument,
    folder: Annotated[Path, typer.Option("-o", "--out", help="Where to.")],
) -> None:
    """Write one letter for a person to print and post; then `letters posted`."""
    with opened(context) as application:
        files = application.print_letter(LetterId(letter), folder, now())
    console.print("\n".join(map(str, files)), highlight=False, soft_wrap=True)


@app.command()
def posted(
    context: typer.Context,
    letters: Annotated[list[str], typer.Argument(metavar="LETTER...", help="The letters' numbers.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Note that letters were posted: they are sent, and what is kept of them is destroyed."""
    with opened(context) as application:
        found = application.note_posted([LetterId(letter) for letter in letters], now())
    if as_json:
        print_json([_told(each) for each in found])
    else:
        console.print(f"{len(found)} posted", highlight=False)


@app.command()
def notice(
    context: typer.Context,
    kind: Kind,
    name: Annotated[str, typer.Option(help="Tells it from others: the version, the service, the reference.")],
    people: Annotated[Path, typer.Option("--to", help='JSON lines: {"subject": "KEY=VALUE", "to": "Name <mail>"}.')],
    *,
    given: Given = None,
    purpose: Annotated[str, typer.Option(help="The purpose that ends when everybody was told; for contact data.")] = "",
    as_json: AsJson = False,
) -> None:
    """Write a notice to many: policy-change, breach, service-ended, lift-ahead. Again writes to nobody twice."""
    happens = Happens("notice.delivered", RESTRICTION_LIFT if kind is LetterKind.LIFT_AHEAD else name)
    if purpose:
        happens = Happens("purpose.accomplished", purpose, even_if_lost=True)
    with opened(context) as application:
        told = Notice(kind, name, _values(given or []), happens)
        recipients = application.recipients(read_file(people).decode("utf-8", "replace").splitlines())
        found = application.notify(told, recipients, now())
    if as_json:
        print_json([_told(each) for each in found])
    else:
        console.print(f"{len(found)} people; next: retention letters send", highlight=False)


@app.command()
def incident(
    known: Annotated[str, typer.Option(help="The day on which anybody knew, ISO 8601.")],
    people: Annotated[int, typer.Option(min=1, help="How many are affected.")],
    affected: Annotated[list[Affected] | None, typer.Option("--of", help="What it touched; several times.")] = None,
    *,
    encrypted: Annotated[bool, typer.Option("--encrypted", help="Under a strong key that is safe.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say whether a breach, a loss or a wrongful deletion must be reported (APPI 26), and by when."""
    day = _value(known)
    if not isinstance(day, date):
        problem = Problem(where="--known", expected="a day like 2026-11-23", found="something else")
        raise InputError("nobody can say by when", problems=(problem,))
    duty = duty_of(Incident(day, people, frozenset(affected or ()), encrypted))
    if as_json:
        print_json(duty)
    elif isinstance(duty, Report):
        console.print(f"report by {duty.preliminary_by} (first) and {duty.final_by} (in full)", highlight=False)
    else:
        console.print("the law asks for no report")
    if isinstance(duty, Report) and not as_json:
        console.print("tell the people: retention letters notice breach --name REFERENCE --to FILE", highlight=False)


@app.command()
def sample(
    folder: Annotated[Path, typer.Option("-o", "--out", help="Where to.")],
    kind: Annotated[LetterKind | None, typer.Argument(help="Only this one.")] = None,
    language: InLanguage = Lang.JA,
) -> None:
    """Write a sample of each letter, about an invented person: page, text and (with the extra `pdf`) paper."""
    folder.mkdir(parents=True, exist_ok=True)
    for each in LetterKind if kind is None else (kind,):
        document = sample_of(each, language.value).document
        contents = {"html": page.render(document).encode(), "txt": plain.render(document).encode()}
        printed = printing.to_pdf(document)
        for suffix, content in (contents if printed is None else {**contents, "pdf": printed}).items():
            (folder / f"{each.value}.{language.value}.{suffix}").write_bytes(content)
    console.print(str(folder), highlight=False, soft_wrap=True)


def _values(given: list[str]) -> dict[str, Value]:
    """Read NAME=TEXT: a date, true or false, a text; the same name again makes a list."""
    texts: dict[str, list[str]] = {}
    for each in given:
        name, sign, text = each.partition("=")
        if not (sign and name.isidentifier() and text.strip()):
            problem = Problem(where="--set", expected="NAME=TEXT", found="something else")
            raise InputError("the letter cannot be filled", problems=(problem,))
        texts.setdefault(name, []).append(text)
    return {name: _value(parts[0]) if len(parts) == 1 else tuple(parts) for name, parts in texts.items()}


def _value(text: str) -> Value:
    if text in ("true", "false"):
        return text == "true"
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text


def _told(found: Posted) -> dict[str, object]:
    letter = found.letter
    return {
        "letter": letter.letter_id,
        "about": letter.about,
        "kind": letter.kind,
        "way": letter.way,
        "stage": found.stage,
        "forgotten": found.is_forgotten,
        "may_arrive_twice": found.may_arrive_twice,
        "moves": list(found.moves),
    }


def _next(found: Posted) -> str:
    if found.is_over:
        return "forgotten" if found.is_forgotten else "to be forgotten"
    if found.stage.value == "later":
        return f"again from {next_try(found):%Y-%m-%d %H:%M %Z}"
    waits = {"handed-over": "letters posted, when it is", "refused": "letters print, by hand"}
    return waits.get(found.stage.value, "letters send")
