"""What was promised to people in place of what was refused, by keyed digest."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, select, tuple_, update

from retention.model.ids import CaseId, CategoryId
from retention.model.promises import Promise
from retention.store.engine import Database
from retention.store.outside_tables import PROMISES


class SqlPromises:
    """Implements `ports.requests.Promises`."""

    def __init__(self, database: Database) -> None:
        """Keep the database."""
        self._database = database

    def keep(self, promises: Iterable[Promise]) -> None:
        """Keep them; what is there already stays as it is."""
        insert = self._database.insert(PROMISES).on_conflict_do_nothing()
        rows = [_values(promise) for promise in promises]
        if rows:
            with self._database.writing() as connection:
                connection.execute(insert, rows)

    def open(self) -> tuple[Promise, ...]:
        """Return those that are not kept yet, earliest day first."""
        table = PROMISES.c
        query = select(PROMISES).where(table.kept_at.is_(None))
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(table.due_on, table.case_id, table.key_name, table.digest))
            return tuple(map(_promise, rows))

    def mark_kept(self, keys: Collection[tuple[str, str]], at: datetime) -> None:
        """Note that nothing of these people is there any more."""
        these = tuple_(PROMISES.c.key_name, PROMISES.c.digest).in_(list(keys)) & PROMISES.c.kept_at.is_(None)
        if keys:
            with self._database.writing() as connection:
                connection.execute(update(PROMISES).where(these).values(kept_at=at))


def _values(promise: Promise) -> dict[str, Any]:
    return {
        "case_id": promise.case_id,
        "key_name": promise.key_name,
        "digest": promise.digest,
        "categories": json.dumps(promise.categories),
        "due_on": promise.due_on.isoformat(),
        "recorded_at": promise.recorded_at,
        "kept_at": promise.kept_at,
    }


def _promise(row: Row[Any]) -> Promise:
    return Promise(
        case_id=CaseId(row.case_id),
        key_name=row.key_name,
        digest=row.digest,
        categories=tuple(map(CategoryId, json.loads(row.categories))),
        due_on=date.fromisoformat(row.due_on),
        recorded_at=row.recorded_at,
        kept_at=row.kept_at,
    )
