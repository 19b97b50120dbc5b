"""Tokens, calls that may come again, and who did what to a case."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, select, update

from retention.errors import UnknownNameError
from retention.model.access import Act, Answer, Attempt, Role, Token, TokenId
from retention.model.ids import CaseId
from retention.store.engine import Database
from retention.store.outside_tables import ACTS, ATTEMPTS, TOKENS


class SqlAccess:
    """Implements `ports.access.Access`."""

    def __init__(self, database: Database) -> None:
        """Keep the database."""
        self._database = database

    def add(self, token: Token) -> None:
        """Keep a token."""
        row = {**asdict(token), "role": token.role.value}
        with self._database.writing() as connection:
            connection.execute(self._database.insert(TOKENS).values(row))

    def by_digest(self, digest: str) -> Token | None:
        """Return the token whose text has this digest."""
        with self._database.reading() as connection:
            row = connection.execute(select(TOKENS).where(TOKENS.c.digest == digest)).one_or_none()
        return None if row is None else _token(row)

    def revoke(self, token_id: TokenId, at: datetime) -> Token:
        """End a token; the first moment stands. Raises UnknownNameError."""
        this = TOKENS.c.token_id == token_id
        with self._database.writing() as connection:
            ended = func.coalesce(TOKENS.c.revoked_at, at)
            connection.execute(update(TOKENS).where(this).values(revoked_at=ended))
            row = connection.execute(select(TOKENS).where(this)).one_or_none()
        if row is None:
            raise UnknownNameError(f"no token {token_id[:24]}", hint="see `retention api token list`")
        return _token(row)

    def all(self) -> tuple[Token, ...]:
        """Return every token, oldest first."""
        with self._database.reading() as connection:
            found = connection.execute(select(TOKENS).order_by(TOKENS.c.issued_at, TOKENS.c.token_id))
            return tuple(_token(row) for row in found)

    def begin(self, attempt: Attempt) -> Attempt:
        """Keep the attempt; if its key is known in its scope, return what stands."""
        row = {name: value for name, value in asdict(attempt).items() if name != "answer"}
        this = (ATTEMPTS.c.scope == attempt.scope) & (ATTEMPTS.c.key == attempt.key)
        with self._database.writing() as connection:
            connection.execute(self._database.insert(ATTEMPTS).values(row).on_conflict_do_nothing())
            return _attempt(connection.execute(select(ATTEMPTS).where(this)).one())

    def answered(self, attempt: Attempt, answer: Answer) -> None:
        """Keep what was answered; the first answer stands."""
        this = (ATTEMPTS.c.scope == attempt.scope) & (ATTEMPTS.c.key == attempt.key) & ATTEMPTS.c.answer.is_(None)
        with self._database.writing() as connection:
            connection.execute(update(ATTEMPTS).where(this).values(answer=json.dumps(asdict(answer))))

    def forget(self, before: datetime) -> None:
        """Remove attempts begun before then."""
        with self._database.writing() as connection:
            connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.begun_at < before))

    def note(self, case_id: CaseId, act: Act, by_ref: str, at: datetime) -> None:
        """Keep who did what to a case; the first time stands."""
        row = {"case_id": case_id, "act": act.value, "by_ref": by_ref, "at": at}
        with self._database.writing() as connection:
            connection.execute(self._database.insert(ACTS).values(row).on_conflict_do_nothing())

    def acts(self, case_id: CaseId) -> tuple[tuple[Act, str], ...]:
        """Return what was done to the case and by whom (a keyed reference), oldest first."""
        query = select(ACTS.c.act, ACTS.c.by_ref).where(ACTS.c.case_id == case_id).order_by(ACTS.c.at, ACTS.c.act)
        with self._database.reading() as connection:
            return tuple((Act(row.act), row.by_ref) for row in connection.execute(query))


def _token(row: Row[Any]) -> Token:
    return Token(
        TokenId(row.token_id), row.name, Role(row.role), row.digest, row.issued_at, row.expires_at, row.revoked_at
    )


def _attempt(row: Row[Any]) -> Attempt:
    answer = None if row.answer is None else Answer(**json.loads(row.answer))
    return Attempt(row.scope, row.key, row.digest, row.begun_at, row.chosen, answer)
