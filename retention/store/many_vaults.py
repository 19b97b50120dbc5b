"""The vaults of many cases at once: what `vault` does for one, in as few statements as the database takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from sqlalchemy import delete, select

from retention.model.ids import CaseId
from retention.store.engine import Database
from retention.store.tables import CASE_KEYS, VAULT
from retention.store.vault import SqlVault

_MANY = 500
"""Cases named in one statement."""


class SqlManyVaults:
    """Implements `ports.batches.ManyVaults`."""

    def __init__(self, database: Database, vault: SqlVault) -> None:
        """Keep the database, and what knows the keys."""
        self._database = database
        self._vault = vault

    def read(self, cases: Iterable[CaseId], name: str) -> dict[CaseId, bytes]:
        """Decrypt and return what has that name, of the cases that have it.

        Raises:
            StateError: the key of one is shredded.
            TerminalFailure: a row was changed, or the key store holds another key.

        """
        found: dict[CaseId, bytes] = {}
        for part in _parts(cases):
            mine = VAULT.c.case_id.in_(part) & (VAULT.c.name == name)
            query = select(VAULT.c.case_id, VAULT.c.nonce, VAULT.c.ciphertext, CASE_KEYS.c.key_check)
            joined = query.join(CASE_KEYS, CASE_KEYS.c.case_id == VAULT.c.case_id).where(mine)
            with self._database.reading() as connection:
                rows = list(connection.execute(joined))
            for row in rows:
                sealed = row.nonce, row.ciphertext
                found[CaseId(row.case_id)] = self._vault.opened(CaseId(row.case_id), name, row.key_check, sealed)
        return found

    def shred(self, cases: Iterable[CaseId]) -> dict[CaseId, str]:
        """Shred the cases' keys and remove their ciphertext, from SQLite's write-ahead log as well.

        A repeat, also after a crash in the middle, ends in the same state; see `SqlVault.destroy`.

        Raises:
            TransientFailure: someone is reading the older state; the keys are gone already.

        """
        checks: dict[CaseId, str] = {}
        for part in _parts(cases):
            these = CASE_KEYS.c.case_id.in_(part)
            with self._database.reading() as connection:
                rows = list(connection.execute(select(CASE_KEYS.c.case_id, CASE_KEYS.c.key_check).where(these)))
            checks |= {CaseId(row.case_id): row.key_check for row in rows}
            checks |= {case_id: self._vault.key_check(case_id) for case_id in part if case_id not in checks}
            for case_id in part:
                self._vault.shred(case_id)
            with self._database.writing() as connection:
                # in one order, or two processes would wait for each other
                connection.execute(select(CASE_KEYS).where(these).order_by(CASE_KEYS.c.case_id).with_for_update())
                connection.execute(delete(VAULT).where(VAULT.c.case_id.in_(part)))
        self._database.forget_log()
        return checks


def _parts(cases: Iterable[CaseId]) -> Iterator[list[CaseId]]:
    waiting = iter(sorted(set(cases)))
    while part := list(islice(waiting, _MANY)):
        yield part
