"""Does the map hold? Great Expectations' look before: on a real SQLite file, and on a store without SQL."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

import pytest

from connectors import memory, sql
from retention.datamap import read_datamap
from retention.model.datamap import ColumnType
from retention.model.ids import DatasetId, StepId, SystemId
from retention.model.plan import Because, EraseRows
from retention.model.predicate import Everything
from retention.ports.connector import SystemSettings
from retention.verification import Parent, Subject, look_at_map

DATAMAP = """\
datasets:
  app.people: {system: app, table: people, primary_key: [id], subject: {user_id: id, email: email},
    fields: {email: {category: a, identifies: directly}}}
  app.orders: {system: app, table: orders, primary_key: [id], parent: {app.people: {person: id}}, dates: {at: at},
    fields: {note: {category: a, identifies: directly}}}
  app.visits: {system: app, table: visits, subject: {email: email}, dates: {at: at},
    fields: {page: {category: a, identifies: "no"}}}
"""
PEOPLE = [("u1", "private@mail.example"), ("u2", None)]
ORDERS = [(1, "u1", "2026-01-01", "n"), (2, None, None, "n")]
VISITS = [("private@mail.example", "2026-01-01T00:00:00+09:00", "p")]
COLUMNS = {
    "people": ("id", "email"),
    "orders": ("id", "person", "at", "note"),
    "visits": ("email", "at", "page"),
}


def sqlite_store(folder, tables):
    """Return a store on a SQLite file with these tables; nothing in it is declared."""
    connection = sqlite3.connect(folder / "app.db")
    with connection:
        for name, rows in tables.items():
            connection.execute(f"CREATE TABLE {name} ({', '.join(f'{c} TEXT' for c in COLUMNS[name])})")
            connection.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' for _ in COLUMNS[name])})", rows)
    connection.close()
    return sql.connect(SystemSettings(SystemId("app"), "sql", {"url": f"sqlite:///{folder / 'app.db'}"}))


def memory_store(folder, tables):
    """Return the in-memory reference with these tables."""
    made = memory.make(f"mapping-{folder.name}")
    for name, rows in tables.items():
        kinds = dict.fromkeys(COLUMNS[name], ColumnType.TEXT)
        made.put(
            name, kinds, [dict(zip(kinds, (None if v is None else str(v) for v in row), strict=True)) for row in rows]
        )
    return memory.connect(SystemSettings(SystemId("app"), "memory", {"url": f"memory:{made.name}"}))


@pytest.fixture(params=[sqlite_store, memory_store], ids=["sqlite", "memory"])
def amiss(request, tmp_path):
    """Return the way to what is amiss in a dataset, over these tables, with so many rows planned."""

    def looked(name, rows=0, **changed):
        store = request.param(tmp_path, {"people": PEOPLE, "orders": ORDERS, "visits": VISITS} | changed)
        datasets = read_datamap(DATAMAP, "datamap.yaml").datasets
        dataset = datasets[DatasetId(f"app.{name}")]
        parents = [Parent(each, datasets[each.parent], store.inspector()) for each in dataset.parents]
        step = EraseRows(StepId("1"), dataset.dataset_id, Everything(), rows, rows, Because((), (), request=True))
        types = store.finder().describe(dataset)
        look = look_at_map(Subject(dataset, types, store.inspector()), parents, [step] if rows else [])
        store.close()
        assert "private" not in look.summary
        assert len(look.verdicts) > 3
        return {(verdict.expectation, verdict.unexpected) for verdict in look.failed}

    return looked


def test_a_map_that_holds_has_nothing_amiss(amiss):
    """Every column is there, keys are unique and filled, nothing dangles, dates are dates."""
    assert amiss("orders", rows=2) == set()


def test_each_thing_amiss_is_named_with_its_count(amiss):
    """A key twice, a reference to nobody, a date that is none, fewer rows than planned: each by its own expectation."""
    orders = [*ORDERS, (2, "u9", "soon", "n")]
    failed = amiss("orders", rows=9, orders=orders)
    assert ("expect_column_values_to_be_unique", 2) in failed
    assert ("expect_table_row_count_to_be_between", 0) in failed
    dangling = {"unexpected_rows_expectation", "expect_column_values_to_not_be_in_set"}
    assert [(name, count) for name, count in failed if name in dangling] in ([(n, 1)] for n in dangling)
    assert [count for name, count in failed if "match" in name] == [1]
    assert len(failed) == 4


def test_rows_of_which_none_names_anybody_are_amiss(amiss):
    """An identity key that is empty everywhere would be passed over in silence."""
    assert amiss("visits", visits=[(None, None, "p")]) == {("expect_column_values_to_not_be_null", 1)}


def test_a_column_that_is_not_there_is_amiss_on_every_store(tmp_path):
    """The map names it, the store has it not: the look says so, and what cannot be asked of it does not hold."""
    dataset = read_datamap(DATAMAP, "datamap.yaml").datasets[DatasetId("app.visits")]
    for made in (sqlite_store, memory_store):
        store = made(tmp_path, {"visits": VISITS})
        changed = replace(dataset, subject={"email": "mail"})
        look = look_at_map(Subject(changed, store.finder().describe(dataset), store.inspector()), [], [])
        failed = {(verdict.expectation, verdict.column) for verdict in look.failed}
        assert ("expect_column_to_exist", "mail") in failed
        assert len(failed) == 2
        store.close()
