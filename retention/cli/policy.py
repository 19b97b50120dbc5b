"""`retention policy`: is what was promised well-formed, and what does it say?"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from retention.cli.commitments import commitments
from retention.cli.options import InLanguage, Lang, State
from retention.cli.output import AsJson, console, print_findings, print_json, print_table
from retention.cli.workspace import now, opened
from retention.errors import InputError
from retention.planning.affected import Affected
from retention.planning.outlook import POSTPONED, Outlook
from retention.policy import Change, changes, paper
from retention.policy.concept import concept, title
from retention.policy.wording import pick
from retention.wiring import Workspace, around, read_policy_file, read_workspace

app = typer.Typer(help="What was promised.", no_args_is_help=True)
app.command()(commitments)


@app.command()
def check(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Read the workspace's files, compare them with the statutes, and run the examples beside the policy.

    Every mistake in a file is reported at once (exit 2). What contradicts itself, can never take
    effect, or comes out otherwise than an example says exits 1. Disagreements with statutes and
    periods that nobody signed off are warnings.
    """
    state: State = context.obj
    workspace = read_workspace(state.folder)
    checked = workspace.check(now())
    if as_json:
        print_json({"policy": workspace.policy.policy_id, "findings": checked.errors + checked.warnings})
    else:
        print_findings("Must be mended", checked.errors, "bold red")
        print_findings("To be looked at", checked.warnings, "yellow")
        rules, datasets = len(workspace.policy.rules), len(workspace.datamap.datasets)
        said = f"{rules} rules, {datasets} datasets and {checked.examples} examples"
        mistakes = f"{len(checked.errors)} to be mended" if checked.errors else "no mistakes found"
        warnings = f", {len(checked.warnings)} warnings" if checked.warnings else ""
        console.print(f"{workspace.policy.policy_id}: {said}, {mistakes}{warnings}", highlight=False)
    if checked.errors:
        raise typer.Exit(1)


@app.command()
def show(
    context: typer.Context,
    lang: InLanguage = Lang.EN,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write the concept to this file.")] = None,
    *,
    as_concept: Annotated[bool, typer.Option("--concept", help="The deletion concept document (Markdown).")] = False,
    as_html: Annotated[bool, typer.Option("--html", help="The document as one HTML page; needs -o.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print the rules and holds, or write the deletion concept document from the files."""
    state: State = context.obj
    workspace = read_workspace(state.folder)
    policy = workspace.policy
    if as_concept:
        _concept(workspace, lang, output, as_html=as_html)
        return
    if as_html or output is not None:
        raise InputError("only the deletion concept is written to a file", hint="add --concept")
    if as_json:
        print_json({"policy": policy.policy_id, "rules": policy.rules, "holds": policy.holds})
        return
    rows = [
        (rule.rule_id, rule.category, rule.keep.keep_for, type(rule.keep.start).__name__, rule.then, rule.source)
        for rule in policy.rules
    ]
    print_table(f"Rules of {policy.policy_id}", ("rule", "category", "keep for", "clock", "then", "source"), rows)
    holds = [(hold.hold_id, ", ".join(hold.fields), hold.keep.keep_for, hold.statute) for hold in policy.holds]
    print_table("Holds", ("hold", "fields", "keep for", "statute"), holds)


def _concept(workspace: Workspace, lang: Lang, output: Path | None, *, as_html: bool) -> None:
    policy = workspace.policy
    day = now().astimezone(ZoneInfo(policy.timezone)).date()
    blocks = concept(policy, workspace.datamap, around(workspace), lang.value, day)
    text = paper.html(title(policy, lang.value), lang.value, blocks) if as_html else paper.markdown(blocks)
    if output is not None:
        _write(output, text)
    elif as_html:
        raise InputError("an HTML page is written to a file", hint="name it with -o FILE")
    else:
        typer.echo(text, nl=False)


@app.command()
def forecast(
    context: typer.Context,
    days: Annotated[int, typer.Option(min=1, max=3660, help="How many days from tomorrow on.")] = 90,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write a page with a plot, too.")] = None,
    lang: InLanguage = Lang.EN,
    *,
    as_json: AsJson = False,
) -> None:
    """Say what falls due when, per category and week. Nothing is touched, and nobody's rows are read."""
    with opened(context) as application:
        found = application.forecast(days, now())
        outlook = Outlook(found, application.context.policy, lang.value)
    if output is not None:
        _write(output, outlook.page(), quiet=as_json)
    if as_json:
        print_json(found)
        return
    print_table(outlook.title, outlook.columns, outlook.rows())
    console.print(pick(lang.value, *POSTPONED), highlight=False)


@app.command()
def diff(
    context: typer.Context,
    old: Annotated[Path, typer.Argument(metavar="OLD", help="A policy file.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="Another version of it.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Say what the new version changes for people; in a workspace, count the live data it is about.

    Exit 0: nothing changes. Exit 1: something does.
    """
    state: State = context.obj
    before, after = read_policy_file(old), read_policy_file(new)
    moment = now()
    day = moment.astimezone(ZoneInfo(after.timezone)).date()
    day = max(day, after.version.effective_from) if after.version else day
    found = changes(before, after, day)
    counts: tuple[Affected, ...] = ()
    if found and (state.folder / "retention.yaml").exists():
        with opened(context) as application:
            counts = application.count_affected(found, before, after, moment)
    if as_json:
        print_json({"day": day, "changes": list(map(_plain, found)), "live": counts})
    else:
        _print_changes(found, counts, day)
    if found:
        raise typer.Exit(1)


def _plain(change: Change) -> dict[str, object]:
    return {
        "code": change.code,
        "where": change.where,
        "category": change.category,
        "before": change.before,
        "after": change.after,
        "effect": change.effect,
        "by_law": change.by_law,
        "needs_consent": change.needs_consent,
    }


def _print_changes(found: tuple[Change, ...], counts: tuple[Affected, ...], day: date) -> None:
    if not found:
        console.print("no difference for people", highlight=False)
        return
    rows = [
        (c.code, c.where, c.before or "–", c.after or "–", c.effect.value + (", by law" if c.by_law else ""), _asks(c))
        for c in found
    ]
    print_table(f"What changes, as of {day}", ("change", "where", "before", "after", "effect", "consent"), rows)
    if counts:
        lines = [(one.category, one.dataset, one.rows, _due(one.due_before), _due(one.due_after)) for one in counts]
        print_table("Live data", ("category", "dataset", "rows", "due today before", "due today after"), lines)
    asked = sum(change.needs_consent for change in found)
    if asked:
        said = "1 change takes" if asked == 1 else f"{asked} changes take"
        console.print(f"{said} something from people: see `version.reductions`", style="bold yellow", highlight=False)


def _asks(change: Change) -> str:
    return "needed" if change.needs_consent else ""


def _due(rows: int | None) -> str:
    return "by event" if rows is None else str(rows)


def _write(path: Path, text: str, *, quiet: bool = False) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be written ({error.strerror})") from None
    if not quiet:
        console.print(f"{path}: {len(text.encode())} bytes", markup=False, highlight=False, soft_wrap=True)
