"""What the ledger remembers of those who ask over the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from retention.model.access import Act, Answer, Attempt, Token, TokenId
from retention.model.ids import CaseId


class Access(Protocol):
    """One transaction a method, durable when it returns; no personal value of those whom requests are about."""

    def add(self, token: Token) -> None:
        """Keep a token."""
        ...

    def by_digest(self, digest: str) -> Token | None:
        """Return the token whose text has this digest."""
        ...

    def revoke(self, token_id: TokenId, at: datetime) -> Token:
        """End a token; the first moment stands. Raises UnknownNameError."""
        ...

    def all(self) -> tuple[Token, ...]:
        """Return every token, oldest first."""
        ...

    def begin(self, attempt: Attempt) -> Attempt:
        """Keep the attempt; if its key is known in its scope, return what stands."""
        ...

    def answered(self, attempt: Attempt, answer: Answer) -> None:
        """Keep what was answered; the first answer stands."""
        ...

    def forget(self, before: datetime) -> None:
        """Remove attempts begun before then."""
        ...

    def note(self, case_id: CaseId, act: Act, by_ref: str, at: datetime) -> None:
        """Keep who did what to a case; the first time stands."""
        ...

    def acts(self, case_id: CaseId) -> tuple[tuple[Act, str], ...]:
        """Return what was done to the case and by whom (a keyed reference), oldest first."""
        ...
