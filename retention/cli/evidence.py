"""`retention evidence`: what can be shown, and checked by anybody."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from retention.cli import people
from retention.cli.options import State
from retention.cli.output import AsJson, console, errors, print_json, print_table
from retention.cli.workspace import opened
from retention.errors import InputError
from retention.evidence import verifier, verifier_source
from retention.model.ids import CaseId

app = typer.Typer(help="Evidence: show, export, verify, confirm, report.", no_args_is_help=True)
people.register(app)

CaseArgument = Annotated[str, typer.Argument(metavar="CASE", help="The case's number.")]


@app.command()
def show(context: typer.Context, case: CaseArgument, *, as_json: AsJson = False) -> None:
    """Print what the log states about a case."""
    with opened(context) as application:
        facts = verifier.verify(application.bundle(CaseId(case))).facts
    if as_json:
        print_json(facts)
        return
    print_table(f"Evidence of {case}", ("index", "kind", "at"), [(f.index, f.kind, f.at) for f in facts])


@app.command()
def export(
    context: typer.Context,
    case: CaseArgument,
    output: Annotated[Path, typer.Option("--output", "-o", help="The bundle's file.")],
    *,
    with_verifier: Annotated[bool, typer.Option(help="Put the single-file verifier beside it.")] = True,
) -> None:
    """Write one case's bundle: everything an auditor needs, in one file."""
    with opened(context) as application:
        content = application.bundle(CaseId(case))
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(content)
    if with_verifier:
        (output.parent / "verify_evidence.py").write_bytes(verifier_source())
    console.print(f"{output}: {len(content)} bytes", highlight=False, soft_wrap=True)


@app.command()
def verify(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="BUNDLE", help="The bundle's file.")],
    key: Annotated[str, typer.Option(help="The verifier key you were given by another way.")] = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Check a bundle, offline. Exit 1 names what is broken."""
    state: State = context.obj
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InputError(f"{file} cannot be read ({error.strerror})") from None
    try:
        report = verifier.verify(content, key or _pinned(state.folder))
    except ValueError as error:
        raise InputError(f"--key: {error}", hint="give it as name+keyid+base64") from None
    if as_json:
        print_json(report)
    elif report.authentic:
        console.print(verifier.summary(report), markup=False, highlight=False, soft_wrap=True, end="")
    if not report.authentic:
        errors.print(f"BROKEN: {report.broken}", style="bold red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1)


def _pinned(folder: Path) -> str | None:
    """Return the key that this workspace has pinned, if there is one."""
    pinned = folder / "evidence.vkey"
    return pinned.read_text(encoding="utf-8").strip() if pinned.is_file() else None
