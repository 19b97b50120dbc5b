"""`retention evidence`: what can be shown, and checked by anybody."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from retention.cli.options import State
from retention.cli.output import AsJson, console, errors, print_json, print_table
from retention.cli.workspace import now, opened
from retention.errors import InputError
from retention.evidence import Verifier, verifier, verifier_source
from retention.evidence.audit import AuditReport
from retention.evidence.audit import audit as audit_files
from retention.model.ids import CaseId
from retention.store import FolderTiles

app = typer.Typer(help="Evidence: show, export, verify.", no_args_is_help=True)

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
    content = _bytes(file)
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


@app.command()
def publish(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Publish what is new in the log: tiles, then the signed checkpoint."""
    with opened(context) as application:
        checkpoint = application.publish(now())
    if as_json:
        print_json({"origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root.hex()})
        return
    console.print(f"{checkpoint.size} entries, root {checkpoint.root.hex()}", highlight=False, soft_wrap=True)


@app.command()
def audit(
    context: typer.Context,
    log: Annotated[
        Path | None, typer.Option(help="A copy of the published files; needs no workspace but the key.")
    ] = None,
    key: Annotated[str, typer.Option(help="With --log: the verifier key you were given by another way.")] = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Hash the whole published log again and compare it with the signed root. Exit 1 names what does not fit."""
    if log is None:
        with opened(context) as application:
            report = application.audit_log()
    else:
        report = _audited_copy(log, key or _pinned(context.obj.folder) or "")
    if as_json:
        print_json(report)
        return
    text = (
        f"{report.size} entries in {report.bundles} bundles and {report.tiles} tiles give the signed root {report.root}"
    )
    console.print(text, highlight=False, soft_wrap=True)


@app.command()
def consistency(
    context: typer.Context,
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The checkpoint that was kept.")],
    new: Annotated[
        Path | None, typer.Argument(metavar="[NEW]", help="A later one; the published one if left out.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Prove that a later checkpoint continues an earlier one: nothing was rewritten. Exit 1 if not."""
    with opened(context) as application:
        found = application.consistency(_bytes(old), None if new is None else _bytes(new))
    if as_json:
        print_json(found)
        return
    text = (
        f"the log of {found.new_size} entries continues the one of {found.old_size}: {len(found.proof)} hashes prove it"
    )
    console.print(text, highlight=False, soft_wrap=True)


def _audited_copy(folder: Path, key: str) -> AuditReport:
    if not key:
        raise InputError("--log: expected --key, found none", hint="give it as name+keyid+base64")
    if not folder.is_dir():
        raise InputError(f"--log: expected a folder of published files, found none at {folder}")
    verifier_key = Verifier.parse(key)
    return audit_files(FolderTiles(folder).read, verifier_key, verifier_key.name)


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InputError(f"{file} cannot be read ({error.strerror})") from None


def _pinned(folder: Path) -> str | None:
    """Return the key that this workspace has pinned, if there is one."""
    pinned = folder / "evidence.vkey"
    return pinned.read_text(encoding="utf-8").strip() if pinned.is_file() else None
