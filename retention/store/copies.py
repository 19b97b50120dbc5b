"""Horizons, orders to processors, and who must not come back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, delete, exists, func, not_, or_, select, tuple_, update

from retention.errors import UnknownNameError
from retention.model.answer import Proof, answer_of, code_of, reason_of
from retention.model.copies import Horizon, PlacedOrder, Receipt, Suppression
from retention.model.ids import CaseId, OrderId, StepId, SystemId
from retention.model.rescan import Seen
from retention.ports.ledger import KeyDigest
from retention.store.copy_notes import SqlCopyNotes, horizon_of, horizon_row
from retention.store.outside_tables import BATCH_MEMBERS
from retention.store.tables import HORIZONS, ORDERS, RECEIPTS, RESCANS, SUPPRESSIONS

BATCH = 1000
"""Suppressions in memory at a time, in and out."""
ALONE = 0x6C656403
"""Two writers of the same suppressions in another order would wait for each other on PostgreSQL."""
_PROOF = ("body_digest", "key_id", "proof", "reference")
_STANDING = SUPPRESSIONS.c.lifted_at.is_(None)
_SAME = (SUPPRESSIONS.c.key_name, SUPPRESSIONS.c.digest, SUPPRESSIONS.c.scope, SUPPRESSIONS.c.case_id)


class SqlCopies(SqlCopyNotes):
    """Implements `ports.ledger.Copies`."""

    def add_horizon(self, horizon: Horizon) -> None:
        """Keep a horizon; one a case, system and `what`, the later `until` wins, None over any date.

        A later `until` for something already seen gone means that it is there again.
        """
        insert = self._database.insert(HORIZONS).values(horizon_row(horizon))
        new = insert.excluded.until
        later = insert.on_conflict_do_update(
            index_elements=["case_id", "system", "what"],
            set_={name: insert.excluded[name] for name in ("until", "gone_at", "why", "kind", "region")},
            where=or_(new > HORIZONS.c.until, and_(new.is_(None), HORIZONS.c.until.is_not(None))),
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
        """Return horizons, earliest first; those without a date come last."""
        query = select(HORIZONS).order_by(HORIZONS.c.until.is_(None), HORIZONS.c.until, *HORIZONS.primary_key.columns)
        if case_id is not None:
            query = query.where(HORIZONS.c.case_id == case_id)
        with self._database.reading() as connection:
            return tuple(horizon_of(row) for row in connection.execute(query))

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
        """Yield those that have not expired, lifted or not; the caller may write in between."""
        query = select(SUPPRESSIONS).where(_not_expired(now)).order_by(*_SAME).limit(BATCH)
        page = query
        while rows := self._page(page):
            yield from (_suppression(row) for row in rows)
            page = query.where(tuple_(*_SAME) > tuple_(*(getattr(rows[-1], column.name) for column in _SAME)))

    def suppressed(self, keys: Iterable[KeyDigest], now: datetime) -> Iterator[Suppression]:
        """Yield those of these keys that have not expired, looked up by the primary key."""
        by_name: dict[str, list[str]] = {}
        for name, digest in keys:
            by_name.setdefault(name, []).append(digest)
        for name, digests in by_name.items():
            mine = SUPPRESSIONS.c.key_name == name, SUPPRESSIONS.c.digest.in_(digests)
            yield from (_suppression(row) for row in self._page(select(SUPPRESSIONS).where(*mine, _in_force(now))))

    def prolong_suppressions(self, case_id: CaseId, expires_at: datetime | None) -> None:
        """Let the case's suppressions expire then if that is later; None is later than any date."""
        this = _of(case_id)
        earlier = this if expires_at is None else and_(this, SUPPRESSIONS.c.expires_at < expires_at)
        self._expire_then(earlier, expires_at)

    def settle_suppressions(self, case_id: CaseId, expires_at: datetime) -> None:
        """Give those of the case a date that have none."""
        self._expire_then(and_(_of(case_id), SUPPRESSIONS.c.expires_at.is_(None)), expires_at)

    def _expire_then(self, these: ColumnElement[bool], expires_at: datetime | None) -> None:
        with self._database.writing(alone_in=ALONE) as connection:
            connection.execute(update(SUPPRESSIONS).where(these).values(expires_at=expires_at))

    def suppressions_of(self, cases: Iterable[CaseId]) -> Iterator[Suppression]:
        """Yield the cases' own, expired or not; those that were lifted are left out."""
        names = iter(sorted(set(cases)))
        while batch := list(islice(names, BATCH)):
            mine = select(SUPPRESSIONS).where(SUPPRESSIONS.c.case_id.in_(batch), _STANDING)
            yield from (_suppression(row) for row in self._page(mine))

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
        over = and_(not_(_not_expired(now)), not_(waits))
        with self._database.writing(alone_in=ALONE) as connection:
            return connection.execute(delete(SUPPRESSIONS).where(over)).rowcount

    def _page(self, query: Select[Any]) -> list[Row[Any]]:
        with self._database.reading() as connection:
            return list(connection.execute(query))


def _in_force(now: datetime) -> ColumnElement[bool]:
    """Neither lifted nor expired."""
    return and_(_STANDING, _not_expired(now))


def _not_expired(now: datetime) -> ColumnElement[bool]:
    """Before its day; nor is one over whose case has a copy that should be gone and was not seen to be."""
    together = select(BATCH_MEMBERS.c.batch_id).where(BATCH_MEMBERS.c.case_id == SUPPRESSIONS.c.case_id)
    whose = or_(HORIZONS.c.case_id == SUPPRESSIONS.c.case_id, HORIZONS.c.case_id == together.scalar_subquery())
    remains = exists().where(whose, HORIZONS.c.gone_at.is_(None))
    return or_(SUPPRESSIONS.c.expires_at.is_(None), SUPPRESSIONS.c.expires_at > now, remains)


def _of(case_id: CaseId) -> ColumnElement[bool]:
    """Of the case, and of those that go with it if it is a batch."""
    members = select(BATCH_MEMBERS.c.case_id).where(BATCH_MEMBERS.c.batch_id == case_id)
    return or_(SUPPRESSIONS.c.case_id == case_id, SUPPRESSIONS.c.case_id.in_(members))


def _orders() -> Select[Any]:
    """Orders, each with the receipt received last (None in its columns if there is none)."""
    rank = func.row_number().over(
        partition_by=RECEIPTS.c.order_id, order_by=(RECEIPTS.c.received_at.desc(), RECEIPTS.c.seq.desc())
    )
    ranked = select(RECEIPTS, rank.label("age_rank")).subquery()
    newest = and_(ranked.c.order_id == ORDERS.c.order_id, ranked.c.age_rank == 1)
    receipt = [ranked.c[name] for name in ("state", "reason", "received_at", "expected_completion_at", *_PROOF)]
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
        answer=answer_of(row.state, row.reason),
        received_at=row.received_at,
        expected_completion_at=row.expected_completion_at,
        body_digest=row.body_digest,
        key_id=row.key_id,
        proof=Proof(row.proof),
        reference=row.reference,
    )


def _receipt_row(order_id: OrderId, receipt: Receipt) -> dict[str, Any]:
    return {
        "order_id": order_id,
        "state": code_of(receipt.answer),
        "reason": reason_of(receipt.answer),
        "received_at": receipt.received_at,
        "expected_completion_at": receipt.expected_completion_at,
        "body_digest": receipt.body_digest,
        "key_id": receipt.key_id,
        "proof": receipt.proof.value,
        "reference": receipt.reference,
    }


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
