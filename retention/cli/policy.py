"""`retention policy`: is what was promised well-formed, and what does it say?"""

from __future__ import annotations

import typer

from retention.cli.commitments import commitments
from retention.cli.options import State
from retention.cli.output import AsJson, console, print_json, print_table
from retention.policy import review
from retention.wiring import read_workspace

app = typer.Typer(help="What was promised.", no_args_is_help=True)
app.command()(commitments)


@app.command()
def check(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Read the workspace's files; report every problem at once, and what a lawyer should look at."""
    state: State = context.obj
    workspace = read_workspace(state.folder)
    findings = review(workspace.policy)
    if as_json:
        print_json({"policy": workspace.policy.policy_id, "findings": findings})
        return
    if findings:
        print_table("To be looked at", ("code", "where", "what"), [(f.code, f.where, f.text) for f in findings])
    rules, datasets = len(workspace.policy.rules), len(workspace.datamap.datasets)
    console.print(f"{workspace.policy.policy_id}: {rules} rules and {datasets} datasets, no mistakes found")


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
