"""What the demo shows: plans, outcomes, where she is, and the table at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import assert_never

from rich.console import Console
from rich.table import Table

from demo import report
from retention.app import App
from retention.errors import FoundError
from retention.evidence import verify
from retention.model.disclosure import DeliverExport, DiscloseRows
from retention.model.ids import CaseId
from retention.model.key_steps import LeaveUnreadable, ShredKeys
from retention.model.plan import (
    AnonymizeRows,
    DestroyTokenKey,
    EraseRows,
    ExpireCopies,
    ExportSet,
    ForgetInSet,
    LiftRows,
    Plan,
    PseudonymizeRows,
    PublishCounts,
    RedactFields,
    RowStep,
    SharingStep,
    Step,
    SuspendRows,
    TellProcessor,
    WithdrawSet,
)
from retention.model.restores import RestoreLook, Verdict
from retention.wiring import open_app


def plan(console: Console, made: Plan) -> None:
    """Show a plan in short: what, where, how many, and what stays."""
    people = "person" if made.subjects == 1 else "people"
    table = Table(title=f"{made.plan_id} ({made.kind.value}): {made.subjects} {people}", title_justify="left")
    for column in ("what", "where", "rows", "of", "why"):
        table.add_column(column, overflow="fold")
    orders: Counter[str] = Counter()
    for step in made.steps:
        if isinstance(step, TellProcessor):
            orders[step.system] += 1
        else:
            table.add_row(*_row(step))
    for system, count in orders.items():
        table.add_row("tell the processor", system, str(count), "", "one order a person, before the rest")
    for kept in made.withheld:
        until = f"until {kept.until:%Y-%m-%d}" if kept.until else ""
        table.add_row(f"KEEP {', '.join(kept.fields)}", kept.dataset, str(kept.rows), "", f"{kept.statute} {until}")
    console.print(table)
    for crossing in made.crossings:
        text = f"over a limit ({crossing.limit}: allowed {crossing.allowed}, found {crossing.found}): two must approve"
        console.print(text, style="yellow", highlight=False)


def _row(step: Step) -> tuple[str, str, str, str, str]:
    asked = ["asked"] if step.because.request else []
    why = ", ".join([*asked, *step.because.rules, *step.because.statutes])
    match step:
        case EraseRows() | RedactFields() | AnonymizeRows() | PseudonymizeRows() | SuspendRows() | LiftRows():
            return _done(step), step.dataset, str(step.rows), str(step.of_rows), why
        case TellProcessor():
            return "tell the processor", step.system, "1", "", why
        case ExpireCopies():
            until = f"gone by {step.until:%Y-%m-%d}" if step.until else ""
            return "backups beyond use", step.system, f"{len(step.copies)} copies", "", until
        case ShredKeys():
            until = f"for good by {step.until:%Y-%m-%d}"
            return "shred keys", f"{step.system}.{step.category}", str(step.keys.size), "", until
        case LeaveUnreadable():
            return "backups nobody can read", step.system, f"{len(step.copies)} copies", "", why
        case ExportSet() | ForgetInSet() | WithdrawSet() | PublishCounts() | DestroyTokenKey():
            return _shared_row(step, why)
        case DiscloseRows():
            what = f"show {len(step.columns)} columns" if step.columns else "say how much, and for what"
            return what, step.dataset, str(step.rows), str(step.of_rows), why
        case DeliverExport():
            return "put it ready, encrypted", step.dataset, "", "", f"until {step.until:%Y-%m-%d}"
        case _:
            assert_never(step)


def _done(step: RowStep) -> str:
    match step:
        case EraseRows():
            return "erase rows"
        case RedactFields():
            return f"empty {', '.join(step.fields)}"
        case AnonymizeRows():
            return f"anonymize (k={step.k}), {step.rows_rare} rare rows erased"
        case PseudonymizeRows():
            return f"tokens for {', '.join(step.tokens)}"
        case SuspendRows():
            return "stop their use"
        case LiftRows():
            return "allow their use again"


def _shared_row(step: SharingStep, why: str) -> tuple[str, str, str, str, str]:
    match step:
        case ExportSet():
            what = f"hand a {step.label} set to {step.member}"
            return what, step.dataset, str(step.rows), str(step.of_rows), why
        case ForgetInSet():
            return "erase at the joint user", step.dataset, str(step.rows), str(step.of_rows), why
        case WithdrawSet():
            return f"take back ({step.reason})", step.dataset, str(step.rows), str(step.rows), why
        case PublishCounts():
            return "count people", step.source, str(step.rows), str(step.of_rows), why
        case DestroyTokenKey():
            return "destroy the token key", step.key_name, "", "", why


def outcome(console: Console, app: App, case_id: CaseId) -> None:
    """Show how a case stands."""
    ledger = app.context.ledger
    until = max((h.until for h in ledger.copies.horizons(case_id) if h.gone_at is None and h.until), default=None)
    remains = f"; copies until {until:%Y-%m-%d}" if until else "; nothing remains"
    answered = [order for order in ledger.copies.orders(case_id) if order.receipt]
    orders = f"; {len(answered)} processor order{'s'[: len(answered) - 1]} completed" if answered else ""
    state = ledger.cases.get(case_id).state.value
    console.print(f"{case_id}: verified, {state}{orders}{remains}", style="green", highlight=False)


def presence(console: Console, title: str, before: Mapping[str, int], after: Mapping[str, int]) -> None:
    """Show where she was, and is."""
    table = Table(title=title, title_justify="left")
    for column in ("where", "before", "after"):
        table.add_column(column)
    for where, count in before.items():
        left = after[where]
        note = f"{left} (out of use, replayed on restore)" if where.startswith("nightly") and left else str(left)
        table.add_row(where, str(count), note, style="yellow" if left else None)
    console.print(table)


def gate(console: Console, looks: Iterable[RestoreLook]) -> None:
    """Show what the gate in front of restored systems said."""
    for look in looks:
        verdict = "may open" if look.verdict is Verdict.OPEN else f"must not open ({', '.join(look.findings)})"
        style = "green" if look.verdict is Verdict.OPEN else "yellow"
        said = f"gate: {look.system} {verdict}: {look.found} of the erased are in it"
        console.print(said, style=style, highlight=False, soft_wrap=True)


def reopened(console: Console, digests: Mapping[str, tuple[str, str]], bundle: Path) -> None:
    """Show that nobody else was lost, and where the gate's word stands.

    Raises:
        FoundError: a restored system is not what the live one is.

    """
    for system, (live, restored) in digests.items():
        if live != restored:
            raise FoundError(f"{system}_restored is not what {system} is: {restored[:16]} instead of {live[:16]}")
        said = f"{system} and {system}_restored hold the same rows: SHA-256 {live[:16]}… = {restored[:16]}…"
        console.print(said, style="green", highlight=False, soft_wrap=True)
    facts = [fact for fact in verify(bundle.read_bytes()).facts if fact.kind == "restoreGate"]
    told = ", ".join(f"{fact.text('system')} {fact.text('verdict')} ({fact.text('found')} found)" for fact in facts)
    console.print(f"in her bundle: gate of {told}", highlight=False, soft_wrap=True)


def end(workspace: Path, console: Console, cases: report.Cases, bundle: Path, forgery: str) -> None:
    """Show the table at the end, write the report, and name the files."""
    console.rule("What was done, and what remains until when")
    with open_app(workspace) as app:
        written = report.write(app, workspace / "report.html", cases, forgery, datetime.now(UTC))
    table = Table()
    for column in ("what", "where", "before", "after", "until when"):
        table.add_column(column, overflow="fold")
    for row in written.rows:
        table.add_row(row.what, row.where, str(row.before), str(row.after), row.until)
    for remaining in written.horizons:
        table.add_row("remains", remaining.what, "", "", f"{remaining.until:%Y-%m-%d}", style="yellow")
    console.print(table)
    files = {
        "evidence bundle": bundle,
        "verifier (python3, nothing else)": bundle.parent / "verify_evidence.py",
        "certificates (ja, en)": workspace / "certificates" / cases.request,
        "report with pictures": workspace / "report.html",
    }
    for what, path in files.items():
        console.print(f"{what}: {path}", highlight=False, soft_wrap=True)
