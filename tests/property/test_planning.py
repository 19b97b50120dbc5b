from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.memory import connect, make
from retention.datamap import read_datamap
from retention.errors import UnknownSubjectError
from retention.model.datamap import ColumnType
from retention.model.event import Event
from retention.model.hold import PlacedHold
from retention.model.plan import AnonymizeRows, EraseRows, RedactFields
from retention.model.predicate import Selection
from retention.model.subject import SubjectKey
from retention.planning import codec
from retention.planning.assemble import Asked, Header, plan_request, plan_sweep
from retention.planning.explain import explain
from retention.planning.fates import Due
from retention.planning.limits import Limits
from retention.planning.pausing import Pauses
from retention.planning.world import World
from retention.policy import read_policy
from retention.ports.connector import SystemSettings
from tests.doubles.inbox import Inbox, digest

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
AGES = (None, 5, 300, 400, 700, 800)
"""Days since a row's date. Clocks run 12 months, the hold 24: 400 is due, 800 is free."""
TEXT, INTEGER, DATE = ColumnType.TEXT, ColumnType.INTEGER, ColumnType.DATE
COLUMNS = {
    "customers": {"id": TEXT, "email": TEXT, "name": TEXT, "plan": TEXT, "at": DATE},
    "orders": {"id": INTEGER, "customer_id": TEXT, "holder": TEXT, "amount": TEXT, "at": DATE},
    "lines": {"id": INTEGER, "order_id": INTEGER, "note": TEXT, "qty": TEXT, "at": DATE},
}
PARENTS = {"orders": ("customer_id", "customers"), "lines": ("order_id", "orders")}
FIELDS = {"customers": ("name", "plan"), "orders": ("holder", "amount"), "lines": ("note", "qty")}

POLICY = """\
policy: p
controller: {{name: {{en: Shop}}, address: Tokyo, responsible: Office}}
timezone: Asia/Tokyo
regimes: [jp.appi]
categories:
  account: {{title: {{en: A}}, purposes: [P1]}}
  traces: {{title: {{en: B}}, purposes: [P1]}}
rules:
  - {{id: account, category: account, effective: {{from: 2020-01-01}}, keep: {{for: P30D, after: account.closed}},
      then: erase, source: policy}}
  - {{id: traces, category: traces, effective: {{from: 2020-01-01}}, keep: {{for: P12M, since: at}},
      then: {then}, source: policy}}
{holds}requests: {{answer_within: P14D, channels: [post], identity_documents: [passport]}}
"""
HOLDS = "holds: [{{id: books, fields: [{fields}], keep: {{for: P24M, since: at}}, statute: jp.corporate-tax-act}}]\n"


class Sandbox:
    """A drawn world: what is where, whose it is, and what is due by the naive rules of this file."""

    def __init__(self, data: st.DataObject) -> None:
        """Draw it."""
        draw = data.draw
        self.then = draw(st.sampled_from(["erase", "anonymize"]))
        kinds = st.tuples(st.sampled_from(["account", "traces"]), st.sampled_from(["directly", "no"]))
        self.kinds = {(table, name): draw(kinds) for table, names in FIELDS.items() for name in names}
        if self.then == "anonymize":  # a primary key that names the person cannot be anonymized away
            self.kinds |= {("customers", name): ("account", "directly") for name in FIELDS["customers"]}
        holdable = [("orders", "amount"), ("orders", "holder"), ("lines", "qty")]
        self.held_fields = draw(st.sets(st.sampled_from(holdable)))
        people = [f"c{n}" for n in range(draw(st.integers(1, 4)))]
        self.closed = {who: draw(st.sampled_from([None, 5, 60])) for who in people}
        self.frozen = draw(st.sets(st.sampled_from(people), max_size=1))
        ages = st.sampled_from(AGES)
        self.ages: dict[tuple[str, Any], int | None] = {}
        self.database = make("property")
        self.tables = {
            "customers": [{"id": who, "email": f"{who}@x.example"} for who in people],
            "orders": [{"id": n, "customer_id": draw(st.sampled_from([*people, None]))} for n in range(draw(_few))],
        }
        orders = [row["id"] for row in self.tables["orders"]]
        self.tables["lines"] = [
            {"id": n, "order_id": draw(st.sampled_from([*orders, None]))} for n in range(draw(_few))
        ]
        for table, rows in self.tables.items():
            for row in rows:
                age = self.ages[table, row["id"]] = draw(ages)
                row["at"] = None if age is None else TODAY - timedelta(days=age)
                row |= {name: draw(st.sampled_from([None, f"{table} {name} {row['id']}"])) for name in FIELDS[table]}
            self.database.put(table, COLUMNS[table], rows)
        self.store = connect(SystemSettings("app", "memory", {"url": "memory:property"}))
        self.policy = read_policy(self._policy(), "policy.yaml")
        self.datamap = read_datamap(self._datamap(), "datamap.yaml")

    def _policy(self) -> str:
        named = ", ".join(sorted(f"{table}.{name}" for table, name in self.held_fields))
        return POLICY.format(then=self.then, holds=HOLDS.format(fields=named) if named else "")

    def _datamap(self) -> str:
        lines = ["datasets:"]
        for table, names in FIELDS.items():
            lines += [f"  app.{table}:", "    system: app", f"    table: {table}", "    primary_key: [id]"]
            lines += ["    dates: {at: at}"]
            if table in PARENTS:
                here, parent = PARENTS[table]
                lines += [f"    parent: {{app.{parent}: {{{here}: id}}}}"]
            else:
                lines += ["    subject: {user_id: id, email: email}"]
            lines += ["    fields:"]
            if table == "customers":
                lines += ["      email: {category: account, identifies: directly, anonymize: drop}"]
            for name in names:
                category, identifies = self.kinds[table, name]
                lines += [f'      {name}: {{category: {category}, identifies: "{identifies}", anonymize: drop}}']
        return "\n".join(lines)

    def world(self) -> World:
        """What planning sees."""
        finders = {"app": self.store.finder()}
        return World(self.policy, self.datamap, finders, {"app": self.store.capabilities.actions}, {}, {}, NOW)

    def snapshot(self) -> dict[str, list[dict[str, Any]]]:
        """All rows."""
        return {table: self.database.rows(table) for table in FIELDS}

    def owner(self, table: str, row: dict[str, Any]) -> str | None:
        """Whose row it was, by following references one by one."""
        if table == "customers":
            return row["id"]
        here, parent = PARENTS[table]
        return next((self.owner(parent, up) for up in self.tables[parent] if up["id"] == row[here]), None)

    def is_held(self, table: str, key: Any, name: str) -> bool:
        """Whether the statute keeps the field: 24 months, and for ever if the date is missing."""
        age = self.ages[table, key]
        return (table, name) in self.held_fields and (age is None or age < 730)

    def is_due(self, table: str, row: dict[str, Any], name: str) -> bool:
        """Whether the field's clock has run out."""
        category = "account" if name == "email" else self.kinds[table, name][0]
        if category == "account":
            return self.closed.get(self.owner(table, row) or "") == 60
        age = self.ages[table, row["id"]]
        return age is not None and age > 366

    def carry_out(self, draft: Any) -> None:
        """Carry out the row steps in order; each touches what it promised and leaves no reference dangling."""
        assert draft.plan == codec.decode(codec.encode(draft.plan))
        for step in draft.plan.steps:
            dataset, selection = self.datamap.datasets[step.dataset], Selection(step.where, draft.keys)
            eraser = self.store.eraser()
            match step:
                case EraseRows():
                    effect = eraser.erase_rows(dataset, selection)
                case RedactFields():
                    effect = eraser.redact_fields(dataset, selection, step.fields)
                case AnonymizeRows():
                    rare = frozenset(map(str, draft.keys[step.rare.keyset_id])) if step.rare else frozenset()
                    effect = eraser.anonymize_rows(dataset, selection, step.transforms, step.quasi, rare)
                    assert effect.rows_suppressed == step.rows_rare
            assert effect.rows == step.rows, step
            self.assert_whole()

    def assert_whole(self) -> None:
        """Every reference points to a row."""
        now = self.snapshot()
        for table, (here, parent) in PARENTS.items():
            there = {row["id"] for row in now[parent]}
            assert {row[here] for row in now[table]} - {None} <= there, table


_few = st.integers(0, 5)


def header() -> Header:
    """The same on every call."""
    return Header("P-1", "C-1", b"s" * 32, "h", Limits())


def inbox(sandbox: Sandbox) -> Inbox:
    """Turn days since the closing into events."""
    return Inbox(
        Event(who, "account.closed", "user_id", digest(SubjectKey("user_id", who)), NOW - timedelta(days=days), NOW)
        for who, days in sandbox.closed.items()
        if days is not None
    )


def fields_of(table: str) -> tuple[str, ...]:
    """Personal fields of the table."""
    return (*FIELDS[table], "email") if table == "customers" else FIELDS[table]


def sweep(sandbox: Sandbox) -> Any:
    """Plan a sweep."""
    return plan_sweep(sandbox.world(), header(), pauses(sandbox))


def pauses(sandbox: Sandbox) -> Pauses:
    """Return the holds on people, and what happened."""
    holds = [
        PlacedHold(f"H-{who}", "dispute", "user_id", digest(SubjectKey("user_id", who)), NOW) for who in sandbox.frozen
    ]
    return Pauses(tuple(holds), inbox(sandbox), digest)


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_a_sweep_empties_what_is_due_and_nothing_else(data):
    """A field is gone if and only if its clock ran out and nothing holds it; counts are true at every step."""
    sandbox = Sandbox(data)
    before = sandbox.snapshot()
    draft = sweep(sandbox)
    assert sandbox.snapshot() == before
    if draft is not None:
        again = sweep(sandbox)
        assert codec.encode(again.plan) == codec.encode(draft.plan)
        assert again.keys == draft.keys
        sandbox.carry_out(draft)
    after = {table: {row["id"]: row for row in rows} for table, rows in sandbox.snapshot().items()}
    for table, rows in before.items():
        for row in rows:
            for name in fields_of(table):
                free = sandbox.owner(table, row) not in sandbox.frozen and not sandbox.is_held(table, row["id"], name)
                gone = after[table].get(row["id"], {}).get(name) is None
                expected = row[name] is None or (free and sandbox.is_due(table, row, name))
                assert gone or not expected, f"{table}.{name} of {row['id']} was missed"
                assert expected or not gone, f"{table}.{name} of {row['id']} went too early"


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_row_stays_tied_while_it_tells_of_its_person(data):
    """Where an identifying field is neither due nor held, the row keeps its reference, and so on up to the person."""
    sandbox = Sandbox(data)
    before = sandbox.snapshot()
    draft = sweep(sandbox)
    if draft is None:
        return
    sandbox.carry_out(draft)
    after = {table: {row["id"]: row for row in rows} for table, rows in sandbox.snapshot().items()}
    for table, (here, _) in PARENTS.items():
        for row in before[table]:
            telling = [
                name
                for name in FIELDS[table]
                if sandbox.kinds[table, name][1] == "directly"
                and not sandbox.is_due(table, row, name)
                and not sandbox.is_held(table, row["id"], name)
            ]
            if telling:
                assert after[table][row["id"]][here] == row[here]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_sweep_is_over_when_it_is_done(data):
    """Planned again after it was carried out, nothing more is due: no row is left half done."""
    sandbox = Sandbox(data)
    for _ in range(3):  # a row emptied may let its parent go only in the next sweep
        draft = sweep(sandbox)
        if draft is None:
            return
        sandbox.carry_out(draft)
    assert sweep(sandbox) is None


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_request_reaches_everything_of_one_person_and_nothing_of_others(data):
    """Nothing remains reachable by any key, held fields stay, and every other row is as it was."""
    sandbox = Sandbox(data)
    key = data.draw(st.sampled_from([("user_id", "c0"), ("email", "c0@x.example")]))
    before = sandbox.snapshot()
    try:
        draft = plan_request(sandbox.world(), header(), Asked(SubjectKey(*key)), Pauses((), inbox(sandbox), digest))
    except UnknownSubjectError as error:
        raise AssertionError("c0 is known") from error
    again = plan_request(sandbox.world(), header(), Asked(SubjectKey(*key)), Pauses((), inbox(sandbox), digest))
    assert codec.encode(draft.plan) == codec.encode(again.plan)
    assert sandbox.snapshot() == before
    sandbox.carry_out(draft)
    after = {table: {row["id"]: row for row in rows} for table, rows in sandbox.snapshot().items()}
    assert "c0" not in after["customers"]
    assert all(row["customer_id"] != "c0" for row in after["orders"].values())
    for table, rows in before.items():
        for row in rows:
            found = after[table].get(row["id"])
            if sandbox.owner(table, row) != "c0":
                assert found == row
                continue
            for name in fields_of(table):
                kept = sandbox.is_held(table, row["id"], name)
                assert (found or {}).get(name) == (row[name] if kept else None)


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_an_explanation_says_what_the_next_sweep_does(data):
    """What is told to be due is what goes, what is told to be kept stays: for every field of every person."""
    sandbox = Sandbox(data)
    told = {who: explain(sandbox.world(), SubjectKey("user_id", who), pauses(sandbox)) for who in sandbox.closed}
    before = sandbox.snapshot()
    draft = sweep(sandbox)
    if draft is not None:
        sandbox.carry_out(draft)
    after = {table: {row["id"]: row for row in rows} for table, rows in sandbox.snapshot().items()}
    for who, explanation in told.items():
        seen: Counter[Any] = Counter()
        for table, rows in before.items():
            for row in (row for row in rows if sandbox.owner(table, row) == who):
                for fields in together(sandbox, table):
                    filled = [name for name in fields if row[name] is not None]
                    gone = {after[table].get(row["id"], {}).get(name) is None for name in filled}
                    assert len(gone) < 2, "fields of one category, kept by the same laws, share their fate"
                    seen.update((f"app.{table}", fields, is_gone) for is_gone in gone)
        said: Counter[Any] = Counter()
        for line in explanation.lines:
            said[line.dataset, line.fields, isinstance(line.fate, Due)] += line.rows
        assert said == seen


def together(sandbox: Sandbox, table: str) -> Iterator[tuple[str, ...]]:
    """Yield the table's fields, those of one category that the same laws may keep together."""
    kinds: dict[Any, list[str]] = {}
    for name in fields_of(table):
        category = "account" if name == "email" else sandbox.kinds[table, name][0]
        kinds.setdefault((category, (table, name) in sandbox.held_fields), []).append(name)
    return (tuple(sorted(names)) for names in kinds.values())
