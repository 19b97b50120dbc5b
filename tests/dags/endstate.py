"""The end of a run, as all our stores tell it: the same for every run of one kind, however often somebody died."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from retention.app import App
from retention.app.requests import parse_subject
from retention.evidence import verify
from retention.model.case import Case
from retention.model.ids import PlanId
from retention.ports.ledger import Phase
from tests.dags.crowd import Person, visits_of
from tests.e2e.conftest import Shop

ROWS = (
    "SELECT 'customer', name IS NULL, email IS NULL, phone IS NULL FROM customers WHERE id = '{key}'",
    "SELECT 'order', amount IS NULL, paid_at IS NULL FROM orders WHERE customer_id = '{key}' ORDER BY paid_at",
    "SELECT 'note', body IS NULL FROM notes WHERE customer_id = '{key}'",
)
WHOLE = (
    "SELECT id, name, email, phone FROM customers WHERE id = '{key}'",
    "SELECT customer_id, amount, paid_at FROM orders WHERE customer_id = '{key}' ORDER BY paid_at",
    "SELECT customer_id, body FROM notes WHERE customer_id = '{key}'",
)
_OF_THE_RUN = frozenset(
    {"at", "startedAt", "finishedAt", "statementId", "caseId", "planId", "planDigest", "commitRoot", "checkValue"}
    | {"keyRef", "resumed", "expectedDigest", "foundDigest", "suiteDigest", "rowsAfter", "rowsBefore"}
)
"""Moments, numbers and digests of one run, and how many other rows were there."""
_EFFORT = frozenset({"objectsRewritten", "versionsRemoved", "markersRemoved"})
"""What the last call did: nothing, if the one before it did all and died."""


@dataclass(frozen=True)
class EndState:
    """What one run has left, without its moments and numbers."""

    cases: tuple[tuple[str, str], ...]
    """Kind and state of every case that the run made."""
    journal: tuple[tuple[str, str], ...]
    """Step and phase, sorted, without failed attempts: a phase that stood twice would be here twice."""
    facts: tuple[str, ...]
    """Every statement of the cases, sorted: an erasure that is stated twice would be here twice."""
    rows: tuple[tuple[object, ...], ...]
    """What the shop's database has left of the person."""
    visits: int
    """How often he is in the lake, old versions included."""
    objects: tuple[str, ...]
    """Objects, versions and delete markers of the lake."""
    suppressed: tuple[tuple[str, str], ...]
    """By which kinds of key, and for what, the person must not come back."""
    certificates: tuple[str, ...]
    parcels: Mapping[str, int]
    leases: int
    """How many plans somebody holds who is over."""


def end_state(shop: Shop, s3: Any, who: Person, cases: Iterable[Case], parcels: Mapping[str, int]) -> EndState:
    """Look into every store for what a run has left.

    Raises:
        AssertionError: the evidence of a case is not authentic or not complete.

    """
    cases = sorted(cases, key=lambda case: case.case_id)
    lake = visits_of(s3)
    with shop.app() as app:
        facts = [fact for case in cases for fact in _facts(app, case)]
        plans = [plan for case in cases for plan in app.context.ledger.plans.of_case(case.case_id)]
        rows = [row for query in ROWS for row in shop.rows(query.format(key=who.key))]
        return EndState(
            cases=tuple((case.kind.value, case.state.value) for case in cases),
            journal=tuple(sorted(line for plan in plans for line in _lines(app, plan.plan_id))),
            facts=tuple(sorted(json.dumps(_compared(told), sort_keys=True) for told in facts)),
            rows=tuple(rows),
            visits=sum(who.key == user for users in lake.values() for user, _ in users),
            objects=tuple(sorted(name.rpartition(" ")[0] for name in lake)),
            suppressed=tuple(_suppressed(app, who)),
            certificates=tuple(_certificates(shop, cases)),
            parcels=parcels,
            leases=held(shop),
        )


def all_of(shop: Shop, s3: Any, people: Iterable[Person]) -> list[tuple[object, ...]]:
    """Return all that the stores hold of these people."""
    people = list(people)
    keys = {who.key for who in people}
    visits = [(key, page) for users in visits_of(s3).values() for key, page in users if key in keys]
    return [row for who in people for query in WHOLE for row in shop.rows(query.format(key=who.key))] + visits


def held(shop: Shop) -> int:
    """Return how many plans somebody holds."""
    connection = sqlite3.connect(shop.folder / "ledger.db")
    ((number,),) = connection.execute("SELECT count(*) FROM ledger_leases WHERE name LIKE 'apply/%'").fetchall()
    connection.close()
    return int(number)


def _facts(app: App, case: Case) -> Iterable[Mapping[str, Any]]:
    report = verify(app.bundle(case.case_id))
    assert report.authentic, report.broken
    assert report.complete, report.still_open
    return [fact.told for fact in report.facts]


def _compared(told: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in told.items() if name not in _OF_THE_RUN}
    if "effect" in kept:
        kept["effect"] = {name: value for name, value in told["effect"].items() if name not in _EFFORT}
        assert kept["effect"]["rows"] == told["rowsPlanned"], told
    return kept


def _lines(app: App, plan_id: PlanId) -> list[tuple[str, str]]:
    lines = app.context.ledger.journal.entries(plan_id)
    return [(line.step_id, line.phase.value) for line in lines if line.phase is not Phase.FAILED]


def _suppressed(app: App, who: Person) -> list[tuple[str, str]]:
    """Return by which kind of key, and for what, the person must not come back."""
    digest = app.context.suppression_digester()
    keys = {digest(parse_subject(app.context, text)) for text in (f"user_id={who.key}", f"email={who.mail}")}
    found = app.context.ledger.copies.suppressions(datetime.now(UTC))
    return sorted({(s.key_name, s.scope) for s in found if s.digest in keys})


def _certificates(shop: Shop, cases: Iterable[Case]) -> list[str]:
    folders = [shop.folder / "certificates" / case.case_id for case in cases]
    return sorted(path.name for folder in folders if folder.exists() for path in folder.iterdir())
