"""Whatever the rows: suspending and lifting is the identity, and who is suspended and then erased is gone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.memory import forget
from retention.model.datamap import ColumnType
from retention.model.plan import LiftRows, SuspendRows
from retention.model.predicate import Selection
from retention.model.subject import SubjectKey
from retention.model.suspension import SUSPENDED, SuspendedKey
from retention.planning.assemble import Asked, Header
from retention.planning.limits import Limits
from retention.planning.suspended import Lifting, plan_lift, plan_suspension
from retention.planning.suspending import Standing
from tests.doubles.inbox import digest
from tests.unit.planning.conftest import NOW, POLICY, RULES, TAIL, Box

TEXT, INTEGER, BOOLEAN, DATE = ColumnType.TEXT, ColumnType.INTEGER, ColumnType.BOOLEAN, ColumnType.DATE
COLUMNS = {
    "customers": {"id": TEXT, "email": TEXT, "name": TEXT, "stopped": BOOLEAN},
    "orders": {"id": INTEGER, "customer_id": TEXT, "amount": TEXT, "note": TEXT, "at": DATE, "stopped": BOOLEAN},
}
MEANS = (
    "suspend: {flag: {column: stopped, value: true}}",
    "suspend: {move: {table: TABLE_kept}}\n    not_personal: {stopped: never set}",
)
DATAMAP = """\
datasets:
  app.customers:
    system: app
    table: customers
    primary_key: [id]
    subject: {user_id: id, email: email}
    CUSTOMERS
    fields:
      name: {category: account, identifies: directly}
  app.orders:
    system: app
    table: orders
    primary_key: [id]
    parent: {app.customers: {customer_id: id}}
    dates: {at: at}
    ORDERS
    fields:
      amount: {category: traces, identifies: "no"}
      note: {category: traces, identifies: directly}
"""
HEADER = Header("P-1", "C-1", b"s" * 32, "h", Limits())


class Sandbox(Box):
    """A shop with random rows and random means."""

    def __init__(self, data: st.DataObject) -> None:
        """Draw it."""
        people = [f"c{n}" for n in range(data.draw(st.integers(1, 4)))]
        customers = [{"id": who, "email": f"{who}@x", "name": data.draw(_TEXT), "stopped": False} for who in people]
        owners = data.draw(st.lists(st.sampled_from([*people, None]), max_size=6))
        orders = [
            {"id": n, "customer_id": who, "amount": data.draw(_TEXT), "note": f"n{n}", "at": None, "stopped": False}
            for n, who in enumerate(owners)
        ]
        drawn = [data.draw(st.sampled_from(MEANS)) for _ in range(2)]
        means = [one.replace("TABLE", table) for one, table in zip(drawn, COLUMNS, strict=True)]
        datamap = DATAMAP.replace("CUSTOMERS", means[0]).replace("ORDERS", means[1])
        super().__init__({}, POLICY + RULES + TAIL, datamap)
        for table, rows in (("customers", customers), ("orders", orders)):
            self.database.put(table, COLUMNS[table], rows)
            self.database.put(f"{table}_kept", COLUMNS[table], [])

    def world(self, now: Any = NOW) -> Any:
        """What planning sees, with what the store can suspend by."""
        return replace(super().world(now), suspends={"app": self.store.capabilities.suspends})

    def tables(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every table, in an order that rows do not have."""
        names = [name for table in COLUMNS for name in (table, f"{table}_kept")]
        return {name: sorted(map(_row, self.rows(name)), key=repr) for name in names}

    def stop(self, draft: Any) -> None:
        """Carry out a plan of suspension or of lifting; each step touches what it promised."""
        suspender = self.store.suspender()
        for step in draft.plan.steps:
            dataset, selection = self.datamap.datasets[step.dataset], Selection(step.where, draft.keys)
            if isinstance(step, SuspendRows):
                assert suspender.suspend_rows(dataset, selection).rows == step.rows
            elif isinstance(step, LiftRows):
                original = self.datamap.datasets[dataset.keeps or dataset.dataset_id]
                assert suspender.lift_rows(original, selection).rows == step.rows

    def standing(self, draft: Any) -> Standing:
        """What the ledger knows afterwards."""
        entries = [
            SuspendedKey("C-1", replay.key_name, digest(SubjectKey(replay.key_name, str(value))), NOW, (), (), None)
            for replay in draft.plan.replays
            if replay.scope == SUSPENDED
            for value in draft.keys[replay.keys.keyset_id]
        ]
        return Standing(tuple(entries), digest)

    def in_use(self, who: str) -> int:
        """How many rows of the person the application sees."""
        mine = [("customers", "id"), ("orders", "customer_id")]
        return sum(row[key] == who and not row["stopped"] for table, key in mine for row in self.rows(table))


_TEXT = st.one_of(st.none(), st.text(max_size=3))


def _row(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row.values())


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_suspending_and_lifting_is_the_identity_and_erasing_leaves_nothing(data: st.DataObject) -> None:
    """Nothing of the person is in use meanwhile and everybody else is as before; then either everything or nothing."""
    box = Sandbox(data)
    try:
        before = box.tables()
        others = {who: box.in_use(who) for who in ("c1", "c2", "c3")}
        draft = plan_suspension(box.world(), HEADER, Asked(SubjectKey("email", "c0@x")))
        box.stop(draft)
        assert box.in_use("c0") == 0
        assert {who: box.in_use(who) for who in others} == others
        assert plan_suspension(box.world(), HEADER, Asked(SubjectKey("user_id", "c0"))).plan.steps == ()
        if data.draw(st.booleans()):
            box.stop(plan_lift(box.world(), HEADER, Lifting("C-1", "cured", "0" * 32), box.standing(draft)))
            assert box.tables() == before
        else:
            box.carry_out(box.request("user_id", "c0"))
            left = {name: [row for row in rows if "c0" not in row] for name, rows in before.items()}
            assert box.tables() == left
    finally:
        forget("box")
