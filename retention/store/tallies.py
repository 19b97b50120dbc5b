"""Counting in SQL: no row leaves the database."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, func, select

from retention.model.case import CaseKind, CaseState
from retention.ports.tallies import Tally
from retention.store.engine import Database
from retention.store.tables import CASES, HOLDS, HORIZONS, ORDERS, RECEIPTS

OVER = (CaseState.SEALED, CaseState.CLOSED, CaseState.DENIED, CaseState.REJECTED)


class SqlTallies:
    """Implements `ports.tallies.Tallies`."""

    def __init__(self, database: Database) -> None:
        """Keep the database."""
        self._database = database

    def at(self, now: datetime) -> Tally:
        """Return what stands, in one transaction."""
        is_open = CASES.c.state.not_in([state.value for state in OVER])
        dates = select(func.min(CASES.c.opened_at), func.min(CASES.c.due_at)).where(is_open)
        kinds = select(CASES.c.kind, CASES.c.state, func.count()).group_by(CASES.c.kind, CASES.c.state)
        remains = HORIZONS.c.gone_at.is_(None)
        unanswered = ORDERS.c.order_id.not_in(select(RECEIPTS.c.order_id))
        with self._database.reading() as connection:

            def count(query: Select[int]) -> int:
                return int(connection.scalar(query) or 0)

            oldest, next_due = connection.execute(dates).one()
            return Tally(
                cases={(CaseKind(k), CaseState(s)): n for k, s, n in connection.execute(kinds)},
                newest=connection.scalar(select(func.max(CASES.c.opened_at))),
                oldest_open=oldest,
                next_due=next_due,
                late=count(select(func.count()).select_from(CASES).where(is_open, CASES.c.due_at < now)),
                holds=count(select(func.count()).select_from(HOLDS).where(HOLDS.c.released_at.is_(None))),
                horizons=count(select(func.count()).select_from(HORIZONS).where(remains)),
                horizons_late=count(select(func.count()).select_from(HORIZONS).where(remains, HORIZONS.c.until < now)),
                orders=count(select(func.count()).select_from(ORDERS).where(unanswered)),
                orders_late=count(select(func.count()).select_from(ORDERS).where(unanswered, ORDERS.c.due_at < now)),
            )
