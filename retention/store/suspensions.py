"""Whose data is suspended, by keyed digest."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Row, Select, select, update

from retention.model.ids import CaseId, RuleId
from retention.model.suspension import SuspendedKey
from retention.store.engine import Database
from retention.store.tables import SUSPENSIONS

_BATCH = 1000


class SqlSuspensions:
    """Implements `ports.suspensions.Suspensions`."""

    def __init__(self, database: Database) -> None:
        """Keep the database."""
        self._database = database

    def suspend(self, keys: Iterable[SuspendedKey]) -> None:
        """Keep them; what is there already stays as it is."""
        insert = self._database.insert(SUSPENSIONS).on_conflict_do_nothing()
        values = (_values(key) for key in keys)
        with self._database.writing() as connection:
            while batch := list(islice(values, _BATCH)):
                connection.execute(insert, batch)

    def lift(self, case_id: CaseId, by: CaseId, at: datetime) -> None:
        """Note the end of all that the case suspended."""
        these = (SUSPENSIONS.c.case_id == case_id) & SUSPENSIONS.c.lifted_at.is_(None)
        with self._database.writing() as connection:
            connection.execute(update(SUSPENSIONS).where(these).values(lifted_at=at, lifted_by=by))

    def all(self, case_id: CaseId | None = None) -> tuple[SuspendedKey, ...]:
        """Return every key, or those of one case, oldest first."""
        query = select(SUSPENSIONS)
        return self._read(query if case_id is None else query.where(SUSPENSIONS.c.case_id == case_id))

    def standing(self) -> tuple[SuspendedKey, ...]:
        """Return those that are not lifted, oldest first."""
        return self._read(select(SUSPENSIONS).where(SUSPENSIONS.c.lifted_at.is_(None)))

    def _read(self, query: Select[Any]) -> tuple[SuspendedKey, ...]:
        table = SUSPENSIONS.c
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(table.since, table.case_id, table.key_name, table.digest))
            return tuple(map(_key, rows))


def _values(key: SuspendedKey) -> dict[str, Any]:
    return {
        "case_id": key.case_id,
        "key_name": key.key_name,
        "digest": key.digest,
        "since": key.since,
        "rules": json.dumps(key.rules),
        "statutes": json.dumps(key.statutes),
        "until": key.until,
        "lifted_at": key.lifted_at,
        "lifted_by": key.lifted_by,
    }


def _key(row: Row[Any]) -> SuspendedKey:
    return SuspendedKey(
        case_id=CaseId(row.case_id),
        key_name=row.key_name,
        digest=row.digest,
        since=row.since,
        rules=tuple(map(RuleId, json.loads(row.rules))),
        statutes=tuple(json.loads(row.statutes)),
        until=row.until,
        lifted_at=row.lifted_at,
        lifted_by=None if row.lifted_by is None else CaseId(row.lifted_by),
    )
