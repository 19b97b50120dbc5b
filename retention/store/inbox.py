"""The durable inbox: ciphertext from the door until the parcel is folded.

AES-256-GCM (NIST SP 800-38D) under a key of the inbox, with a random 96-bit nonce; the parcel's id is authenticated.
What tells repetitions apart is an HMAC under another key: nobody can try out what a parcel might have said.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, Row, bindparam, func, select, update

from retention.errors import TerminalFailure
from retention.model.ids import CaseId
from retention.model.parcel import Parcel, ParcelState, Settled, Taken, Unfit
from retention.ports.keys import KeyStore
from retention.store.engine import Database
from retention.store.events import ALONE, record_in
from retention.store.outside_tables import PARCELS

_NONCE_BYTES = 12
_KEPT = frozenset({ParcelState.DEAD, ParcelState.OPENING})
"""States in which somebody still needs what was sent."""


class SqlInbox:
    """Implements `ports.inbox.Inbox`."""

    def __init__(self, database: Database, keys: KeyStore) -> None:
        """Keep the database and the key store, which lies elsewhere."""
        self._database = database
        self._keys = keys

    def stamp(self, text: bytes) -> str:
        """Return the keyed digest by which the inbox knows such bytes."""
        return hmac.new(self._keys.create("inbox-stamp"), text, hashlib.sha256).hexdigest()

    def take(self, parcels: Sequence[Parcel]) -> Taken:
        """Keep parcels that are new; one that contradicts a known one is kept as dead, under a name of its own."""
        if not parcels:
            return Taken(0, 0)
        rows = [self._row(parcel) for parcel in parcels]
        with self._database.writing(alone_in=ALONE) as connection:
            new = self._insert(connection, rows)
            ids = {parcel.parcel_id for parcel in parcels}
            known = select(PARCELS.c.parcel_id, PARCELS.c.content).where(PARCELS.c.parcel_id.in_(ids))
            stands = {row.parcel_id: row.content for row in connection.execute(known)}
            conflicts = [parcel for parcel in parcels if stands[parcel.parcel_id] != parcel.content]
            conflicting = self._insert(connection, [self._contradicting(parcel) for parcel in conflicts])
        return Taken(new, len(parcels) - new - conflicting, conflicting)

    def of_state(self, state: ParcelState, limit: int) -> tuple[Parcel, ...]:
        """Return parcels in that state, opened, in the order in which they came."""
        query = select(PARCELS).where(PARCELS.c.state == state.value).order_by(PARCELS.c.seq).limit(limit)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return tuple(_parcel(row, self._unsealed(row)) for row in rows)

    def settle(self, settled: Sequence[Settled], now: datetime) -> int:
        """Write what became of waiting parcels, and their events, in one transaction."""
        waiting = (
            update(PARCELS)
            .where(PARCELS.c.parcel_id == bindparam("parcel"), PARCELS.c.state == ParcelState.WAITING.value)
            .values(state=bindparam("to"), reason=bindparam("why"), case_id=bindparam("case"), settled_at=now)
            .execution_options(preserve_rowcount=True)
        )
        changed = 0
        with self._database.writing(alone_in=ALONE) as connection:
            record_in(self._database, connection, [each.event for each in settled if each.event is not None])
            for statement, needed in ((waiting, True), (waiting.values(sealed=None), False)):
                rows = [_change(each) for each in settled if (each.state in _KEPT) is needed]
                changed += connection.execute(statement, rows).rowcount if rows else 0
        return changed

    def opened(self, parcel_id: str, case_id: CaseId | None, now: datetime) -> None:
        """Note which case the parcel set going, None for none after all: its ciphertext goes."""
        this = update(PARCELS).where(PARCELS.c.parcel_id == parcel_id, PARCELS.c.state == ParcelState.OPENING.value)
        with self._database.writing() as connection:
            connection.execute(
                this.values(state=ParcelState.FOLDED.value, sealed=None, case_id=case_id, settled_at=now)
            )

    def revive(self, parcel_ids: Sequence[str]) -> int:
        """Let dead letters wait again; a contradiction stays what it is."""
        dead = self._dead(parcel_ids).where(PARCELS.c.reason != Unfit.CONFLICT.value)
        with self._database.writing() as connection:
            return connection.execute(dead.values(state=ParcelState.WAITING.value, reason=None)).rowcount

    def drop(self, parcel_ids: Sequence[str], now: datetime) -> int:
        """Remove what dead letters say; that they came, and why they were dead, stays."""
        dropped = self._dead(parcel_ids).values(state=ParcelState.DROPPED.value, sealed=None, settled_at=now)
        with self._database.writing() as connection:
            return connection.execute(dropped).rowcount

    def counts(self) -> dict[ParcelState, int]:
        """Return how many parcels are in each state that has any."""
        query = select(PARCELS.c.state, func.count()).group_by(PARCELS.c.state)
        with self._database.reading() as connection:
            return {ParcelState(state): number for state, number in connection.execute(query)}

    def started(self) -> tuple[Parcel, ...]:
        """Return the parcels that set a case going, newest first."""
        query = (
            select(PARCELS)
            .where(PARCELS.c.case_id.is_not(None), PARCELS.c.state == ParcelState.FOLDED.value)
            .order_by(PARCELS.c.seq.desc())
        )
        with self._database.reading() as connection:
            return tuple(_parcel(row, None) for row in connection.execute(query))

    @staticmethod
    def _dead(parcel_ids: Sequence[str]) -> Any:  # noqa: ANN401 -- an UPDATE of SQLAlchemy, still without values
        return update(PARCELS).where(PARCELS.c.parcel_id.in_(parcel_ids), PARCELS.c.state == ParcelState.DEAD.value)

    def _insert(self, connection: Connection, rows: list[dict[str, Any]]) -> int:
        if not rows:
            return 0
        insert = self._database.insert(PARCELS).on_conflict_do_nothing(index_elements=["parcel_id"])
        return connection.execute(insert.execution_options(preserve_rowcount=True), rows).rowcount

    def _row(self, parcel: Parcel) -> dict[str, Any]:
        return {
            "parcel_id": parcel.parcel_id,
            "content": parcel.content,
            "intake": parcel.intake,
            "received_at": parcel.received_at,
            "state": parcel.state.value,
            "sealed": self._sealed(parcel.parcel_id, parcel.body or b""),
        }

    def _contradicting(self, parcel: Parcel) -> dict[str, Any]:
        sealed = self._sealed(parcel.content, parcel.body or b"")
        dead = {"state": ParcelState.DEAD.value, "reason": Unfit.CONFLICT.value, "settled_at": parcel.received_at}
        return {**self._row(parcel), "parcel_id": parcel.content, "sealed": sealed, **dead}

    def _sealed(self, parcel_id: str, body: bytes) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + AESGCM(self._keys.create("inbox")).encrypt(nonce, body, parcel_id.encode())

    def _unsealed(self, row: Row[Any]) -> bytes | None:
        if row.sealed is None:
            return None
        nonce, ciphertext = row.sealed[:_NONCE_BYTES], row.sealed[_NONCE_BYTES:]
        try:
            return AESGCM(self._keys.create("inbox")).decrypt(nonce, ciphertext, row.parcel_id.encode())
        except InvalidTag:
            raise TerminalFailure(
                "inbox: a parcel does not open: it was changed, or the key store holds another key",
                hint="bring the right key store back",
            ) from None


def _change(each: Settled) -> dict[str, str | None]:
    return {
        "parcel": each.parcel_id,
        "to": each.state.value,
        "why": None if each.reason is None else each.reason.value,
        "case": each.case_id,
    }


def _parcel(row: Row[Any], body: bytes | None) -> Parcel:
    return Parcel(
        parcel_id=row.parcel_id,
        content=row.content,
        intake=row.intake,
        received_at=row.received_at,
        body=body,
        state=ParcelState(row.state),
        reason=None if row.reason is None else Unfit(row.reason),
        case_id=None if row.case_id is None else CaseId(row.case_id),
        settled_at=row.settled_at,
    )
