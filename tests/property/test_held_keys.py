"""What a law keeps is never emptied, keys and references included; and nothing is left dangling for it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.memory import forget
from tests.unit.planning.conftest import NOW, POLICY, TAIL, Box

TODAY = date(2026, 11, 23)
RULES = """\
rules:
  - {id: account, category: account, effective: {from: 2020-01-01}, keep: {for: P30D, after: account.closed},
     then: erase, source: policy}
  - {id: traces, category: traces, effective: {from: 2020-01-01}, keep: {for: P12M, since: at},
     then: erase, source: policy}
"""
DATAMAP = """\
datasets:
  app.customers:
    system: app
    table: customers
    primary_key: [no]
    subject: {user_id: id, email: email}
    dates: {at: at}
    fields:
      id: {category: account, identifies: directly}
      email: {category: account, identifies: directly}
      name: {category: account, identifies: directly}
  app.orders:
    system: app
    table: orders
    primary_key: [no]
    subject: {email: email}
    parent: {app.customers: {customer: no}}
    dates: {at: at}
    fields:
      customer: {category: traces, identifies: directly}
      email: {category: account, identifies: directly}
      note: {category: account, identifies: directly}
  app.talks:
    system: app
    table: talks
    primary_key: [no]
    parent: {app.customers: [{one: no}, {other: no}]}
    shared: true
    dates: {at: at}
    fields:
      one: {category: account, identifies: directly}
      other: {category: account, identifies: directly}
      text: {category: account, identifies: directly}
"""
HOLDABLE = (
    *("customers.id", "customers.email", "customers.name"),
    *("orders.customer", "orders.email", "orders.note"),
    *("talks.one", "talks.text"),
)
AGES = st.sampled_from([5, 400, 800])
"""Days since a row's date: the hold keeps what is younger than 24 months."""


def _tables(draw: Any) -> dict[str, list[dict[str, Any]]]:
    people = range(1, 4)
    at = lambda: TODAY - timedelta(days=draw(AGES))  # noqa: E731 -- drawn anew each time
    customers = [{"no": n, "id": f"c{n}", "email": f"c{n}@x", "name": f"N{n}", "at": at()} for n in people]
    owner = st.sampled_from([1, 1, 2, 3])
    orders = []
    for number in range(1, 5):
        who = draw(owner)
        orders.append({"no": number, "customer": who, "email": f"c{who}@x", "note": f"n{number}", "at": at()})
    talks = [{"no": n, "one": draw(owner), "other": draw(owner), "text": f"t{n}", "at": at()} for n in range(1, 3)]
    return {"customers": customers, "orders": orders, "talks": talks}


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_plan_never_empties_what_is_held_and_says_that_it_stays(data: st.DataObject) -> None:
    """Each held field of each held row is what it was, references lead somewhere, and the plan names what it keeps."""
    held = sorted(data.draw(st.sets(st.sampled_from(HOLDABLE), min_size=1)))
    tables = _tables(data.draw)
    holds = f"holds: [{{id: books, fields: [{', '.join(held)}], keep: {{for: P24M, since: at}}, statute: jp.tax}}]\n"
    box = Box(tables, POLICY + RULES + holds + TAIL, DATAMAP)
    asked = data.draw(st.booleans())
    try:
        draft = box.request("user_id", "c1") if asked else _sweep(box)
        if draft is not None:
            box.carry_out(draft)
            _kept_as_they_were(box, tables, held)
            _nothing_dangles(box)
            if asked:
                _said(draft, tables, held)
    finally:
        forget("box")


def _sweep(box: Box) -> Any:
    box.event("account.closed", "c1", NOW - timedelta(days=90))
    return box.sweep()


def _is_held(row: dict[str, Any]) -> bool:
    return bool(row["at"] >= TODAY - timedelta(days=730))


def _kept_as_they_were(box: Box, tables: dict[str, list[dict[str, Any]]], held: list[str]) -> None:
    for table, before in tables.items():
        after = {row["no"]: row for row in box.rows(table)}
        for row in filter(_is_held, before):
            for name in (one.split(".")[1] for one in held if one.startswith(table)):
                assert row["no"] in after, f"a row of {table} under a hold is gone"
                assert after[row["no"]][name] == row[name]


def _nothing_dangles(box: Box) -> None:
    talks = [row[name] for row in box.rows("talks") for name in ("one", "other")]
    led = {*talks, *(row["customer"] for row in box.rows("orders"))} - {None}
    assert led <= {row["no"] for row in box.rows("customers")}


def _said(draft: Any, tables: dict[str, list[dict[str, Any]]], held: list[str]) -> None:
    """Of the requester's own rows the plan names every held field."""
    said = {(kept.dataset, name) for kept in draft.plan.withheld for name in kept.fields}
    own = {
        "customers": [row for row in tables["customers"] if row["no"] == 1],
        "orders": [row for row in tables["orders"] if row["customer"] == 1],
    }
    for table, rows in own.items():
        for name in (one.split(".")[1] for one in held if one.startswith(table)):
            assert (f"app.{table}", name) in said or not any(map(_is_held, rows))
