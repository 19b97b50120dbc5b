"""Openings: ciphertext under an epoch's key, found by a keyed digest of the person.

The epoch's key lies in the key store, never here. Its check value is written before its first ciphertext
and stays: where a check value is and the key is not, the epoch has been destroyed, and no second key is made.
Two keys are derived from it, one for digests and one for AES-256-GCM (NIST SP 800-38D).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, Row, delete, select, update

from retention.errors import StateError, TerminalFailure, UnknownNameError
from retention.model.ids import CaseId
from retention.model.subject import SubjectKey
from retention.ports.batches import Kept
from retention.ports.keys import KeyStore
from retention.ports.vaults import Epoch
from retention.store.engine import Database
from retention.store.tables import EPOCHS, OPENINGS, PERSON_RECEIPTS

ALONE = 0x6C656405
"""One process makes an epoch's key, the others wait and find it (PostgreSQL)."""
BATCH = 500
_NONCE_BYTES = 12


class SqlOpenings:
    """Implements `ports.ledger.Openings`."""

    def __init__(self, database: Database, keys: KeyStore) -> None:
        """Keep the database and the key store, which lies elsewhere."""
        self._database = database
        self._keys = keys

    def begin(self, name: str, destroy_at: datetime) -> Epoch:
        """Return the epoch, made if there is none; the first date stays.

        Raises:
            StateError: it is destroyed.

        """
        with self._database.writing(alone_in=ALONE) as connection:
            if self._epoch(connection, name) is None:
                check = _check_value(self._keys.create(_key_name(name)))
                row = {"name": name, "key_check": check, "destroy_at": destroy_at}
                connection.execute(self._database.insert(EPOCHS).values(row))
            epoch = self._required(connection, name)
        self._key(epoch)
        return epoch

    def epochs(self) -> tuple[Epoch, ...]:
        """Return all epochs, oldest first."""
        with self._database.reading() as connection:
            return tuple(_as_epoch(row) for row in connection.execute(select(EPOCHS).order_by(EPOCHS.c.name)))

    def put(self, epoch: str, case_id: CaseId, openings: Iterable[tuple[SubjectKey, bytes]]) -> None:
        """Keep openings of a case; replaces those of the same person and case.

        Raises:
            StateError: the epoch is destroyed.

        """
        waiting = iter(openings)
        while part := list(islice(waiting, BATCH)):
            with self._database.writing() as connection:
                # the row's lock makes `destroy` wait: nothing is written after its delete
                key = self._key(self._required(connection, epoch, lock=True))
                self._put(connection, key, epoch, ((case_id, person, content) for person, content in part))

    def put_many(self, epoch: str, kept: Iterable[Kept]) -> None:
        """Keep openings and receipts of several cases, as `put` and `put_receipt` do of one; all or none.

        Raises:
            StateError: the epoch is destroyed.

        """
        every = list(kept)
        with self._database.writing() as connection:
            key = self._key(self._required(connection, epoch, lock=True))
            opened = ((each.case_id, *opening) for each in every for opening in each.openings)
            self._put(connection, key, epoch, opened)
            rows = [self._receipt_row(key, epoch, each.case_id, each.receipt, each.expires_at) for each in every]
            self._put_receipts(connection, rows)

    def _put(
        self, connection: Connection, key: bytes, epoch: str, openings: Iterable[tuple[CaseId, SubjectKey, bytes]]
    ) -> None:
        rows: list[dict[str, Any]] = []
        for case_id, person, content in openings:
            lookup = _lookup(key, person)
            nonce, sealed = _seal(key, content, f"{epoch}\0{lookup}\0{case_id}")
            rows.append({"epoch": epoch, "lookup": lookup, "case_id": case_id, "nonce": nonce, "ciphertext": sealed})
        insert = self._database.insert(OPENINGS)
        upsert = insert.on_conflict_do_update(
            index_elements=["epoch", "lookup", "case_id"],
            set_={name: insert.excluded[name] for name in ("nonce", "ciphertext")},
        )
        if rows:
            connection.execute(upsert, rows)

    def _put_receipts(self, connection: Connection, rows: list[dict[str, Any]]) -> None:
        if rows:
            insert = self._database.insert(PERSON_RECEIPTS).on_conflict_do_nothing(index_elements=["case_id"])
            connection.execute(insert, rows)

    @staticmethod
    def _receipt_row(key: bytes, epoch: str, case_id: CaseId, content: bytes, expires_at: datetime) -> dict[str, Any]:
        nonce, sealed = _seal(key, content, f"receipt\0{case_id}")
        return {"case_id": case_id, "epoch": epoch, "expires_at": expires_at, "nonce": nonce, "ciphertext": sealed}

    def find(self, epoch: str, key: SubjectKey) -> tuple[tuple[CaseId, bytes], ...]:
        """Return the person's openings.

        Raises:
            UnknownNameError: there is no such epoch.
            StateError: the epoch is destroyed: nobody can tell any more.
            TerminalFailure: a row was changed.

        """
        with self._database.reading() as connection:
            secret = self._key(self._required(connection, epoch))
            lookup = _lookup(secret, key)
            where = (OPENINGS.c.epoch == epoch) & (OPENINGS.c.lookup == lookup)
            rows = list(connection.execute(select(OPENINGS).where(where).order_by(OPENINGS.c.case_id)))
        return tuple(
            (CaseId(row.case_id), _open(secret, row, f"{epoch}\0{lookup}\0{row.case_id}", "openings")) for row in rows
        )

    def put_receipt(self, epoch: str, case_id: CaseId, content: bytes, expires_at: datetime) -> None:
        """Keep what a person's receipt is made from until it expires; the first stays.

        Raises:
            StateError: the epoch is destroyed.

        """
        with self._database.writing() as connection:
            key = self._key(self._required(connection, epoch, lock=True))
            self._put_receipts(connection, [self._receipt_row(key, epoch, case_id, content, expires_at)])

    def receipt(self, case_id: CaseId) -> bytes | None:
        """Return what the person's receipt is made from, or None if there is none (any more).

        Raises:
            TerminalFailure: the row was changed.

        """
        with self._database.reading() as connection:
            query = select(PERSON_RECEIPTS).where(PERSON_RECEIPTS.c.case_id == case_id)
            row = connection.execute(query).one_or_none()
            epoch = None if row is None else self._required(connection, row.epoch)
        if row is None or epoch is None or self._keys.read(_key_name(epoch.name)) is None:
            return None
        return _open(self._key(epoch), row, f"receipt\0{case_id}", "receipts")

    def expire_receipts(self, now: datetime) -> int:
        """Remove those that have expired; return how many.

        Raises:
            TransientFailure: someone is reading the older state; the rows are gone already.

        """
        with self._database.writing() as connection:
            removed = connection.execute(delete(PERSON_RECEIPTS).where(PERSON_RECEIPTS.c.expires_at <= now)).rowcount
        if removed:
            self._database.forget_log()
        return removed

    def destroy(self, name: str, now: datetime) -> Epoch:
        """Destroy the epoch's key and remove its rows, from SQLite's write-ahead log as well.

        A repeat, also after a crash in the middle, ends in the same state. PostgreSQL's files keep the removed
        rows until they are vacuumed and recycled: without the key, nobody can read them.

        Raises:
            UnknownNameError: there is no such epoch.
            TransientFailure: someone is reading the older state; the key is gone already.

        """
        with self._database.writing() as connection:
            self._required(connection, name, lock=True)
            self._keys.shred(_key_name(name))
            connection.execute(delete(OPENINGS).where(OPENINGS.c.epoch == name))
            connection.execute(delete(PERSON_RECEIPTS).where(PERSON_RECEIPTS.c.epoch == name))
            gone = (EPOCHS.c.name == name) & EPOCHS.c.destroyed_at.is_(None)
            connection.execute(update(EPOCHS).where(gone).values(destroyed_at=now))
            epoch = self._required(connection, name)
        self._database.forget_log()
        return epoch

    def _epoch(self, connection: Connection, name: str, *, lock: bool = False) -> Epoch | None:
        query = select(EPOCHS).where(EPOCHS.c.name == name)
        row = connection.execute(query.with_for_update() if lock else query).one_or_none()
        return None if row is None else _as_epoch(row)

    def _required(self, connection: Connection, name: str, *, lock: bool = False) -> Epoch:
        epoch = self._epoch(connection, name, lock=lock)
        if epoch is None:
            raise UnknownNameError(f"there is no epoch {name}", hint="retention evidence epoch list")
        return epoch

    def _key(self, epoch: Epoch) -> bytes:
        key = self._keys.read(_key_name(epoch.name))
        if key is None or epoch.destroyed_at is not None:
            raise StateError(f"the key of epoch {epoch.name} has been destroyed: nobody can tell any more whom it held")
        if _check_value(key) != epoch.key_check:
            raise TerminalFailure(
                f"epoch {epoch.name}: the key store holds another key than the one used before",
                hint="restore the key store that belongs to this ledger",
            )
        return key


def _key_name(epoch: str) -> str:
    return f"epoch/{epoch}"


def _check_value(key: bytes) -> str:
    return hmac.new(key, b"kcv", hashlib.sha256).hexdigest()[:16]


def _lookup(key: bytes, person: SubjectKey) -> str:
    return person.digest(hmac.digest(key, b"lookup", hashlib.sha256))


def _seal(key: bytes, content: bytes, authenticated: str) -> tuple[bytes, bytes]:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce, _cipher(key).encrypt(nonce, content, authenticated.encode())


def _open(key: bytes, row: Row[Any], authenticated: str, what: str) -> bytes:
    try:
        return _cipher(key).decrypt(row.nonce, row.ciphertext, authenticated.encode())
    except InvalidTag as error:
        raise TerminalFailure(f"{what}: a row does not decrypt", hint="it has been changed: restore it") from error


def _cipher(key: bytes) -> AESGCM:
    return AESGCM(hmac.digest(key, b"seal", hashlib.sha256))


def _as_epoch(row: Row[Any]) -> Epoch:
    return Epoch(row.name, row.key_check, row.destroy_at, row.destroyed_at)
