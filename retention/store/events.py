"""The durable inbox: events arrive late, twice and out of order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select, text

from retention.model.event import Event
from retention.model.policy import Policy, Rule
from retention.ports.ledger import DueKeys, KeyDigest
from retention.store.corrections import settle
from retention.store.due import Keys, due_keys, moment, perhaps_due_keys, restricted_keys
from retention.store.engine import Database
from retention.store.tables import EVENTS

BATCH = 1000
"""Rows in memory at a time, in and out."""
_PARTS = 4
"""Rows in memory at a time where a row is all digests that begin alike."""
_AT_ONCE = 2
"""Rules asked for side by side; the keys of so many are in memory together."""
ALONE = 0x6C656402
"""Two writers of the same events in another order would wait for each other on PostgreSQL."""


class SqlEvents:
    """Implements `ports.ledger.Events`."""

    def __init__(self, database: Database) -> None:
        """Keep the database."""
        self._database = database

    def record(self, events: Iterable[Event]) -> int:
        """Keep the events that are new by `event_id`, all or none; return how many were."""
        with self._database.writing(alone_in=ALONE) as connection:
            return record_in(self._database, connection, events)

    def of_kinds(self, kinds: Sequence[str], key_name: str | None = None) -> Iterator[Event]:
        """Yield events of these kinds and every correction of them, grouped by subject.

        A correction is yielded whatever its own kind and key name, and so is a correction of
        a correction. Within a subject, the order is that of `occurred_at`.
        """
        with self._database.reading() as connection:
            options = {"yield_per": BATCH}
            for row in connection.execute(_with_corrections(kinds, key_name), execution_options=options):
                yield _event(row)

    def of_keys(self, keys: Iterable[KeyDigest], kinds: Iterable[str]) -> Iterator[Event]:
        """Yield the events of these kinds about these keys that stand."""
        asked = set(keys)
        digests = iter(sorted({digest for _, digest in asked}))
        chosen = select(EVENTS).where(EVENTS.c.stands, EVENTS.c.kind.in_(sorted(set(kinds))))
        with self._database.reading() as connection:
            while batch := list(islice(digests, BATCH)):
                for row in connection.execute(chosen.where(EVENTS.c.subject_digest.in_(batch))):
                    if (row.key_name, row.subject_digest) in asked:
                        yield _event(row)

    def due(self, rule: Rule, policy: Policy, now: datetime) -> Iterator[KeyDigest]:
        """Yield each key whose events make the rule due, once or several times."""
        yield from self._due(rule, policy, now).keys()

    def perhaps_due(self, rule: Rule, policy: Policy, now: datetime) -> Iterator[KeyDigest]:
        """Yield at least one key of every person for whom the rule may be due, once or several times."""
        yield from self._perhaps_due(rule, policy, now).keys()

    def due_of(self, rules: Sequence[Rule], policy: Policy, now: datetime) -> Iterator[DueKeys]:
        """Yield for each rule, in order, the keys whose events make it due; rules are asked side by side."""
        return _side_by_side(lambda rule: self._due(rule, policy, now), rules)

    def perhaps_due_of(self, rules: Sequence[Rule], policy: Policy, now: datetime) -> Iterator[DueKeys]:
        """Yield for each rule, in order, at least one key of every person for whom it may be due."""
        return _side_by_side(lambda rule: self._perhaps_due(rule, policy, now), rules)

    def _due(self, rule: Rule, policy: Policy, now: datetime) -> _Answer:
        with self._database.reading() as connection:
            keys = due_keys(rule, policy, moment(connection, policy, now))
            # few are restricted, and looking each key up would take as long as all the rest
            paused = frozenset(_Answer(self._asked(connection, restricted_keys(now))).keys())
            return _Answer(self._asked(connection, keys), paused)

    def _perhaps_due(self, rule: Rule, policy: Policy, now: datetime) -> _Answer:
        with self._database.reading() as connection:
            return _Answer(self._asked(connection, perhaps_due_keys(rule, policy, moment(connection, policy, now))))

    def _asked(self, connection: Connection, keys: Keys | None) -> list[tuple[str, str]]:
        """Return (key name, digests by line): a row's way into Python costs as much as finding it."""
        if keys is None:
            return []
        if not self._database.is_sqlite:
            # all of it will be read; by default PostgreSQL plans a cursor for its first tenth
            connection.execute(text("SET LOCAL cursor_tuple_fraction = 1"))
            # the index is read back and forth and stays in memory: a jump costs hardly more than a step
            connection.execute(text("SET LOCAL random_page_cost = 1.1"))
        found = keys.subquery()
        first = func.unicode if self._database.is_sqlite else func.ascii
        together = select(found.c.key_name, func.aggregate_strings(found.c.subject_digest, "\n"))
        rows = connection.execute(
            together.group_by(found.c.key_name, first(found.c.subject_digest)), execution_options={"yield_per": _PARTS}
        )
        return [(name, digests) for name, digests in rows]


def record_in(database: Database, connection: Connection, events: Iterable[Event]) -> int:
    """Keep the events that are new as part of a transaction that is alone in `ALONE`; return how many were."""
    insert = database.insert(EVENTS).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
    recorded = 0
    rows = (_row(event) for event in events)
    while batch := list(islice(rows, BATCH)):
        recorded += connection.execute(insert, batch).rowcount
        settle(connection, [row["event_id"] for row in batch], [c for row in batch if (c := row["corrects"])])
    return recorded


@dataclass(frozen=True, slots=True)
class _Answer:
    """The keys that one question found: about 65 bytes each, until they are looked at."""

    found: list[tuple[str, str]]
    paused: frozenset[KeyDigest] = frozenset()

    def keys(self) -> Iterator[KeyDigest]:
        """Yield them, save those for whom disposal is paused."""
        for name, digests in self.found:
            for digest in digests.split("\n"):
                if (name, digest) not in self.paused:
                    yield name, digest


def _side_by_side(ask: Callable[[Rule], _Answer], rules: Sequence[Rule]) -> Iterator[DueKeys]:
    """Ask for some rules at once, each on its own connection: the database works while Python waits for it."""
    rest = iter(rules)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        while some := list(islice(rest, _AT_ONCE)):
            for rule, answer in zip(some, pool.map(ask, some), strict=True):
                yield rule, answer.keys()


def _with_corrections(kinds: Sequence[str], key_name: str | None) -> Select[Any]:
    named = select(EVENTS.c.event_id).where(EVENTS.c.kind.in_(kinds))
    if key_name is not None:
        named = named.where(EVENTS.c.key_name == key_name)
    chosen = named.cte("chosen", recursive=True)
    # UNION, not UNION ALL: events that correct each other in a circle come to an end
    chosen = chosen.union(select(EVENTS.c.event_id).join(chosen, EVENTS.c.corrects == chosen.c.event_id))
    return (
        select(EVENTS)
        .join(chosen, EVENTS.c.event_id == chosen.c.event_id)
        .order_by(EVENTS.c.key_name, EVENTS.c.subject_digest, EVENTS.c.occurred_at, EVENTS.c.event_id)
    )


def _row(event: Event) -> dict[str, Any]:
    return {
        "event_id": event.event_id,
        "kind": event.kind,
        "key_name": event.key_name,
        "subject_digest": event.subject_digest,
        "occurred_at": event.occurred_at,
        "recorded_at": event.recorded_at,
        "corrects": event.corrects,
        "about": event.about,
        "source": event.source,
    }


def _event(row: Row[Any]) -> Event:
    return Event(
        event_id=row.event_id,
        kind=row.kind,
        key_name=row.key_name,
        subject_digest=row.subject_digest,
        occurred_at=row.occurred_at,
        recorded_at=row.recorded_at,
        corrects=row.corrects,
        about=row.about,
        source=row.source,
    )
