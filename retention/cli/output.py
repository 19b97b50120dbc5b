"""Tables for people, JSON for programs. Never a personal value in either."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, assert_never

import typer
from rich.console import Console
from rich.table import Table

from retention.grammar import Finding
from retention.model.disclosure import DeliverExport, DiscloseRows, DisclosureStep
from retention.model.key_steps import KeyStep, LeaveUnreadable, ShredKeys
from retention.model.plan import (
    AnonymizeRows,
    DestroyTokenKey,
    EraseRows,
    ExpireCopies,
    ExportSet,
    ForgetInSet,
    Letter,
    LiftRows,
    Plan,
    PseudonymizeRows,
    PublishCounts,
    RedactFields,
    SharingStep,
    Step,
    SuspendRows,
    SuspensionStep,
    TellProcessor,
    Unlinked,
    WithdrawSet,
)
from retention.model.suspension import Flag, Listed, Moved, Suspension

_PIPED = 120
_CROWD = 20
"""So many orders to one processor are shown as one line."""
"""Columns where there is no terminal to ask: narrower tables would cut numbers apart."""

console = Console(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else _PIPED)
errors = Console(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def print_json(value: object) -> None:
    """Print the value as JSON, one document."""
    typer.echo(json.dumps(_plain(value), ensure_ascii=False, indent=2))


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table."""
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*("" if cell is None else _cell(cell) for cell in row))
    console.print(table)


def copies_until(until: datetime | None) -> str:
    """Say until when copies remain."""
    return f"copies until {until:%Y-%m-%d}" if until else "copies remain, nobody can say until when"


def print_findings(title: str, findings: Iterable[Finding], style: str) -> None:
    """Print findings, if there are any: where, what the file says, what the law says, what is done instead."""
    for index, finding in enumerate(findings):
        if not index:
            console.print(title, style="bold")
        console.print(f"{finding.where}  {finding.code}", style=style, markup=False, highlight=False, soft_wrap=True)
        for arrow, line in (("", finding.text), ("§ ", finding.law), ("→ ", finding.instead)):
            if line:
                console.print(f"    {arrow}{line}", markup=False, highlight=False, soft_wrap=True)


def print_plan(plan: Plan, digest: str) -> None:
    """Print a plan as its approver must see it: every step with its real count, and what stays."""
    title = f"Plan {plan.plan_id} of case {plan.case_id} ({plan.kind.value}), {plan.subjects} people"
    rows = [(step.step_id, _where(step), _what(step), _why(step)) for step in _told_apart(plan)]
    print_table(title, ("step", "where", "what", "why"), rows)
    if plan.withheld:
        kept = [(w.dataset, ", ".join(w.fields), w.rows, f"{w.hold_id} ({w.statute})", w.until) for w in plan.withheld]
        print_table("Kept", ("dataset", "fields", "rows", "because", "until"), kept)
    for stays in plan.kept_keys:
        until = f" until {stays.until:%Y-%m-%d}" if stays.until else ""
        text = f"{stays.system}.{stays.category}: {stays.keys} keys stay{until} for {stays.hold_id} ({stays.statute})"
        console.print(text, style="yellow", markup=False)
    for remark in _remarks(plan):
        console.print(remark, style="yellow", markup=False, soft_wrap=True)
    if plan.undisclosed:
        left_out = [(u.dataset, ", ".join(u.fields), u.rows, f"{u.why} {u.statute}".strip()) for u in plan.undisclosed]
        print_table("Not shown", ("dataset", "fields", "rows", "because"), left_out)
    for dataset, count in plan.undated.items():
        console.print(f"{dataset}: {count} rows have no date; their clock cannot start", style="yellow")
    for crossing in plan.crossings:
        text = (
            f"Over the limit: {crossing.limit} (allowed {crossing.allowed}, found {crossing.found}); two must approve"
        )
        console.print(text, style="bold yellow", markup=False)
    console.print(f"digest {digest}", markup=False, highlight=False, soft_wrap=True)


def _remarks(plan: Plan) -> Iterator[str]:
    """Yield who is told, who is not, and what the plan does not reach."""
    for system, orders in _in_crowds(plan).items():
        yield f"{system}: {orders} people, one order each"
    yield from map(unlinked, plan.unlinked)
    for left in plan.untold:
        yield f"{left.system}: not told of {left.people} people ({left.why})"
    yield from map(letter_line, plan.letters)
    for set_ in plan.exempt:
        yield f"{set_.dataset}: not reached by the request ({set_.statute})"


def _in_crowds(plan: Plan) -> Counter[str]:
    """Return the processors that so many orders go to that nobody reads them one by one, with how many."""
    orders = Counter[str](step.system for step in plan.steps if isinstance(step, TellProcessor))
    return Counter({system: count for system, count in orders.items() if count > _CROWD})


def _told_apart(plan: Plan) -> list[Step]:
    """Return the steps that are shown one by one."""
    crowds = _in_crowds(plan)
    return [step for step in plan.steps if not isinstance(step, TellProcessor) or step.system not in crowds]


def letter_line(letter: Letter) -> str:
    """Say who has to be written to, and what for."""
    whats = {
        "order": "a person has to write: erase it",
        "notice": "a person has to write: it was erased here",
        "none": "an authority, not written to",
    }
    named = f" ({', '.join(letter.named)})" if letter.named else ""
    return f"{letter.recipient}{named}: {whats[letter.duty]}"


def unlinked(apart: Unlinked) -> str:
    """Say why nothing of a dataset is taken as the person's."""
    keys = ", ".join(apart.known_by) or "no key"
    whys = {
        "not-tied": f"known by {keys}, and no row ties such a key to this person: nobody there can be him",
        "no-link": f"known by {keys}, which the data map ties to no key of this person: nobody there can be found",
        "apart": f"{apart.rows} rows under {keys} that go with this person and were not taken as his",
        "merged": f"{apart.rows} people left out: rows tie several {keys} together; a person must decide",
    }
    several = f" ({apart.rows} people)" if apart.rows and apart.why in ("not-tied", "no-link") else ""
    return f"{apart.dataset}: {whys[apart.why]}{several}"


def _where(step: Step) -> str:
    match step:
        case (
            EraseRows()
            | RedactFields()
            | AnonymizeRows()
            | PseudonymizeRows()
            | SuspendRows()
            | LiftRows()
            | ExportSet()
            | ForgetInSet()
            | WithdrawSet()
            | PublishCounts()
            | DiscloseRows()
            | DeliverExport()
        ):
            return step.dataset
        case DestroyTokenKey():
            return step.key_name
        case ShredKeys():
            return f"{step.system}.{step.category}"
        case TellProcessor() | ExpireCopies() | LeaveUnreadable():
            return step.system
        case _:
            assert_never(step)


def _what(step: Step) -> str:
    match step:
        case EraseRows():
            return f"erase {step.rows} of {step.of_rows} rows"
        case RedactFields():
            return f"empty {', '.join(step.fields)} in {step.rows} of {step.of_rows} rows"
        case AnonymizeRows():
            kept, rare = step.rows - step.rows_rare, step.rows_rare
            return f"anonymize {kept} and erase {rare} rare of {step.of_rows} rows (k={step.k})"
        case PseudonymizeRows():
            return f"tokens for {', '.join(step.tokens)} in {step.rows} of {step.of_rows} rows"
        case SuspendRows() | LiftRows() | DiscloseRows() | DeliverExport():
            return _what_read_or_used(step)
        case TellProcessor():
            return f"order to erase one person, answer within {step.answer_within}"
        case ExpireCopies():
            open_end = "nobody can say until when" if step.copies else "none exist"
            until = f"until {step.until:%Y-%m-%d}" if step.until else open_end
            return f"{len(step.copies)} copies beyond use {until}; replayed on restore"
        case ShredKeys() | LeaveUnreadable():
            return _what_of_keys(step)
        case ExportSet() | ForgetInSet() | WithdrawSet() | PublishCounts() | DestroyTokenKey():
            return _what_shared(step)
        case _:
            assert_never(step)


def _what_read_or_used(step: SuspensionStep | DisclosureStep) -> str:
    match step:
        case SuspendRows() | LiftRows():
            return _what_of_use(step)
        case DiscloseRows() | DeliverExport():
            return _what_shown(step)


def _what_shown(step: DisclosureStep) -> str:
    match step:
        case DiscloseRows(columns=()):
            return f"tell what {step.rows} of {step.of_rows} rows are used for; nothing is changed"
        case DiscloseRows():
            others = sorted({*step.masked, *step.own})
            masked = f", others masked in {', '.join(others)}" if others else ""
            return f"show {len(step.columns)} columns of {step.rows} of {step.of_rows} rows{masked}; nothing is changed"
        case DeliverExport():
            return f"put it ready encrypted ({step.right}), until {step.until:%Y-%m-%d}"


def _what_of_use(step: SuspensionStep) -> str:
    match step:
        case SuspendRows():
            return f"stop the use of {step.rows} of {step.of_rows} rows, {_by(step.how)}, {_until(step.until)}"
        case LiftRows():
            return f"allow the use of {step.rows} of {step.of_rows} suspended rows again ({step.reason})"


def _by(how: Suspension) -> str:
    """Say by which means, and so who can still get at the rows."""
    match how.means:
        case Flag(column, value, _) if how.view is None:
            return f"{column} = {value} for the application to heed"
        case Moved(table):
            return f"moved to {table}"
        case Flag() | Listed():
            return f"not seen in {how.view}"
        case other:
            assert_never(other)


def _until(at: datetime | None) -> str:
    return "until it is lifted" if at is None else f"until {at:%Y-%m-%d}"


def _what_of_keys(step: KeyStep) -> str:
    match step:
        case ShredKeys():
            return f"shred {step.keys.size} keys; old copies of them are worthless from {step.until:%Y-%m-%d}"
        case LeaveUnreadable():
            since = f"unreadable from {step.until:%Y-%m-%d}" if step.until else "none exist"
            return f"{len(step.copies)} copies {since}; replayed on restore"


def _what_shared(step: SharingStep) -> str:
    match step:
        case ExportSet():
            what = f"hand {len(step.columns)} columns of {step.rows} of {step.of_rows} rows to {step.member}"
            return f"{what}, {step.label}, until {step.until:%Y-%m-%d}"
        case ForgetInSet():
            return f"erase {step.rows} of {step.of_rows} rows there, answer within {step.answer_within}"
        case WithdrawSet():
            return f"take back all {step.rows} rows ({step.reason}), answer within {step.answer_within}"
        case PublishCounts():
            by = ", ".join(step.columns)
            return f"count the people of {step.rows} of {step.of_rows} rows by {by}; {step.at_least} a cell or more"
        case DestroyTokenKey():
            return "destroy the key that ties tokens to people"


def _why(step: Step) -> str:
    reasons = [*step.because.rules, *step.because.statutes]
    return ", ".join((["request"] if step.because.request else []) + reasons)


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M %Z}".strip()
    return str(value.value) if isinstance(value, Enum) else str(value)


def _plain(value: object) -> Any:  # noqa: ANN401 -- JSON
    match value:
        case Enum():
            return value.value
        case datetime():
            return value.isoformat()
        case dict():
            return {str(name): _plain(part) for name, part in value.items()}
        case tuple() | list():
            return [_plain(part) for part in value]
        case None | bool() | int() | str():
            return value
    if is_dataclass(value):
        return {part.name: _plain(getattr(value, part.name)) for part in fields(value) if part.repr}
    return str(value)
