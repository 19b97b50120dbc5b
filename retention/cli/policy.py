"""`retention policy`: is what was promised well-formed, and what does it say?"""

from __future__ import annotations

import typer

from retention.cli.options import State
from retention.cli.output import AsJson, console, print_findings, print_json, print_table
from retention.cli.workspace import now
from retention.wiring import read_workspace

app = typer.Typer(help="What was promised.", no_args_is_help=True)


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
def show(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Print the rules and holds."""
    state: State = context.obj
    policy = read_workspace(state.folder).policy
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
