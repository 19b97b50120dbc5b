"""What is told of a person agrees with the next sweep: clients, purposes, restrictions and holds included."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.memory import connect, make
from retention.datamap import read_datamap
from retention.model.datamap import ColumnType
from retention.model.event import Event
from retention.model.hold import PlacedHold
from retention.model.plan import EraseRows, RedactFields
from retention.model.predicate import Selection
from retention.model.subject import SubjectKey
from retention.planning.assemble import Header, plan_sweep
from retention.planning.explain import explain
from retention.planning.fates import Due
from retention.planning.limits import Limits
from retention.planning.pausing import Pauses
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
purposes:
  P1: {title: {en: Service}}
  mail: {title: {en: Mail}, basis: consent}
  fraud: {title: {en: Fraud}, ends: {after: session.ended, for: P10D}}
categories:
  account: {title: {en: A}, purposes: [P1]}
  letters: {title: {en: L}, purposes: [mail]}
  marks: {title: {en: M}, purposes: [P1, fraud]}
  traces: {title: {en: B}, purposes: [P1]}
rules:
  - {id: account, category: account, effective: {from: 2020-01-01}, keep: {for: P30D, after: account.closed},
     then: erase, source: policy}
  - {id: client, category: account, effective: {from: 2020-01-01}, authority: tenant,
     keep: {for: P30D, after: contract.ended}, then: erase, source: policy}
  - {id: letters, category: letters, effective: {from: 2020-01-01}, keep: {for: P5D, after: purposes.ended},
     then: erase, source: policy}
  - {id: marks, category: marks, effective: {from: 2020-01-01}, keep: {for: P30D, after: account.closed},
     then: erase, source: policy}
  - {id: traces, category: traces, effective: {from: 2020-01-01}, keep: {for: P12M, since: at},
     then: erase, source: policy}
holds: [{id: books, fields: [orders.amount], keep: {for: P24M, since: at}, statute: jp.tax}]
requests: {answer_within: P14D, channels: [post], identity_documents: [passport]}
"""
DATAMAP = """\
datasets:
  app.customers:
    system: app
    table: customers
    primary_key: [id]
    subject: {email: email}
    tenant: {company_id: company}
    fields:
      email: {category: account, identifies: directly}
      name: {category: account, identifies: directly}
      letter: {category: letters, identifies: "no"}
      mark: {category: marks, identifies: "no"}
  app.orders:
    system: app
    table: orders
    primary_key: [id]
    parent: {app.customers: {customer_id: id}}
    dates: {at: at}
    fields:
      note: {category: traces, identifies: directly}
      amount: {category: traces, identifies: "no"}
"""
READ_POLICY, READ_DATAMAP = read_policy(POLICY, "policy.yaml"), read_datamap(DATAMAP, "datamap.yaml")
FIELDS = {"customers": (("email", "name"), ("letter",), ("mark",)), "orders": (("amount",), ("note",))}
TEXT, INTEGER = ColumnType.TEXT, ColumnType.INTEGER
COLUMNS = {
    "customers": {"id": INTEGER, "email": TEXT, "name": TEXT, "company": TEXT, "letter": TEXT, "mark": TEXT},
    "orders": {"id": INTEGER, "customer_id": INTEGER, "note": TEXT, "amount": TEXT, "at": ColumnType.DATE},
}
HAPPENINGS = {
    "restriction.placed": None,
    "restriction.lifted": None,
    "notice.delivered": "restriction-lift",
    "consent.withdrawn": "mail",
    "session.ended": None,
}
_few = st.integers(1, 4)


class Firm(Inbox):
    """Two people, two clients, and what the ledger knows of them."""

    def __init__(self, draw: Any) -> None:
        """Draw rows, events and holds."""
        super().__init__()
        self.people = ["a@x.example", "b@x.example"]
        accounts = [
            {"id": n, "email": draw(st.sampled_from(self.people)), "name": draw(st.sampled_from(["N", None]))}
            | {"company": draw(st.sampled_from([None, None, "k1", "k2"])), "letter": "l", "mark": "m"}
            for n in range(draw(_few))
        ]
        orders = []
        for n in range(draw(_few)):
            account = draw(st.sampled_from(accounts))
            age = draw(st.sampled_from([None, 5, 400, 800]))
            orders.append({"id": n, "customer_id": account["id"], "note": "n", "amount": "1", "at": age})
        for row in orders:
            row["at"] = None if row["at"] is None else date(2026, 11, 23) - timedelta(days=row["at"])
        self.rows = {"customers": accounts, "orders": orders}
        self.database = make("explain")
        for table, rows in self.rows.items():
            self.database.put(table, COLUMNS[table], rows)
        self.store = connect(SystemSettings("app", "memory", {"url": "memory:explain"}))
        for who in self.people:
            self._happen("email", who, "account.closed", draw(st.sampled_from([None, 5, 60])))
            for kind in HAPPENINGS:
                self._happen("email", who, kind, draw(st.sampled_from([None, None, 3, 10, 20])))
        for client in ("k1", "k2"):
            self._happen("company_id", client, "contract.ended", draw(st.sampled_from([None, 5, 60])))
        held = draw(st.sampled_from([None, *self.people]))
        holds = () if held is None else (PlacedHold("H", "dispute", "email", digest(SubjectKey("email", held)), NOW),)
        self.pauses = Pauses(holds, self, digest)
        actions = {"app": self.store.capabilities.actions}
        self.datamap = READ_DATAMAP
        self.world = World(READ_POLICY, self.datamap, {"app": self.store.finder()}, actions, {}, {}, NOW)

    def _happen(self, key: str, who: str, kind: str, days: int | None) -> None:
        if days is not None:
            at, name = NOW - timedelta(days=days), f"{kind} {who}"
            self.events.append(Event(name, kind, key, digest(SubjectKey(key, who)), at, at, None, HAPPENINGS.get(kind)))

    def owner(self, table: str, row: dict[str, Any]) -> str:
        """Whose row it is."""
        account = row if table == "customers" else self.rows["customers"][row["customer_id"]]
        return str(account["email"])

    def sweep(self) -> dict[str, dict[int, dict[str, Any]]]:
        """Carry out the next sweep; return what is left, by table and id."""
        draft = plan_sweep(self.world, Header("P-1", "C-1", b"s" * 32, "h", Limits()), self.pauses)
        for step in draft.plan.steps if draft else ():
            dataset, selection = self.datamap.datasets[step.dataset], Selection(step.where, draft.keys)
            match step:
                case EraseRows():
                    self.store.eraser().erase_rows(dataset, selection)
                case RedactFields():
                    self.store.eraser().redact_fields(dataset, selection, step.fields)
        return {table: {row["id"]: row for row in self.database.rows(table)} for table in self.rows}


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_told_to_be_due_is_what_the_sweep_takes(data):
    """Whose ever the rows are and whatever stands still: due if and only if it goes."""
    firm = Firm(data.draw)
    known = {row["email"] for row in firm.rows["customers"]}
    told = {who: explain(firm.world, SubjectKey("email", who), firm.pauses) for who in known}
    after = firm.sweep()
    for who, explanation in told.items():
        seen: Counter[Any] = Counter()
        for table, rows in firm.rows.items():
            for row in (row for row in rows if firm.owner(table, row) == who):
                for fields in FIELDS[table]:
                    filled = [name for name in fields if row[name] is not None]
                    gone = {after[table].get(row["id"], {}).get(name) is None for name in filled}
                    seen.update((f"app.{table}", fields, is_gone) for is_gone in gone)
        said: Counter[Any] = Counter()
        for line in explanation.lines:
            said[line.dataset, line.fields, isinstance(line.fate, Due)] += line.rows
        assert said == seen
