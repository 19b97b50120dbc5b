"""Horizons, orders to processors, and who must not come back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Row, Select, and_, delete, exists, func, or_, select, tuple_, update

from retention.errors import UnknownNameError
from retention.model.copies import Horizon, OrderState, PlacedOrder, Receipt, Suppression
from retention.model.ids import CaseId, OrderId, StepId, SystemId
from retention.model.rescan import Seen
from retention.ports.ledger import KeyDigest
from retention.store.engine import Database
from retention.store.tables import HORIZONS, ORDERS, RECEIPTS, RESCANS, SUPPRESSIONS

BATCH = 1000
"""Suppressions in memory at a time, in and out."""
ALONE = 0x6C656403
"""Two writers of the same suppressions in another order would wait for each other on PostgreSQL."""
_STANDING = SUPPRESSIONS.c.lifted_at.is_(None)
_SAME = (SUPPRESSIONS.c.key_name, SUPPRESSIONS.c.digest, SUPPRESSIONS.c.scope, SUPPRESSIONS.c.case_id)


class SqlCopies:
    """Implements `ports.ledger.Copies`."""

    def __init__(self, database: Database) -> None:
        """Keep the database."""
        self._database = database

    def add_horizon(self, horizon: Horizon) -> None:
        """Keep a horizon; one a case, system and `what`, the later `until` wins.

        A later `until` for something already seen gone means that it is there again.
        """
        row = {
            "case_id": horizon.case_id,
            "system": horizon.system,
            "what": horizon.what,
            "until": horizon.until,
            "gone_at": horizon.gone_at,
        }
        insert = self._database.insert(HORIZONS).values(row)
        later = insert.on_conflict_do_update(
            index_elements=["case_id", "system", "what"],
            set_={"until": insert.excluded.until, "gone_at": insert.excluded.gone_at},
            where=insert.excluded.until > HORIZONS.c.until,
        )
        with self._database.writing() as connection:
            connection.execute(later)

    def mark_gone(self, horizon: Horizon, at: datetime) -> None:
        """Note that what remained was looked for and is gone; the first time stays.

        Raises:
            UnknownNameError: there is no such horizon.

        """
        this = and_(
            HORIZONS.c.case_id == horizon.case_id,
            HORIZONS.c.system == horizon.system,
            HORIZONS.c.what == horizon.what,
        )
        gone_at = func.coalesce(HORIZONS.c.gone_at, at, type_=HORIZONS.c.gone_at.type)
        with self._database.writing() as connection:
            if not connection.execute(update(HORIZONS).where(this).values(gone_at=gone_at)).rowcount:
                raise UnknownNameError(f"case {horizon.case_id}: no horizon of {horizon.what} in {horizon.system}")

    def horizons(self, case_id: CaseId | None = None) -> tuple[Horizon, ...]:
        """Return horizons, earliest first."""
        query = select(HORIZONS).order_by(HORIZONS.c.until, *HORIZONS.primary_key.columns)
        if case_id is not None:
            query = query.where(HORIZONS.c.case_id == case_id)
        with self._database.reading() as connection:
            return tuple(_horizon(row) for row in connection.execute(query))

    def put_order(self, order: PlacedOrder) -> None:
        """Keep an order, or its newest receipt; every receipt ever put stays."""
        row = {
            "order_id": order.order_id,
            "case_id": order.case_id,
            "step_id": order.step_id,
            "processor": order.processor,
            "due_at": order.due_at,
        }
        with self._database.writing() as connection:
            connection.execute(self._database.insert(ORDERS).values(row).on_conflict_do_nothing())
            if order.receipt is not None:
                insert = self._database.insert(RECEIPTS).values(_receipt_row(order.order_id, order.receipt))
                connection.execute(insert.on_conflict_do_nothing())

    def orders(self, case_id: CaseId | None = None) -> tuple[PlacedOrder, ...]:
        """Return orders, earliest due first, each with the receipt that was received last."""
        query = _orders().order_by(ORDERS.c.due_at, ORDERS.c.order_id)
        if case_id is not None:
            query = query.where(ORDERS.c.case_id == case_id)
        with self._database.reading() as connection:
            return tuple(_order(row) for row in connection.execute(query))

    def order(self, order_id: OrderId) -> PlacedOrder:
        """Return the order; raises UnknownNameError."""
        with self._database.reading() as connection:
            row = connection.execute(_orders().where(ORDERS.c.order_id == order_id)).one_or_none()
        if row is None:
            raise UnknownNameError(f"no order {order_id}", hint="see `retention processors`")
        return _order(row)

    def receipts(self, order_id: OrderId) -> tuple[Receipt, ...]:
        """Return every receipt of the order, oldest first."""
        query = select(RECEIPTS).where(RECEIPTS.c.order_id == order_id).order_by(RECEIPTS.c.received_at, RECEIPTS.c.seq)
        with self._database.reading() as connection:
            return tuple(_receipt(row) for row in connection.execute(query))

    def suppress(self, suppressions: Iterable[Suppression]) -> None:
        """Keep who must not come back, all or none.

        One a key, scope and case: the later `expires_at` wins, None (unknown) wins over any.
        """
        insert = self._database.insert(SUPPRESSIONS)
        new = insert.excluded.expires_at
        upsert = insert.on_conflict_do_update(
            index_elements=[column.name for column in _SAME],
            set_={"expires_at": new},
            where=or_(new.is_(None), new > SUPPRESSIONS.c.expires_at),
        )
        rows = (_suppression_row(suppression) for suppression in suppressions)
        with self._database.writing(alone_in=ALONE) as connection:
            while batch := list(islice(rows, BATCH)):
                connection.execute(upsert, batch)

    def suppressions(self, now: datetime) -> Iterator[Suppression]:
        """Yield those that have not expired; the caller may write in between."""
        in_force = or_(SUPPRESSIONS.c.expires_at.is_(None), SUPPRESSIONS.c.expires_at > now)
        query = select(SUPPRESSIONS).where(in_force, _STANDING).order_by(*_SAME).limit(BATCH)
        page = query
        while rows := self._page(page):
            yield from (_suppression(row) for row in rows)
            page = query.where(tuple_(*_SAME) > tuple_(*(getattr(rows[-1], column.name) for column in _SAME)))

    def suppressed(self, keys: Iterable[KeyDigest], now: datetime) -> Iterator[Suppression]:
        """Yield those of these keys that have not expired, looked up by the primary key."""
        by_name: dict[str, list[str]] = {}
        for name, digest in keys:
            by_name.setdefault(name, []).append(digest)
        in_force = or_(SUPPRESSIONS.c.expires_at.is_(None), SUPPRESSIONS.c.expires_at > now)
        for name, digests in by_name.items():
            mine = SUPPRESSIONS.c.key_name == name, SUPPRESSIONS.c.digest.in_(digests)
            yield from (_suppression(row) for row in self._page(select(SUPPRESSIONS).where(*mine, in_force, _STANDING)))

    def suppressions_of(self, cases: Iterable[CaseId]) -> Iterator[Suppression]:
        """Yield the cases' own, expired or not; those that were lifted are left out."""
        names = iter(sorted(set(cases)))
        while batch := list(islice(names, BATCH)):
            mine = select(SUPPRESSIONS).where(SUPPRESSIONS.c.case_id.in_(batch), _STANDING)
            yield from (_suppression(row) for row in self._page(mine))

    def keep_suppressions(self, case_id: CaseId, until: datetime) -> None:
        """Let the case's own not expire before then."""
        earlier = and_(SUPPRESSIONS.c.case_id == case_id, SUPPRESSIONS.c.expires_at < until)
        with self._database.writing(alone_in=ALONE) as connection:
            connection.execute(update(SUPPRESSIONS).where(earlier).values(expires_at=until))

    def lift_suppressions(self, keys: Iterable[KeyDigest], at: datetime) -> int:
        """Let these keys come back, so far as they were erased before then; return how many."""
        before = and_(SUPPRESSIONS.c.recorded_at <= at, _STANDING)
        lifted = 0
        with self._database.writing(alone_in=ALONE) as connection:
            for name, digest in sorted(set(keys)):
                mine = and_(SUPPRESSIONS.c.key_name == name, SUPPRESSIONS.c.digest == digest, before)
                lifted += connection.execute(update(SUPPRESSIONS).where(mine).values(lifted_at=at)).rowcount
        return lifted

    def expire_suppressions(self, now: datetime) -> int:
        """Remove those that have expired and that no re-scan waits for; return how many."""
        is_open = or_(RESCANS.c.looked_at.is_(None), RESCANS.c.seen == Seen.RETURNED.value)
        waits = exists().where(RESCANS.c.case_id == SUPPRESSIONS.c.case_id, is_open)
        over = and_(SUPPRESSIONS.c.expires_at <= now, ~waits)
        with self._database.writing(alone_in=ALONE) as connection:
            return connection.execute(delete(SUPPRESSIONS).where(over)).rowcount

    def _page(self, query: Select[Any]) -> list[Row[Any]]:
        with self._database.reading() as connection:
            return list(connection.execute(query))


def _orders() -> Select[Any]:
    """Orders, each with the receipt received last (None in its columns if there is none)."""
    rank = func.row_number().over(
        partition_by=RECEIPTS.c.order_id, order_by=(RECEIPTS.c.received_at.desc(), RECEIPTS.c.seq.desc())
    )
    ranked = select(RECEIPTS, rank.label("age_rank")).subquery()
    newest = and_(ranked.c.order_id == ORDERS.c.order_id, ranked.c.age_rank == 1)
    receipt = [ranked.c[name] for name in ("state", "received_at", "expected_completion_at", "body_digest", "key_id")]
    return select(ORDERS, *receipt).outerjoin(ranked, newest)


def _order(row: Row[Any]) -> PlacedOrder:
    return PlacedOrder(
        order_id=OrderId(row.order_id),
        case_id=CaseId(row.case_id),
        step_id=StepId(row.step_id),
        processor=SystemId(row.processor),
        due_at=row.due_at,
        receipt=None if row.state is None else _receipt(row),
    )


def _receipt(row: Row[Any]) -> Receipt:
    return Receipt(
        order_id=OrderId(row.order_id),
        state=OrderState(row.state),
        received_at=row.received_at,
        expected_completion_at=row.expected_completion_at,
        body_digest=row.body_digest,
        key_id=row.key_id,
    )


def _receipt_row(order_id: OrderId, receipt: Receipt) -> dict[str, Any]:
    return {
        "order_id": order_id,
        "state": receipt.state.value,
        "received_at": receipt.received_at,
        "expected_completion_at": receipt.expected_completion_at,
        "body_digest": receipt.body_digest,
        "key_id": receipt.key_id,
    }


def _horizon(row: Row[Any]) -> Horizon:
    return Horizon(
        case_id=CaseId(row.case_id),
        system=SystemId(row.system),
        what=row.what,
        until=row.until,
        gone_at=row.gone_at,
    )


def _suppression(row: Row[Any]) -> Suppression:
    return Suppression(
        key_name=row.key_name,
        digest=row.digest,
        scope=row.scope,
        case_id=CaseId(row.case_id),
        recorded_at=row.recorded_at,
        expires_at=row.expires_at,
        lifted_at=row.lifted_at,
    )


def _suppression_row(suppression: Suppression) -> dict[str, Any]:
    return {
        "key_name": suppression.key_name,
        "digest": suppression.digest,
        "scope": suppression.scope,
        "case_id": suppression.case_id,
        "recorded_at": suppression.recorded_at,
        "expires_at": suppression.expires_at,
    }
