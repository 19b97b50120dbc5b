"""`retention evidence`: what can be shown, and checked by anybody."""

from __future__ import annotations

from datetime import datetime, tzinfo
from pathlib import Path
from typing import Annotated, Literal

import typer

from retention.cli import people
from retention.cli.options import State
from retention.cli.output import AsJson, console, errors, print_json, print_table
from retention.cli.workspace import now, opened
from retention.errors import InputError, Problem
from retention.evidence import (
    OfCase,
    OfDataset,
    OfPeriod,
    OfRule,
    Scope,
    Verifier,
    browser_page,
    verifier,
    verifier_source,
)
from retention.evidence import verify as checked
from retention.evidence.audit import AuditReport
from retention.evidence.audit import audit as audit_files
from retention.evidence.witnessing import Witnessed
from retention.model.ids import CaseId, DatasetId, RuleId

app = typer.Typer(help="Evidence: show, export, verify, confirm, report.", no_args_is_help=True)
people.register(app)

CaseArgument = Annotated[str, typer.Argument(metavar="CASE", help="The case's number.")]


@app.command()
def show(context: typer.Context, case: CaseArgument, *, as_json: AsJson = False) -> None:
    """Print what the log states about a case."""
    with opened(context) as application:
        facts = checked(application.bundle(CaseId(case))).facts
    if as_json:
        print_json(facts)
        return
    print_table(f"Evidence of {case}", ("index", "kind", "at"), [(f.index, f.kind, f.at) for f in facts])


@app.command()
def export(
    context: typer.Context,
    output: Annotated[Path, typer.Option("--output", "-o", help="The bundle's file.")],
    case: Annotated[str, typer.Argument(metavar="[CASE]", help="The case's number.", show_default=False)] = "",
    *,
    case_option: Annotated[str, typer.Option("--case", metavar="CASE", help="One case.")] = "",
    period: Annotated[str, typer.Option(metavar="FROM..TO", help="A period; TO itself is not in it.")] = "",
    rule: Annotated[str, typer.Option(metavar="ID", help="Every case in which the rule or hold was applied.")] = "",
    dataset: Annotated[str, typer.Option(metavar="ID", help="Every case that touched the dataset.")] = "",
    with_verifier: Annotated[bool, typer.Option(help="Put the verifiers (Python, browser) beside it.")] = True,
) -> None:
    """Write a bundle: everything an auditor needs about a case, period, rule or dataset, in one file."""
    asked = {"CASE": case, "--case": case_option, "--period": period, "--rule": rule, "--dataset": dataset}
    with opened(context) as application:
        scope = _scope({name: value for name, value in asked.items() if value}, application.context.zone)
        content = application.bundle_about(scope, now())
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(content)
    if with_verifier:
        (output.parent / "verify_evidence.py").write_bytes(verifier_source())
        (output.parent / "verify_evidence.html").write_bytes(browser_page())
    console.print(f"{output}: {len(content)} bytes", highlight=False, soft_wrap=True)


def _scope(asked: dict[str, str], zone: tzinfo) -> Scope:
    """Return what the bundle is to be about.

    Raises:
        InputError: nothing or more than one thing was named, or the period cannot be read.

    """
    if len(asked) != 1:
        found = ", ".join(asked) or "none"
        problem = Problem(where="export", expected="one of CASE, --period, --rule, --dataset", found=found)
        raise InputError("a bundle is about one thing", problems=(problem,))
    ((name, value),) = asked.items()
    if name == "--period":
        return _period(value, zone)
    if name == "--rule":
        return OfRule(RuleId(value))
    return OfDataset(DatasetId(value)) if name == "--dataset" else OfCase(CaseId(value))


def _period(text: str, zone: tzinfo) -> OfPeriod:
    """Read `FROM..TO`; a date is the midnight with which it begins, in the policy's time zone."""
    start, _, end = text.partition("..")
    try:
        first, last = datetime.fromisoformat(start), datetime.fromisoformat(end)
    except ValueError:
        expected = "FROM..TO with dates or instants, like 2026-11-01..2026-12-01"
        problem = Problem(where="--period", expected=expected, found="something else")
        raise InputError("the period cannot be read", problems=(problem,)) from None
    return OfPeriod(*(at if at.tzinfo else at.replace(tzinfo=zone) for at in (first, last)))


@app.command()
def verify(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="BUNDLE", help="The bundle's file.")],
    key: Annotated[str, typer.Option(help="The verifier key you were given by another way.")] = "",
    after: Annotated[Path | None, typer.Option(help="An earlier bundle that this period's must continue.")] = None,
    *,
    witnesses: Annotated[
        Path | None, typer.Option(metavar="POLICYFILE", help="Witnesses whose quorum must have cosigned.")
    ] = None,
    language: Annotated[Literal["en", "ja"], typer.Option(help="Of claims and limits.")] = "en",
    as_json: AsJson = False,
) -> None:
    """Check a bundle, offline. Exit 1 names what is broken."""
    state: State = context.obj
    content, older = _bytes(file), _bytes(after) if after else None
    vkey = key or _pinned(state.folder)
    policy = _bytes(witnesses).decode("utf-8", "surrogateescape") if witnesses else None
    try:
        report = checked(content, vkey, policy)
        if older is not None and report.authentic:
            report = verifier.verify_after(older, content, report, vkey)
    except ValueError as error:
        hint = "keys are given as name+keyid+base64, witnesses as a C2SP tlog-policy file"
        raise InputError(f"the bundle was not checked: {error}", hint=hint) from None
    if as_json:
        print_json(report)
    elif report.authentic:
        console.print(verifier.summary(report, language), markup=False, highlight=False, soft_wrap=True, end="")
    if not report.authentic:
        errors.print(f"BROKEN: {report.broken}", style="bold red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1)


@app.command()
def publish(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Publish the log and ask its witnesses. Exit 1 if they are no quorum; the log is published all the same."""
    with opened(context) as application:
        checkpoint = application.publish(now())
        witnessed = application.ask_witnesses(now())
        stamped = application.is_stamped()
    if as_json:
        head = {"origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root.hex()}
        print_json({**head, "witnessed": witnessed, "stamped": stamped})
    else:
        _say(f"{checkpoint.size} entries, root {checkpoint.root.hex()}")
        _say_witnessed(witnessed)
        if stamped is not None:
            _say("time-stamped (checkpoint.tsr)" if stamped else "NOT time-stamped: the authority gave no stamp")
    if witnessed is not None and not witnessed.is_quorum:
        raise typer.Exit(1)


@app.command()
def checkpoint(
    context: typer.Context,
    *,
    output: Annotated[Path, typer.Option("--print", metavar="FILE", help="The page's file (HTML).")],
) -> None:
    """Write the newest checkpoint as a page with a QR code, for the audit binder."""
    with opened(context) as application:
        page = application.print_checkpoint(now())
    output.write_text(page, encoding="utf-8")
    _say(f"{output}: print it, sign it, file it")


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


def _say_witnessed(witnessed: Witnessed | None) -> None:
    if witnessed is None:
        _say("no witnesses: nobody outside has seen this log (evidence.witnesses in retention.yaml)")
        return
    for name, at in witnessed.cosigned.items():
        _say(f"cosigned by {name} at {at}")
    for name, code in witnessed.missing.items():
        _say(f"not cosigned by {name}: {code}")
    _say(f"quorum {'reached' if witnessed.is_quorum else 'NOT REACHED'}: {witnessed.needed}")


def _say(text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def _audited_copy(folder: Path, key: str) -> AuditReport:
    if not key:
        raise InputError("--log: expected --key, found none", hint="give it as name+keyid+base64")
    if not folder.is_dir():
        raise InputError(f"--log: expected a folder of published files, found none at {folder}")
    from retention.store import FolderTiles  # noqa: PLC0415 -- loads SQLAlchemy, and whoever checks a bundle needs none

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
