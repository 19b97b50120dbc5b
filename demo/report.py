"""The report with pictures: read from the signed evidence of the story's cases, not from our memory of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from retention.app import App
from retention.evidence.report import Checked, Remaining, Report, Row, Stop, render_report
from retention.evidence.verifier import Fact, verify
from retention.model.ids import CaseId

_LOG = "write-ahead-log"
_LOG = "write-ahead-log"
_DONE = {"erase": "erased", "redact": "emptied", "anonymize": "anonymized"}
_DISPOSALS = ("deletion", "anonymize")


@dataclass(frozen=True, slots=True)
class Cases:
    """The story's cases."""

    sweep: CaseId
    request: CaseId
    gates: Mapping[str, CaseId]
    """Restored system → its case."""

    @property
    def named(self) -> dict[str, CaseId]:
        """The cases by what they were."""
        restores = {f"restore of {system.removesuffix('_restored')}": gate for system, gate in self.gates.items()}
        return {"sweep": self.sweep, "request": self.request, **restores}


def write(app: App, path: Path, cases: Cases, forgery: str, now: datetime) -> Report:
    """Write the report and return what stands in it."""
    facts = {name: verify(app.bundle(case)).facts for name, case in cases.named.items()}
    checkpoint = app.context.log.publish()
    report = Report(
        title="Retention and erasure: what was done",
        subtitle=f"policy {app.context.policy.policy_id}, evidence log {app.context.log.origin}",
        made_at=now,
        road=_road(facts["request"]),
        rows=tuple(row for name, of_case in facts.items() for row in _rows(name, of_case, app.context.zone)),
        horizons=tuple(_horizons(app, cases)),
        checks=(
            *(check for name, of_case in facts.items() for check in _checks(name, of_case)),
            Checked("forged bundle is refused by the single-file verifier", bool(forgery), forgery),
        ),
        log=(
            ("log", app.context.log.origin),
            ("entries", str(checkpoint.size)),
            ("root hash", checkpoint.root.hex()),
            ("key fingerprint (SHA-256)", app.context.log.signer.verifier.fingerprint),
        ),
    )
    path.write_text(render_report(report), encoding="utf-8")
    return report


def _road(facts: Sequence[Fact]) -> tuple[Stop, ...]:
    count = {kind: sum(fact.kind == kind for fact in facts) for kind in {fact.kind for fact in facts}}
    disposed = sum(count.get(kind, 0) for kind in _DISPOSALS)
    return (
        Stop("due", "done", "a request"),
        Stop("plan", "done", f"{count.get('planned', 0)} frozen"),
        Stop("approve", "done", f"{count.get('approval', 0)} approval"),
        Stop("apply", "done", f"{disposed} steps on rows"),
        Stop("verify", "done", f"{count.get('verification', 0)} datasets"),
        Stop("prove", "done", f"{len(facts)} signed facts"),
    )


def _rows(name: str, facts: Sequence[Fact], zone: ZoneInfo) -> Iterator[Row]:
    """Yield a row a dataset: what was done to it, counted by verification."""
    done: dict[str, list[str]] = {}
    for fact in facts:
        if fact.kind in _DISPOSALS:
            done.setdefault(fact.text("dataset"), []).append(f"{_DONE[fact.text('action')]} {_effect(fact)}")
    kept = {fact.text("dataset"): fact for fact in facts if fact.kind == "kept"}
    for fact in facts:
        if fact.kind == "verification":
            dataset = fact.text("dataset")
            held = kept.get(dataset)
            until = f"{held.text('rows')} rows kept ({held.text('statute')}) until {_day(held, zone)}" if held else ""
            what = f"{name}: {', '.join(done.get(dataset, []))}"
            yield Row(what, dataset, _number(fact, "rowsBefore"), _number(fact, "rowsAfter"), until)


def _horizons(app: App, cases: Cases) -> Iterator[Remaining]:
    """Yield, a case and system, the day on which the last of it is gone."""
    zone = app.context.zone
    for name, case in cases.named.items():
        latest: dict[str, datetime] = {}
        for horizon in app.context.ledger.copies.horizons(case):
            if horizon.until is None:
                continue  # no copy of the demo is without a date
            what = horizon.what if horizon.what == _LOG else "backups, out of use, replayed on restore"
            where = f"{name}: {horizon.system} {what}"
            latest[where] = max(latest.get(where, horizon.until), horizon.until)
        yield from (Remaining(where, until.astimezone(zone)) for where, until in latest.items())


def _checks(name: str, facts: Sequence[Fact]) -> Iterator[Checked]:
    for fact in facts:
        if fact.kind == "verification":
            detail = f"{fact.text('residual')} left over, {fact.text('expectations')} expectations, digest as expected"
            yield Checked(f"{name}: {fact.text('dataset')}", fact.told.get("passed") is True, detail)


def _effect(fact: Fact) -> str:
    effect = fact.told["effect"]
    return f"{effect['rows']} rows" if isinstance(effect, dict) else ""


def _number(fact: Fact, name: str) -> int:
    value = fact.told[name]
    return value if isinstance(value, int) else 0


def _day(fact: Fact, zone: ZoneInfo) -> str:
    until = fact.told.get("until")
    return f"{datetime.fromisoformat(str(until)).astimezone(zone):%Y-%m-%d}" if until else "further notice"
