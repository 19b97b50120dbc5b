"""The durable inbox: ciphertext from the door until the letter is folded.

AES-256-GCM (NIST SP 800-38D) under a key of the inbox, with a random 96-bit nonce; the letter's id is authenticated.
What tells repetitions apart is an HMAC under another key: nobody can try out what a letter might have said.
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
from retention.model.letter import Letter, LetterState, Settled, Taken, Unfit
from retention.ports.keys import KeyStore
from retention.store.engine import Database
from retention.store.events import ALONE, record_in
from retention.store.outside_tables import LETTERS

_NONCE_BYTES = 12
_KEPT = frozenset({LetterState.DEAD, LetterState.OPENING})
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

    def take(self, letters: Sequence[Letter]) -> Taken:
        """Keep letters that are new; one that contradicts a known one is kept as dead, under a name of its own."""
        if not letters:
            return Taken(0, 0)
        rows = [self._row(letter) for letter in letters]
        with self._database.writing(alone_in=ALONE) as connection:
            new = self._insert(connection, rows)
            ids = {letter.letter_id for letter in letters}
            known = select(LETTERS.c.letter_id, LETTERS.c.content).where(LETTERS.c.letter_id.in_(ids))
            stands = {row.letter_id: row.content for row in connection.execute(known)}
            conflicts = [letter for letter in letters if stands[letter.letter_id] != letter.content]
            conflicting = self._insert(connection, [self._contradicting(letter) for letter in conflicts])
        return Taken(new, len(letters) - new - conflicting, conflicting)

    def of_state(self, state: LetterState, limit: int) -> tuple[Letter, ...]:
        """Return letters in that state, opened, in the order in which they came."""
        query = select(LETTERS).where(LETTERS.c.state == state.value).order_by(LETTERS.c.seq).limit(limit)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return tuple(_letter(row, self._unsealed(row)) for row in rows)

    def settle(self, settled: Sequence[Settled], now: datetime) -> int:
        """Write what became of waiting letters, and their events, in one transaction."""
        waiting = (
            update(LETTERS)
            .where(LETTERS.c.letter_id == bindparam("letter"), LETTERS.c.state == LetterState.WAITING.value)
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

    def opened(self, letter_id: str, case_id: CaseId | None, now: datetime) -> None:
        """Note which case the letter set going, None for none after all: its ciphertext goes."""
        this = update(LETTERS).where(LETTERS.c.letter_id == letter_id, LETTERS.c.state == LetterState.OPENING.value)
        with self._database.writing() as connection:
            connection.execute(
                this.values(state=LetterState.FOLDED.value, sealed=None, case_id=case_id, settled_at=now)
            )

    def revive(self, letter_ids: Sequence[str]) -> int:
        """Let dead letters wait again; a contradiction stays what it is."""
        dead = self._dead(letter_ids).where(LETTERS.c.reason != Unfit.CONFLICT.value)
        with self._database.writing() as connection:
            return connection.execute(dead.values(state=LetterState.WAITING.value, reason=None)).rowcount

    def drop(self, letter_ids: Sequence[str], now: datetime) -> int:
        """Remove what dead letters say; that they came, and why they were dead, stays."""
        dropped = self._dead(letter_ids).values(state=LetterState.DROPPED.value, sealed=None, settled_at=now)
        with self._database.writing() as connection:
            return connection.execute(dropped).rowcount

    def counts(self) -> dict[LetterState, int]:
        """Return how many letters are in each state that has any."""
        query = select(LETTERS.c.state, func.count()).group_by(LETTERS.c.state)
        with self._database.reading() as connection:
            return {LetterState(state): number for state, number in connection.execute(query)}

    def started(self) -> tuple[Letter, ...]:
        """Return the letters that set a case going, newest first."""
        query = (
            select(LETTERS)
            .where(LETTERS.c.case_id.is_not(None), LETTERS.c.state == LetterState.FOLDED.value)
            .order_by(LETTERS.c.seq.desc())
        )
        with self._database.reading() as connection:
            return tuple(_letter(row, None) for row in connection.execute(query))

    @staticmethod
    def _dead(letter_ids: Sequence[str]) -> Any:  # noqa: ANN401 -- an UPDATE of SQLAlchemy, still without values
        return update(LETTERS).where(LETTERS.c.letter_id.in_(letter_ids), LETTERS.c.state == LetterState.DEAD.value)

    def _insert(self, connection: Connection, rows: list[dict[str, Any]]) -> int:
        if not rows:
            return 0
        insert = self._database.insert(LETTERS).on_conflict_do_nothing(index_elements=["letter_id"])
        return connection.execute(insert.execution_options(preserve_rowcount=True), rows).rowcount

    def _row(self, letter: Letter) -> dict[str, Any]:
        return {
            "letter_id": letter.letter_id,
            "content": letter.content,
            "intake": letter.intake,
            "received_at": letter.received_at,
            "state": letter.state.value,
            "sealed": self._sealed(letter.letter_id, letter.body or b""),
        }

    def _contradicting(self, letter: Letter) -> dict[str, Any]:
        sealed = self._sealed(letter.content, letter.body or b"")
        dead = {"state": LetterState.DEAD.value, "reason": Unfit.CONFLICT.value, "settled_at": letter.received_at}
        return {**self._row(letter), "letter_id": letter.content, "sealed": sealed, **dead}

    def _sealed(self, letter_id: str, body: bytes) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + AESGCM(self._keys.create("inbox")).encrypt(nonce, body, letter_id.encode())

    def _unsealed(self, row: Row[Any]) -> bytes | None:
        if row.sealed is None:
            return None
        nonce, ciphertext = row.sealed[:_NONCE_BYTES], row.sealed[_NONCE_BYTES:]
        try:
            return AESGCM(self._keys.create("inbox")).decrypt(nonce, ciphertext, row.letter_id.encode())
        except InvalidTag:
            raise TerminalFailure(
                "inbox: a letter does not open: it was changed, or the key store holds another key",
                hint="bring the right key store back",
            ) from None


def _change(each: Settled) -> dict[str, str | None]:
    return {
        "letter": each.letter_id,
        "to": each.state.value,
        "why": None if each.reason is None else each.reason.value,
        "case": each.case_id,
    }


def _letter(row: Row[Any], body: bytes | None) -> Letter:
    return Letter(
        letter_id=row.letter_id,
        content=row.content,
        intake=row.intake,
        received_at=row.received_at,
        body=body,
        state=LetterState(row.state),
        reason=None if row.reason is None else Unfit(row.reason),
        case_id=None if row.case_id is None else CaseId(row.case_id),
        settled_at=row.settled_at,
    )
