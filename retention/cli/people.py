"""`retention evidence` for people: confirm, certificates and receipts, epochs, reports."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from retention.cli.options import State
from retention.cli.output import AsJson, console, print_json, print_table
from retention.cli.workspace import now, opened
from retention.errors import FoundError, InputError
from retention.evidence.receipt import Receipt, read_receipt
from retention.model.ids import CaseId
from retention.model.subject import SubjectKey

epoch = typer.Typer(help="Epochs: until when it can be asked who was meant.", no_args_is_help=True)

KeyOption = Annotated[str, typer.Option(help="The verifier key you were given by another way.")]


def register(app: typer.Typer) -> None:
    """Add these commands to `retention evidence`."""
    app.command()(confirm)
    app.command()(certificate)
    app.command()(report)
    app.command()(expire)
    app.add_typer(epoch, name="epoch")


def confirm(
    context: typer.Context,
    bundle: Annotated[Path | None, typer.Argument(metavar="BUNDLE", help="The bundle's file.")] = None,
    *,
    subject: Annotated[str, typer.Option(help="KEY=VALUE, as the person is known; it is printed nowhere.")],
    receipt: Annotated[Path | None, typer.Option(help="The person's receipt: offline, without a workspace.")] = None,
    key: KeyOption = "",
    as_json: AsJson = False,
) -> None:
    """Was this person erased? Exit 0 yes, 1 not found or broken, 3 nobody can tell any more."""
    state: State = context.obj
    vkey = key or pinned(state.folder)
    if (bundle is None) == (receipt is None):
        raise InputError("expected a BUNDLE or --receipt FILE, found both or neither")
    if receipt is not None:
        _confirm_receipt(receipt, subject, vkey, as_json=as_json)
        return
    assert bundle is not None  # noqa: S101 -- narrows the type; refused above
    content = _read(bundle)
    with opened(context) as application:
        found = application.confirm(content, subject, vkey)
        origin = application.context.log.origin
    if as_json:
        print_json(found)
        return
    for case in found:
        under = f", under {', '.join(case.under)}" if case.under else ""
        _say(f"yes: erased in case {case.case_id}{under}, proven by entry {case.index} of the log {origin}")
        _say(f"     {case.at}: {', '.join(case.actions) or 'nothing of it lay in a store'}")
        for line in case.kept:
            _say(f"     kept: {line}")


def _confirm_receipt(file: Path, subject: str, vkey: str | None, *, as_json: bool) -> None:
    name, sign, value = subject.partition("=")
    if not sign or not name or not value:
        raise InputError("--subject: expected KEY=VALUE, found no `=` or an empty side")
    try:
        found = read_receipt(_read(file), vkey)
    except InputError as error:
        raise InputError(f"--key: {error.message}", hint="give it as name+keyid+base64") from None
    if not found.is_about(SubjectKey(name, value)):
        raise FoundError("no: the receipt is authentic and not about this person, or not by this key's name")
    if as_json:
        print_json(_facts(found, pinned=vkey is not None))
        return
    case = found.statement
    _say(
        f"yes: erased in case {case.case_id}, under plan {case.plan_digest[:16]}…, "
        f"proven by entry {found.index} of the log {found.checkpoint.origin}"
    )
    _say(f"     sealed {case.at}; checkpoint of {found.checkpoint.size} entries")
    if vkey is None:
        _say("     NOT PINNED: compare the key with the published one, or use --key")


def _facts(found: Receipt, *, pinned: bool) -> dict[str, object]:
    case = found.statement
    return {
        "case_id": case.case_id,
        "at": case.at,
        "plan_digest": case.plan_digest,
        "index": found.index,
        "origin": found.checkpoint.origin,
        "size": found.checkpoint.size,
        "pinned": pinned,
    }


def certificate(
    context: typer.Context,
    case: Annotated[str, typer.Argument(metavar="CASE", help="The case's number.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder.")],
) -> None:
    """Write the person's certificate (ja, en; HTML, and PDF where the extra is installed) and the receipt."""
    with opened(context) as application:
        files = application.certificate(CaseId(case), output)
    for file in files:
        _say(f"{file}: {file.stat().st_size} bytes")
    _say_what_is_missing(files)


def report(
    context: typer.Context,
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder.")],
    *,
    since: Annotated[str, typer.Option("--from", help="The first day: 2026-04-01.")],
    until: Annotated[str, typer.Option("--to", help="The last day.")],
) -> None:
    """Write the audit report of a period: what was due, done, late, withheld, failed (ja, en; HTML and PDF)."""
    first, last = _day(since, "--from"), _day(until, "--to")
    if last < first:
        raise InputError(f"--to: expected a day from {first} on, found {last}")
    with opened(context) as application:
        files = application.audit_report(first, last, output, now())
    for file in files:
        _say(f"{file}: {file.stat().st_size} bytes")
    _say_what_is_missing(files)


def expire(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Let go of every epoch, receipt and remainder whose time is over (as retention.yaml says); the log stays."""
    with opened(context) as application:
        gone = application.expire_evidence(now())
    if as_json:
        print_json(gone)
        return
    _say(f"epochs destroyed: {', '.join(gone.epochs) or 'none'}")
    _say(f"receipts removed: {gone.receipts}")
    _say(f"rejected cases shredded: {', '.join(gone.cases) or 'none'}")


@epoch.command("list")
def list_epochs(context: typer.Context, *, as_json: AsJson = False) -> None:
    """List the epochs and until when each can be asked."""
    with opened(context) as application:
        found = application.epochs()
    if as_json:
        print_json(found)
        return
    rows = [(e.name, e.destroy_at, e.destroyed_at, e.key_check) for e in found]
    print_table("Epochs", ("epoch", "kept until", "destroyed", "check value"), rows)


@epoch.command()
def destroy(
    context: typer.Context, name: Annotated[str, typer.Argument(metavar="EPOCH", help="The epoch: a year.")]
) -> None:
    """Destroy an epoch's key and openings: from then on nobody can say who was meant. Refused before its day."""
    with opened(context) as application:
        gone = application.destroy_epoch(name, now())
    _say(f"epoch {gone.name} destroyed: key with check value {gone.key_check}, and all its openings")


def pinned(folder: Path) -> str | None:
    """Return the key that this workspace has pinned, if there is one."""
    file = folder / "evidence.vkey"
    return file.read_text(encoding="utf-8").strip() if file.is_file() else None


def _say_what_is_missing(files: list[Path]) -> None:
    if not any(file.suffix == ".pdf" for file in files):
        _say("no PDF was written: pip install 'retention[pdf]'")


def _day(text: str, where: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"{where}: expected a day like 2026-04-01, found {text[:20]!r}") from None


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InputError(f"{file} cannot be read ({error.strerror})") from None


def _say(text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
