"""Plans that stop and allow the use of data: what is refused, what is left out, and what other plans leave out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from retention.errors import UnknownSubjectError, UnreachableDataError
from retention.model.case import CaseKind
from retention.model.datamap import ColumnType
from retention.model.ids import DatasetId
from retention.model.plan import Because
from retention.model.policy import PreApproval
from retention.model.predicate import Not
from retention.model.subject import SubjectKey
from retention.model.suspension import SuspendsBy
from retention.planning.approval import stands_approved
from retention.planning.assemble import Asked, Header
from retention.planning.keysets import KeySets
from retention.planning.limits import Limits
from retention.planning.suspended import plan_suspension
from retention.planning.suspending import out_of_use
from retention.ports.constraints import Constraints, ForeignKey

HEADER = Header("P-1", "C-1", b"s" * 32, "h", Limits())
FLAG = "suspend: {flag: {column: state, value: stopped}}"
DATAMAP = """\
datasets:
  app.customers:
    system: app
    table: customers
    primary_key: [id]
    subject: {user_id: id, email: email}
    MEANS
    fields:
      email: {category: account, identifies: directly, anonymize: drop}
      name: {category: account, identifies: directly}
"""
ORDERS = """\
  app.orders:
    system: app
    table: orders
    primary_key: [id]
    parent: {app.customers: {customer_id: id}}
    dates: {at: at}
    tenant: {company: company}
    suspend: {parent: read by way of its customer}
    fields:
      amount: {category: traces, identifies: "no"}
"""


def planned(box: Any, who: str = "c1", can: frozenset[SuspendsBy] = frozenset(SuspendsBy), **more: Any) -> Any:
    """Plan the suspension of a person."""
    world = replace(box.world(), suspends={"app": can}, **more)
    return plan_suspension(world, HEADER, Asked(SubjectKey("user_id", who))).plan


@pytest.fixture
def flagged(box: Any, rows: Any) -> Any:
    """Three customers, of whom c2 is suspended already and c3 holds a third value."""
    customer, _ = rows
    states = {"c1": None, "c2": "stopped", "c3": "new"}
    tables = {"customers": [customer(who, state=state) for who, state in states.items()]}
    return box(tables, datamap=DATAMAP.replace("MEANS", FLAG))


def test_rows_that_are_suspended_already_are_no_step(flagged: Any) -> None:
    """Somebody in use is one row; of somebody suspended nothing is left to do."""
    assert [(step.dataset, step.rows) for step in planned(flagged).steps] == [("app.customers", 1)]
    assert planned(flagged, "c2").steps == ()


def test_a_third_value_is_refused(flagged: Any) -> None:
    """Lifting could not bring it back."""
    with pytest.raises(UnreachableDataError, match="1 rows hold neither stopped nor None in state"):
        planned(flagged, "c3")


def test_a_store_is_asked_what_it_can_do(flagged: Any) -> None:
    """A means that the store's record does not name is refused before anything is planned."""
    with pytest.raises(UnreachableDataError, match="suspended by `flag`, and its store can do that by move"):
        planned(flagged, can=frozenset({SuspendsBy.MOVE}))


def test_nobody_knows_a_stranger(flagged: Any) -> None:
    """It is said as for an erasure."""
    with pytest.raises(UnknownSubjectError):
        planned(flagged, "c9")


def test_a_tenants_rows_stay_in_use_and_processors_are_not_told(box: Any, rows: Any) -> None:
    """What a client decides over is not ours to stop, and there is no such order; the plan says both."""
    customer, order = rows
    tables = {
        "customers": [customer("c1", state=None)],
        "orders": [order(1, "c1", None, company=None), order(2, "c1", None, company="k1")],
    }
    processors = "processors: {mail: {categories: [account], key: email, answer_within: P7D}}\n"
    shop = box(tables, datamap=DATAMAP.replace("MEANS", FLAG) + ORDERS, processors=processors)
    plan = planned(shop)
    assert [(kept.dataset, kept.rows, kept.statute) for kept in plan.withheld] == [
        ("app.orders", 1, "tenant-controlled")
    ]
    assert [(left.system, left.why) for left in plan.untold] == [("mail", "no-suspension")]


def test_a_table_with_other_columns_is_no_place_to_move_rows_to(box: Any, rows: Any) -> None:
    """Refused at planning, as a view would be in which rows could not be told."""
    customer, _ = rows
    tables = {"customers": [customer("c1")], "customers_kept": [{"id": "c8", "email": "x"}]}
    shop = box(tables, datamap=DATAMAP.replace("MEANS", "suspend: {move: {table: customers_kept}}"))
    with pytest.raises(UnreachableDataError, match="differs in name"):
        planned(shop)


@pytest.mark.parametrize("table", ["orders", "visits"])
def test_rows_are_not_moved_from_under_others(box: Any, rows: Any, table: str) -> None:
    """A foreign key of a table that stays, mapped or not, would cascade or hold back: the plan is refused."""
    customer, order = rows
    tables = {"customers": [customer("c1")], "customers_kept": [customer("c8")], table: [order(1, "c1", None)]}
    shop = box(tables, datamap=DATAMAP.replace("MEANS", "suspend: {move: {table: customers_kept}}"))
    key = ForeignKey(table=table, here=("customer_id",), parent="customers", there=("id",), on_delete="cascade")
    constraints = {"app": Constraints(foreign_keys=(key,), required={})}
    with pytest.raises(UnreachableDataError, match=rf"1 rows of app\.{table} refer to rows of app\.customers"):
        planned(shop, constraints=constraints)
    assert len(planned(shop).steps) == 1


def test_what_is_out_of_use_is_left_out_of_sets_and_counts(flagged: Any) -> None:
    """Exports and statistics select around suspended rows."""
    world, keysets = flagged.world(), KeySets(b"s" * 32)
    dataset = world.dataset(DatasetId("app.customers"))
    two = [{"id": "c1"}, {"id": "c2", "state": "stopped"}]
    flagged.database.put("customers", dict.fromkeys(("id", "state"), ColumnType.TEXT), two)
    stopped = out_of_use(world, dataset, keysets)
    assert stopped is not None
    assert (world.count(dataset, stopped, keysets), world.count(dataset, Not(stopped), keysets)) == (1, 1)


def test_a_standing_approval_does_not_cover_what_a_person_asked_for(flagged: Any) -> None:
    """It covers what rules say; to stop somebody's use again, somebody has to look."""
    office = replace(flagged.policy, preapproved=PreApproval("office", ("account", "traces")))
    asked = replace(planned(flagged), kind=CaseKind.SWEEP)
    assert stands_approved(office, asked) is None
    ruled = replace(asked.steps[0], because=Because(("account",), (), request=False))
    assert stands_approved(office, replace(asked, steps=(ruled,))) == "office"
