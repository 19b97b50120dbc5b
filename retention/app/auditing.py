"""What an auditor reads about a period: counted from the signed log and the ledger."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import get_args

from retention.app.answers import write_documents
from retention.app.context import Context
from retention.app.laws import articles
from retention.app.told import Told, told
from retention.evidence import audit_report
from retention.evidence.audit_report import (
    Audit,
    Copies,
    Dataset,
    Failure,
    Month,
    Processor,
    Request,
    Verdict,
    Withheld,
)
from retention.evidence.blocks import Language
from retention.model.answer import Completed
from retention.model.case import Case, CaseKind, CaseState
from retention.model.copies import Horizon, PlacedOrder, Why
from retention.model.horizons import is_later, latest
from retention.model.plan import DisposalStep, ForgetInSet, PseudonymizeRows, WithdrawSet
from retention.planning import codec
from retention.ports.ledger import JournalEntry, Phase, StoredPlan


def write_report(context: Context, first: date, last: date, folder: Path, now: datetime) -> list[Path]:
    """Write the audit report of the days from `first` to `last` (the policy's zone), both counted; return the files."""
    made = collect(context, first, last, now)
    return write_documents({f"report.{lang}": audit_report.document(made, lang) for lang in get_args(Language)}, folder)


def collect(context: Context, first: date, last: date, now: datetime) -> Audit:
    """Return what the report of the period says.

    Raises:
        FoundError: the log in the ledger is not what was published (see `EvidenceLog.publish`).

    """
    begin, end = _midnight(context, first), _midnight(context, last + timedelta(days=1))
    checkpoint = context.log.publish()
    statements = [fact for fact in map(told, context.log.sequence.entries(0, checkpoint.size)) if fact.at < end]
    inside = [fact for fact in statements if fact.at >= begin]
    plans = list(_plans(context, begin, end))
    withheld = tuple(_withheld(context, inside))
    return Audit(
        controller=context.policy.controller.name,
        policy=context.policy.policy_id,
        first=first,
        last=last,
        made_at=now.astimezone(context.zone),
        datasets=tuple(_datasets(plans, inside)),
        months=tuple(_months(context, inside, first, last)),
        requests=tuple(_requests(context, statements, begin, end)),
        denials=tuple(sorted(Counter(f.body["reason"] for f in inside if f.kind == "denial").items())),
        withheld=withheld,
        failures=tuple(_failures(context, begin, end)),
        processors=tuple(_processors(context, begin, end, min(now, end))),
        copies=tuple(_copies(context, min(now, end))),
        counted=tuple(sorted(Counter(fact.kind for fact in inside).items())),
        origin=context.log.origin,
        size=checkpoint.size,
        root=checkpoint.root.hex(),
        fingerprint=context.log.signer.verifier.fingerprint,
        laws=articles(w.statute for w in withheld),
    )


def _midnight(context: Context, day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), context.zone)


def _plans(context: Context, begin: datetime, end: datetime) -> Iterator[StoredPlan]:
    """Yield the newest plan of every case that was planned in the period."""
    for case in context.ledger.cases.all():
        newest = next(iter(context.ledger.plans.of_case(case.case_id)), None)
        if newest is not None and begin <= newest.made_at < end and case.state is not CaseState.REJECTED:
            yield newest


def _datasets(plans: Iterable[StoredPlan], inside: Iterable[Told]) -> Iterator[Dataset]:
    due: Counter[str] = Counter()
    for kept in plans:
        for step in codec.decode(kept.body).steps:
            # what is suspended is not due to go
            if isinstance(step, DisposalStep | PseudonymizeRows | ForgetInSet | WithdrawSet):
                due[step.dataset] += step.rows
    done: dict[str, Counter[str]] = defaultdict(Counter)
    looks: dict[str, Verdict] = {}
    for fact in inside:
        if fact.disposed is not None:
            done[fact.body["dataset"]][fact.disposed] += fact.body["effect"]["rows"]
        elif fact.kind == "verification":
            looks[fact.body["dataset"]] = "passed" if fact.body["passed"] else "failed"
    for name in sorted({*due, *done}):
        counts = done[name]
        yield Dataset(
            name, due[name], counts["erased"], counts["redacted"], counts["deidentified"], looks.get(name, "waiting")
        )


def _months(context: Context, inside: Iterable[Told], first: date, last: date) -> Iterator[Month]:
    done: dict[str, Counter[str]] = defaultdict(Counter)
    for fact in inside:
        if fact.disposed is not None:
            done[f"{fact.at.astimezone(context.zone):%Y-%m}"][fact.disposed] += fact.body["effect"]["rows"]
    month = first.replace(day=1)
    while month <= last:
        counts = done[f"{month:%Y-%m}"]
        yield Month(f"{month:%Y-%m}", counts["erased"], counts["redacted"], counts["deidentified"])
        month = (month + timedelta(days=32)).replace(day=1)


def _requests(context: Context, told: Iterable[Told], begin: datetime, end: datetime) -> Iterator[Request]:
    """Yield requests that came in the period, or that it found open."""
    ended: dict[str, datetime] = {}
    for fact in told:
        if fact.kind in ("denial", "keyDestroyed"):
            ended.setdefault(fact.case_id, fact.at)
    for case in sorted(
        context.ledger.cases.all(kind=CaseKind.REQUEST), key=lambda case: (case.opened_at, case.case_id)
    ):
        end_of_case = ended.get(case.case_id)
        if case.opened_at < end and (end_of_case is None or end_of_case >= begin) and case.due_at is not None:
            yield _request(context, case, case.due_at, end_of_case)


def _request(context: Context, case: Case, due_at: datetime, ended: datetime | None) -> Request:
    def local(at: datetime) -> date:
        return at.astimezone(context.zone).date()

    denied = case.state is CaseState.DENIED
    outcome: audit_report.Outcome = "open" if ended is None else "denied" if denied else "answered"
    # an answer may still be given at the very last moment before `due_at`
    last_day = local(due_at - timedelta(microseconds=1))
    return Request(case.case_id, local(case.opened_at), last_day, local(ended) if ended else None, outcome)


def _withheld(context: Context, inside: Iterable[Told]) -> Iterator[Withheld]:
    rows: Counter[tuple[str, str, str]] = Counter()
    ends: dict[tuple[str, str, str], list[datetime | None]] = defaultdict(list)
    for fact in inside:
        if fact.kind == "kept":
            where = (fact.body["dataset"], ", ".join(fact.body["fields"]), fact.body["statute"])
            until = fact.body["until"]
            rows[where] += fact.body["rows"]
            ends[where].append(datetime.fromisoformat(until) if until else None)
    for (dataset, fields, statute), count in sorted(rows.items()):
        known = [end for end in ends[dataset, fields, statute] if end is not None]
        all_known = known and len(known) == len(ends[dataset, fields, statute])
        latest = max(known).astimezone(context.zone).date() if all_known else None
        yield Withheld(dataset, fields, count, statute, latest)


def _failures(context: Context, begin: datetime, end: datetime) -> Iterator[Failure]:
    for case in context.ledger.cases.all():
        for kept in context.ledger.plans.of_case(case.case_id):
            lines = context.ledger.journal.entries(kept.plan_id)
            finished = {line.step_id for line in lines if line.phase in (Phase.EVIDENCE, Phase.VERIFIED)}
            failed = [line for line in lines if line.phase is Phase.FAILED and begin <= line.at < end]
            for (step, code), times in sorted(Counter((line.step_id, _code(line)) for line in failed).items()):
                yield Failure(case.case_id, step, code, times, step in finished)


def _code(line: JournalEntry) -> str:
    body = json.loads(line.body)
    return str(body.get("code", "")) if isinstance(body, dict) else ""


def _processors(context: Context, begin: datetime, end: datetime, on: datetime) -> Iterator[Processor]:
    orders: dict[str, list[PlacedOrder]] = defaultdict(list)
    for order in context.ledger.copies.orders():
        answered = order.receipt.received_at if order.receipt else None
        open_then = answered is None or answered >= begin or not _completed(order)
        if open_then and context.ledger.cases.get(order.case_id).opened_at < end:
            orders[order.processor].append(order)
    for name, placed in sorted(orders.items()):
        done = [order for order in placed if _completed(order)]
        late = sum(_is_late(order, on) for order in placed)
        yield Processor(name, len(placed), len(done), late)


def _completed(order: PlacedOrder) -> bool:
    return order.receipt is not None and isinstance(order.receipt.answer, Completed)


def _is_late(order: PlacedOrder, on: datetime) -> bool:
    done = order.receipt.received_at if order.receipt and _completed(order) else on
    return done > order.due_at


def _copies(context: Context, on: datetime) -> Iterator[Copies]:
    """Yield what remained at that moment."""
    left: dict[str, dict[str, Horizon]] = defaultdict(dict)
    for horizon in context.ledger.copies.horizons():
        if horizon.gone_at is None or horizon.gone_at > on:
            known = left[horizon.system].setdefault(horizon.what, horizon)
            if is_later(horizon.until, known.until):
                left[horizon.system][horizon.what] = horizon
    for system, copies in sorted(left.items()):
        last = latest(horizon.until for horizon in copies.values())
        day = last.astimezone(context.zone).date() if last else None
        yield Copies(system, len(copies), day, sum(_is_overdue(horizon, on) for horizon in copies.values()))


def _is_overdue(horizon: Horizon, on: datetime) -> bool:
    return horizon.why is Why.LATE or (horizon.until is not None and horizon.until <= on)
