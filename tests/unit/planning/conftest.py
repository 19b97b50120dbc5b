"""Worlds in memory, written in the words of the policy and the data map."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from connectors.memory import connect, forget, make
from retention.datamap import read_datamap
from retention.model.datamap import ColumnType
from retention.model.event import Event
from retention.model.hold import PlacedHold
from retention.model.plan import AnonymizeRows, EraseRows
from retention.model.predicate import Selection
from retention.model.subject import SubjectKey
from retention.planning.assemble import Asked, Header, Instruction, plan_request, plan_restore, plan_sweep
from retention.planning.deferred import Promised
from retention.planning.limits import Limits
from retention.planning.pausing import Pauses
from retention.planning.returning import Suppressed
from retention.planning.world import World
from retention.policy import read_policy
from retention.ports.connector import SystemSettings
from tests.doubles.inbox import Inbox, digest

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)

POLICY = """\
policy: p
controller: {name: {en: Shop}, address: Tokyo, responsible: Office}
timezone: Asia/Tokyo
regimes: [jp.appi]
categories:
  account: {title: {en: A}, purposes: [P]}
  traces: {title: {en: B}, purposes: [P]}
"""
TAIL = "requests: {answer_within: P14D, channels: [post], identity_documents: [passport]}\n"
RULES = """\
rules:
  - {id: account, category: account, effective: {from: 2020-01-01}, keep: {for: P30D, after: account.closed},
     then: erase, source: policy}
  - {id: traces, category: traces, effective: {from: 2020-01-01}, keep: {for: P12M, since: at},
     then: erase, source: policy}
"""
HOLDS = "holds: [{id: books, fields: [orders.amount], keep: {for: P24M, since: at}, statute: jp.tax}]\n"
DATAMAP = """\
datasets:
  app.customers:
    system: app
    table: customers
    primary_key: [id]
    subject: {user_id: id, email: email}
    fields:
      email: {category: account, identifies: directly, anonymize: drop}
      name: {category: account, identifies: directly}
  app.orders:
    system: app
    table: orders
    primary_key: [id]
    parent: {app.customers: {customer_id: id}}
    dates: {at: at}
    fields:
      amount: {category: traces, identifies: "no"}
      note: {category: traces, identifies: directly}
"""


class Box(Inbox):
    """One world; tables are given as lists of rows."""

    def __init__(self, tables: dict[str, list[dict[str, Any]]], policy: str, datamap: str) -> None:
        """Fill the store."""
        super().__init__()
        self.database = make("box")
        for table, rows in tables.items():
            columns = {name: _kind([row.get(name) for row in rows]) for row in rows for name in row}
            self.database.put(table, columns, rows)
        self.store = connect(SystemSettings("app", "memory", {"url": "memory:box"}))
        self.policy, self.datamap = read_policy(policy, "policy.yaml"), read_datamap(datamap, "datamap.yaml")
        self.holds: list[PlacedHold] = []
        self.keepers: dict[str, Any] = {}
        self.promised: dict[tuple[str, str], frozenset[str]] = {}

    def world(self, now: datetime = NOW) -> World:
        """What planning sees."""
        copied = dict.fromkeys(self.keepers, ("app",))
        actions = {"app": self.store.capabilities.actions}
        return World(self.policy, self.datamap, {"app": self.store.finder()}, actions, self.keepers, copied, now)

    def event(self, kind: str, who: str, at: datetime, key: str = "user_id", about: str | None = None) -> None:
        """Let something have happened about a user."""
        known_by = digest(SubjectKey(key, who))
        self.events.append(Event(f"e{len(self.events)}", kind, key, known_by, at, at, about=about))

    def pauses(self) -> Pauses:
        """What the ledger knows of holds and restrictions."""
        return Pauses(tuple(self.holds), self, digest)

    def hold(self, key: str, value: str) -> None:
        """Place a hold."""
        self.holds.append(PlacedHold("H-1", "dispute", key, digest(SubjectKey(key, value)), NOW))

    def sweep(self, now: datetime = NOW) -> Any:
        """Plan a sweep."""
        return plan_sweep(self.world(now), _HEADER, self.pauses(), Promised(self.promised, lambda _, key: f"d{key}"))

    def promise(self, draft: Any) -> None:
        """Remember the plan's deferrals, as the ledger does."""
        for deferral in draft.plan.deferrals:
            digests = frozenset(f"d{key}" for key in draft.keys[deferral.rows.keyset_id])
            where = (deferral.dataset, deferral.hold_id)
            self.promised[where] = self.promised.get(where, frozenset()) | digests

    def request(self, name: str, value: Any, tenant: tuple[str, str] | None = None) -> Any:
        """Plan a request, on the tenant's instruction if one is named."""
        instruction = Instruction("i1", SubjectKey(*tenant)) if tenant else None
        return plan_request(self.world(), _HEADER, Asked(SubjectKey(name, value), instruction), self.pauses())

    def restore(self, suppressed: dict[tuple[str, str], frozenset[str]], tenant: tuple[str, str] | None = None) -> Any:
        """Plan a restore; `suppressed` by (key name, value); `tenant` gave the instruction `i1`."""
        digests = {(name, digest(SubjectKey(name, value))): found for (name, value), found in suppressed.items()}
        instructions = {"i1": (tenant[0], digest(SubjectKey(*tenant)))} if tenant else {}
        promised = Promised(self.promised, lambda _, key: f"d{key}")
        suppressed = Suppressed(digests, digest, instructions)
        draft, back = plan_restore(self.world(), _HEADER, suppressed, self.pauses(), promised)
        return draft, back.people

    def carry_out(self, draft: Any) -> None:
        """Carry out the row steps; each must touch what it promised."""
        eraser = self.store.eraser()
        for step in draft.plan.steps:
            if hasattr(step, "dataset"):
                dataset, selection = self.datamap.datasets[step.dataset], Selection(step.where, draft.keys)
                if isinstance(step, EraseRows):
                    effect = eraser.erase_rows(dataset, selection)
                elif isinstance(step, AnonymizeRows):
                    rare = draft.keys[step.rare.keyset_id] if step.rare else frozenset()
                    effect = eraser.anonymize_rows(dataset, selection, step.transforms, step.quasi, rare)
                    assert effect.rows_suppressed == step.rows_rare
                else:
                    effect = eraser.redact_fields(dataset, selection, step.fields)
                assert effect.rows == step.rows

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The table now."""
        return self.database.rows(table)


_HEADER = Header("P-1", "C-1", b"s" * 32, "h", Limits())


def _kind(values: list[Any]) -> ColumnType:
    kinds = {int: ColumnType.INTEGER, date: ColumnType.DATE, datetime: ColumnType.INSTANT}
    return next((kinds.get(type(value), ColumnType.TEXT) for value in values if value is not None), ColumnType.TEXT)


def customer(who: Any, **more: Any) -> dict[str, Any]:
    """A customer's row."""
    return {"id": who, "email": f"{who}@x.example", "name": f"Name {who}", **more}


def order(number: int, who: Any, at: date | None, **more: Any) -> dict[str, Any]:
    """An order's row."""
    return {"id": number, "customer_id": who, "at": at, "amount": "100", "note": f"note {number}", **more}


@pytest.fixture
def box():
    """Return what makes a box; parts not given are the ones above."""

    def made(tables=None, rules=RULES, holds="", datamap=DATAMAP, processors=""):
        return Box(tables or {"customers": [customer("c1")]}, POLICY + rules + holds + processors + TAIL, datamap)

    yield made
    forget("box")


@pytest.fixture
def rows():
    """Return the makers of rows."""
    return customer, order
