"""Ciphertext by case and name, under the case's own key.

AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce; case and name are authenticated,
so a row moved to another name does not decrypt. The check value of a case's key is written
before its first ciphertext and stays: where a check value is and the key is not, the key has
been shredded, and no second key is ever made in its place.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, delete, select

from retention.errors import StateError, TerminalFailure, UnknownNameError
from retention.model.ids import CaseId
from retention.ports.keys import KeyStore
from retention.store.engine import Database
from retention.store.tables import CASE_KEYS, VAULT

ALONE = 0x6C656404
"""One process makes a case's first key, the others wait and find it (PostgreSQL)."""
_NONCE_BYTES = 12
_CHECK_DIGITS = 16


class SqlVault:
    """Implements `ports.ledger.Vault`."""

    def __init__(self, database: Database, keys: KeyStore) -> None:
        """Keep the database and the key store, which lies elsewhere."""
        self._database = database
        self._keys = keys

    def put(self, case_id: CaseId, name: str, plaintext: bytes) -> None:
        """Encrypt and keep; replaces what had that name.

        Raises:
            StateError: the case's key is shredded.
            TerminalFailure: the key store holds another key than the one used before.

        """
        self.key_check(case_id)
        with self._database.writing() as connection:
            # the row's lock makes `destroy` wait: nothing is written after its delete
            connection.execute(select(CASE_KEYS).where(CASE_KEYS.c.case_id == case_id).with_for_update())
            key = self.key(case_id, self._checked(connection, case_id))
            nonce = secrets.token_bytes(_NONCE_BYTES)
            sealed = AESGCM(key).encrypt(nonce, plaintext, _authenticated(case_id, name))
            row = {"case_id": case_id, "name": name, "nonce": nonce, "ciphertext": sealed}
            insert = self._database.insert(VAULT).values(row)
            connection.execute(
                insert.on_conflict_do_update(
                    index_elements=["case_id", "name"], set_={"nonce": nonce, "ciphertext": sealed}
                )
            )

    def get(self, case_id: CaseId, name: str) -> bytes:
        """Decrypt and return.

        Raises:
            UnknownNameError: nothing has that name.
            StateError: the case's key is shredded.
            TerminalFailure: the row was changed, or the key store holds another key.

        """
        with self._database.reading() as connection:
            check = self._checked(connection, case_id)
            row = connection.execute(
                select(VAULT.c.nonce, VAULT.c.ciphertext).where(VAULT.c.case_id == case_id, VAULT.c.name == name)
            ).one_or_none()
        if check is None or row is None:
            if check is not None:
                self.key(case_id, check)
            raise UnknownNameError(f"vault of case {case_id}: nothing is named {name!r}")
        return self.opened(case_id, name, check, (row.nonce, row.ciphertext))

    def opened(self, case_id: CaseId, name: str, check: str, sealed: tuple[bytes, bytes]) -> bytes:
        """Decrypt nonce and ciphertext; raises StateError and TerminalFailure as `get` does."""
        try:
            return AESGCM(self.key(case_id, check)).decrypt(*sealed, _authenticated(case_id, name))
        except InvalidTag as error:
            raise TerminalFailure(
                f"vault of case {case_id}: {name!r} does not decrypt", hint="the row has been changed: restore it"
            ) from error

    def key_check(self, case_id: CaseId) -> str:
        """Return the first 16 hex digits of HMAC-SHA-256(case key, "kcv"), kept even after the shredding."""
        with self._database.reading() as connection:
            check = self._checked(connection, case_id)
        if check is not None:
            return check
        with self._database.writing(alone_in=ALONE) as connection:
            # looked at again, alone: another process may have made the key, and even shredded it
            check = self._checked(connection, case_id)
            if check is None:
                check = _check_value(self._keys.create(_key_name(case_id)))
                connection.execute(self._database.insert(CASE_KEYS).values(case_id=case_id, key_check=check))
        return check

    def destroy(self, case_id: CaseId) -> None:
        """Shred the case's key and remove its ciphertext, from SQLite's write-ahead log as well.

        A repeat, also after a crash in the middle, ends in the same state. PostgreSQL's files
        keep the removed rows until they are vacuumed and recycled: without the key, nobody
        can read them.

        Raises:
            TransientFailure: someone is reading the older state; the key is gone already.

        """
        self.key_check(case_id)
        self.shred(case_id)
        with self._database.writing() as connection:
            connection.execute(select(CASE_KEYS).where(CASE_KEYS.c.case_id == case_id).with_for_update())
            connection.execute(delete(VAULT).where(VAULT.c.case_id == case_id))
        self._database.forget_log()

    def _checked(self, connection: Connection, case_id: CaseId) -> str | None:
        check: str | None = connection.scalar(select(CASE_KEYS.c.key_check).where(CASE_KEYS.c.case_id == case_id))
        return check

    def shred(self, case_id: CaseId) -> None:
        """Destroy the key alone."""
        self._keys.shred(_key_name(case_id))

    def key(self, case_id: CaseId, check: str | None) -> bytes:
        """Return the key that has this check value; raises StateError and TerminalFailure as `get` does."""
        key = self._keys.read(_key_name(case_id))
        if key is None:
            raise StateError(f"vault of case {case_id}: its key has been shredded; nobody can read it any more")
        if check != _check_value(key):
            raise TerminalFailure(
                f"vault of case {case_id}: the key store holds another key than the one used before",
                hint="restore the key store that belongs to this ledger",
            )
        return key


def _key_name(case_id: CaseId) -> str:
    return f"case/{case_id.lower()}"


def _check_value(key: bytes) -> str:
    return hmac.new(key, b"kcv", hashlib.sha256).hexdigest()[:_CHECK_DIGITS]


def _authenticated(case_id: CaseId, name: str) -> bytes:
    return f"{case_id}\0{name}".encode()
