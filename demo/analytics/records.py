"""What the processor keeps: one SQLite file with people's viewing counts, and its orders.

An order's identities and callback addresses are kept only until it is done. Deleted content
is overwritten (`secure_delete`), and VACUUM rewrites the file after an erasure.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

FILE = "analytics.sqlite"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS people (user_id TEXT PRIMARY KEY, views INTEGER NOT NULL, minutes INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS orders (
  request_id TEXT PRIMARY KEY, status TEXT NOT NULL, controller_id TEXT NOT NULL, expected_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS work (
  request_id TEXT PRIMARY KEY REFERENCES orders, identities TEXT NOT NULL, callbacks TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """All that is remembered of an order after it is done: nothing of the person."""

    request_id: str
    status: str
    controller_id: str
    expected_at: str


@dataclass(frozen=True, slots=True)
class Identity:
    """How an order names a person."""

    value: str
    hashed: bool

    def is_of(self, user_id: str) -> bool:
        """Whether it names this person."""
        return self.value == (hashlib.sha256(user_id.encode()).hexdigest() if self.hashed else user_id)


class Records:
    """The file; a connection a call, so that another process may load people meanwhile."""

    def __init__(self, folder: Path) -> None:
        """Make folder and file if there are none yet."""
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / FILE
        with self._open() as connection:
            connection.executescript(_SCHEMA)

    def load(self, lines: Iterable[str]) -> int:
        """Take in people from JSON lines (`user_id`, `views`, `minutes`); a repeat replaces. Return how many."""
        rows = [(str(row["user_id"]), row.get("views", 1), row.get("minutes", 0)) for row in map(json.loads, lines)]
        with self._open() as connection, connection:
            connection.executemany("INSERT OR REPLACE INTO people VALUES (?, ?, ?)", rows)
        return len(rows)

    def people(self) -> int:
        """Return how many people there are."""
        with self._open() as connection:
            (count,) = connection.execute("SELECT count(*) FROM people").fetchone()
            return int(count)

    def knows(self, user_id: str) -> bool:
        """Whether the person is there."""
        with self._open() as connection:
            return connection.execute("SELECT 1 FROM people WHERE user_id = ?", (user_id,)).fetchone() is not None

    def add_order(self, order: OrderRecord, identities: Iterable[Identity], callbacks: Iterable[str]) -> bool:
        """Take an order in, pending; False if there is one of that id already."""
        named = json.dumps([[identity.value, identity.hashed] for identity in identities])
        with self._open() as connection, connection:
            if connection.execute("SELECT 1 FROM orders WHERE request_id = ?", (order.request_id,)).fetchone():
                return False
            row = (order.request_id, order.status, order.controller_id, order.expected_at)
            connection.execute("INSERT INTO orders VALUES (?, ?, ?, ?)", row)
            connection.execute("INSERT INTO work VALUES (?, ?, ?)", (order.request_id, named, json.dumps([*callbacks])))
        return True

    def order(self, request_id: str) -> OrderRecord | None:
        """Return the order, or None."""
        with self._open() as connection:
            row = connection.execute("SELECT * FROM orders WHERE request_id = ?", (request_id,)).fetchone()
            return OrderRecord(*row) if row else None

    def orders(self) -> int:
        """Return how many orders there are."""
        with self._open() as connection:
            (count,) = connection.execute("SELECT count(*) FROM orders").fetchone()
            return int(count)

    def outstanding(self) -> tuple[str, ...]:
        """Return the orders that are not done."""
        with self._open() as connection:
            return tuple(row[0] for row in connection.execute("SELECT request_id FROM work ORDER BY rowid"))

    def callbacks(self, request_id: str) -> tuple[str, ...]:
        """Return whom to call about the order; nobody once it is done."""
        with self._open() as connection:
            row = connection.execute("SELECT callbacks FROM work WHERE request_id = ?", (request_id,)).fetchone()
            return tuple(json.loads(row[0])) if row else ()

    def begin(self, request_id: str) -> None:
        """Note that the order is being worked on."""
        with self._open() as connection, connection:
            connection.execute("UPDATE orders SET status = 'in_progress' WHERE request_id = ?", (request_id,))

    def erase(self, request_id: str) -> None:
        """Remove the people the order names, and its own note of who they were, in one transaction."""
        with self._open() as connection:
            with connection:
                found = connection.execute("SELECT identities FROM work WHERE request_id = ?", (request_id,)).fetchone()
                named = [Identity(*each) for each in json.loads(found[0])] if found else []
                users = [row[0] for row in connection.execute("SELECT user_id FROM people")]
                gone = [(user,) for user in users if any(identity.is_of(user) for identity in named)]
                connection.executemany("DELETE FROM people WHERE user_id = ?", gone)
                self._finish(connection, request_id, "completed")
            connection.execute("VACUUM")

    def pretend(self, request_id: str) -> None:
        """End the order as completed without erasing."""
        with self._open() as connection, connection:
            self._finish(connection, request_id, "completed")

    def cancel(self, request_id: str) -> None:
        """End the order without erasing."""
        with self._open() as connection, connection:
            self._finish(connection, request_id, "cancelled")

    @staticmethod
    def _finish(connection: sqlite3.Connection, request_id: str, status: str) -> None:
        connection.execute("DELETE FROM work WHERE request_id = ?", (request_id,))
        connection.execute("UPDATE orders SET status = ? WHERE request_id = ?", (status, request_id))

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=30)) as connection:
            connection.execute("PRAGMA secure_delete = ON")
            yield connection
