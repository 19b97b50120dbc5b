"""Clocks that have run out stay so; a sweep is all the same only about those of whom it changes something."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.memory import forget
from retention.deidentify.reading import read_recipes
from retention.model.datamap import ColumnType
from retention.model.plan import AnonymizeRows, PseudonymizeRows, TellProcessor
from retention.model.transform import Tokenize
from tests.unit.planning.conftest import NOW, POLICY, TAIL, Box

TEXT, INTEGER, DATE = ColumnType.TEXT, ColumnType.INTEGER, ColumnType.DATE
COLUMNS = {
    "customers": {"number": INTEGER, "user": TEXT, "email": TEXT, "name": TEXT, "plan": TEXT, "at": DATE},
    "notes": {"id": INTEGER, "customer": INTEGER, "reply_to": INTEGER, "body": TEXT, "tag": TEXT, "at": DATE},
    "visits": {"id": INTEGER, "user": TEXT, "ip": TEXT, "page": TEXT},
}
RECIPE = """\
recipes:
  tokens:
    aim: pseudonymous
    columns: {user: {role: link, do: token}, ip: {role: identifier, do: drop}, page: {role: other}}
"""
DATAMAP = """\
datasets:
  app.customers:
    system: app
    table: customers
    primary_key: [number]
    subject: {user_id: user, email: email}
    dates: {at: at}
    fields:
      email: {category: account, identifies: directly, anonymize: drop}
      name: {category: account, identifies: directly, anonymize: drop}
      plan: {category: PLAN, identifies: directly, anonymize: drop}
  app.notes:
    system: app
    table: notes
    primary_key: [id]
    parent: {app.customers: {customer: number}, app.notes: {reply_to: id}}
    dates: {at: at}
    fields:
      body: {category: memos, identifies: directly, anonymize: drop}
      tag: {category: visits, identifies: "no", anonymize: drop}
  app.visits:
    system: app
    table: visits
    primary_key: [id]
    subject: {user_id: user}
    fields:
      ip: {category: visits, identifies: directly, anonymize: drop}
      page: {category: visits, identifies: "no"}
"""
CLOSED, BY_DATE = "{for: P30D, after: account.closed}", "{for: P12M, since: at}"
HOLDS = "holds: [{id: books, fields: [notes.body], keep: {for: P24M, since: at}, statute: jp.tax}]\n"
MAILER = "processors: {mailer: {categories: [account], key: user_id, answer_within: P30D}}\n"
AGES = (20, 400, 800)
"""Days: neither due by date nor free of the hold; due and held; due and free."""


class Sandbox(Box):
    """A drawn shop; nobody's account is closed yet."""

    def __init__(self, data: st.DataObject) -> None:
        """Draw it."""
        draw = data.draw
        self.people = [f"c{n}" for n in range(5)]
        self.by_date = draw(st.booleans())
        thens = [draw(st.sampled_from(fates)) for fates in (("erase", "anonymize"),) * 2]
        thens.append(draw(st.sampled_from(("erase", "anonymize", "pseudonymize, recipe: tokens"))))
        clocks = CLOSED, BY_DATE if self.by_date else CLOSED, CLOSED
        rules = "".join(
            f"  - {{id: {name}, category: {name}, effective: {{from: 2020-01-01}}, keep: {keep}, then: {then},"
            " source: policy}\n"
            for name, keep, then in zip(("account", "memos", "visits"), clocks, thens, strict=True)
        )
        policy = POLICY.replace("traces:", "visits:") + "  memos: {title: {en: M}, purposes: [P]}\n"
        holds = HOLDS if draw(st.booleans()) else ""
        self.recipes = read_recipes(RECIPE, "policy.yaml")
        datamap = DATAMAP.replace("PLAN", draw(st.sampled_from(("account", "memos"))))
        super().__init__({}, f"{policy}rules:\n{rules}{holds}{MAILER}{TAIL}{RECIPE}", datamap)
        filled, days = st.sampled_from((None, "x")), st.sampled_from(AGES).map(lambda n: NOW.date() - timedelta(days=n))
        customers = [
            {
                "number": n,
                "user": who,
                "email": draw(st.sampled_from((None, f"{who}@x"))),
                "name": draw(filled),
                "plan": draw(filled),
                "at": draw(days),
            }
            for n, who in enumerate(self.people)
        ]
        owners = draw(st.lists(st.sampled_from(range(5)), max_size=5))
        notes = [
            {"id": n, "customer": who, "reply_to": None, "body": draw(filled), "tag": draw(filled), "at": draw(days)}
            for n, who in enumerate(owners)
        ]
        for note in notes[1:]:
            if draw(st.booleans()):
                note |= {"customer": None, "reply_to": note["id"] - 1}
        visitors = draw(st.lists(st.sampled_from(self.people), max_size=4))
        visits = [{"id": n, "user": who, "ip": draw(filled), "page": "/"} for n, who in enumerate(visitors)]
        for table, rows in (("customers", customers), ("notes", notes), ("visits", visits)):
            self.database.put(table, COLUMNS[table], rows)

    def world(self, now: Any = NOW) -> Any:
        """What planning sees, with the recipe."""
        return replace(super().world(now), recipes=self.recipes)

    def close(self, who: str) -> None:
        """Let the person close the account, long enough ago."""
        self.event("account.closed", who, NOW - timedelta(days=60))

    def carry_out(self, draft: Any) -> None:
        """Carry out the row steps; tokens under a key of the test's."""
        steps = [self._armed(step) if isinstance(step, PseudonymizeRows) else step for step in draft.plan.steps]
        super().carry_out(replace(draft, plan=replace(draft.plan, steps=tuple(steps))))

    def _armed(self, step: PseudonymizeRows) -> AnonymizeRows:
        transforms = {**step.transforms, **dict.fromkeys(step.tokens, Tokenize(b"k" * 32))}
        because, rows, of_rows = step.because, step.rows, step.of_rows
        return AnonymizeRows(step.step_id, step.dataset, step.where, transforms, (), 0, None, rows, 0, of_rows, because)

    def everything(self) -> dict[str, dict[tuple[str, Any], dict[str, Any]]]:
        """Return the rows of each person who is still named somewhere."""
        number = {row["number"]: row["user"] for row in self.rows("customers")}
        notes = {row["id"]: row for row in self.rows("notes")}

        def writer(note: dict[str, Any] | None) -> str | None:
            above = note and notes.get(note["reply_to"])
            return writer(above) if above else number.get(note and note["customer"])

        found: dict[str, dict[tuple[str, Any], dict[str, Any]]] = {}
        for table, key in (("customers", "number"), ("notes", "id"), ("visits", "id")):
            for row in self.rows(table):
                who = writer(row) if table == "notes" else row["user"]
                found.setdefault(who, {})[table, row[key]] = row
        return found


@contextmanager
def drawn(data: st.DataObject) -> Iterator[Sandbox]:
    """A drawn shop, and none afterwards."""
    try:
        yield Sandbox(data)
    finally:
        forget("box")


def named(draft: Any) -> set[str]:
    """Return the users whom the plan commits to and suppresses."""
    replays = [replay for replay in draft.plan.replays if replay.key_name == "user_id"]
    return {value for replay in replays for value in draft.keys[replay.keys.keyset_id]}


def told(draft: Any) -> set[str]:
    """Return the users of whom the processor is told."""
    steps = [step for step in draft.plan.steps if isinstance(step, TellProcessor)]
    return {value for step in steps for value in draft.keys[step.keys.keyset_id]}


def carried_out(shop: Sandbox, draft: Any) -> tuple[set[str], set[str]]:
    """Carry the plan out; return of whom some row is now another, and who lost something that only events make due."""
    before = shop.everything()
    shop.carry_out(draft)
    after = shop.everything()
    changed = {who for who, rows in before.items() if after.get(who, {}) != rows}
    by_event = {"email", "name", "ip", "tag"} | (set() if shop.by_date else {"body"})
    lost = {
        who
        for who, rows in before.items()
        for key, row in rows.items()
        if any(row.get(name) is not None and after.get(who, {}).get(key, {}).get(name) is None for name in by_event)
    }
    return changed, lost


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_sweep_is_about_those_of_whom_it_changes_something(data: st.DataObject) -> None:
    """Counted, suppressed and told of are people who are due and whose rows change: all of them, once, and never again.

    Some accounts are closed from the beginning; when nothing more is due, the others close.
    """
    with drawn(data) as shop:
        held = data.draw(st.sampled_from((None, *shop.people)))
        if held:
            shop.hold("user_id", held)
        first = data.draw(st.sets(st.sampled_from(shop.people), min_size=1, max_size=4))
        for closing in (first, {*shop.people} - first):
            for who in closing:
                shop.close(who)
            for _ in range(4):
                draft = shop.sweep()
                if draft is None:
                    break
                changed, lost = carried_out(shop, draft)
                assert lost & closing - {held} <= named(draft) <= changed & closing - {held}
                assert draft.plan.subjects == len(named(draft))
                assert told(draft) <= named(draft)
            else:
                raise AssertionError("a sweep never ends")
