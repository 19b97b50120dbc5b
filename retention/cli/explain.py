"""`retention explain`: what is known of a person, what is kept, until when and why. Changes nothing."""

from __future__ import annotations

from typing import Annotated

import typer

from retention.cli.options import InLanguage, Lang
from retention.cli.output import AsJson, console, print_json, print_table, unlinked
from retention.cli.workspace import now, opened
from retention.model.policy import Policy
from retention.planning.fates import Explanation, plain
from retention.planning.summary import summarize
from retention.planning.telling import Telling
from retention.policy import shipped_statutes


def explain(
    context: typer.Context,
    subject: Annotated[str, typer.Option(help="KEY=VALUE of the person; never printed.")],
    lang: InLanguage = Lang.EN,
    *,
    as_json: AsJson = False,
) -> None:
    """Say for each dataset and field of a person: kept or due, until when, under which rule and law."""
    with opened(context) as application:
        explanation = application.explain(subject, now())
        policy = application.context.policy
    telling = Telling(policy, shipped_statutes(), lang.value)
    if as_json:
        print_json(_document(explanation, policy, telling))
        return
    console.print(summarize(explanation, telling), markup=False, highlight=False)
    for stopped in explanation.suspended:
        console.print(telling.out_of_use(stopped), style="yellow", markup=False, highlight=False, soft_wrap=True)
    for system in dict.fromkeys(line.system for line in explanation.lines):
        rows = [telling.row(line) for line in explanation.lines if line.system == system]
        print_table(telling.heading(system), telling.columns, rows)
    for link in explanation.links:
        text = f"{link.found}: {link.keys} found by {link.by} in {link.dataset} ({link.relation.value})"
        console.print(text, markup=False, highlight=False, soft_wrap=True)
    for apart in explanation.unlinked:
        console.print(unlinked(apart), style="yellow", markup=False, soft_wrap=True)


def _document(explanation: Explanation, policy: Policy, telling: Telling) -> dict[str, object]:
    lines = [
        {
            "system": line.system,
            "dataset": line.dataset,
            "category": line.category,
            "fields": line.fields,
            "rows": line.rows,
            **plain(line.fate),
        }
        for line in explanation.lines
    ]
    return {
        "policy": policy.policy_id,
        "version": policy.version.version_id if policy.version else None,
        "at": explanation.now,
        "known_by": explanation.key_names,
        "datasets": explanation.datasets,
        "links": explanation.links,
        "unlinked": explanation.unlinked,
        "suspended": explanation.suspended,
        "summary": summarize(explanation, telling),
        "lines": lines,
    }
