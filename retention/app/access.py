"""Tokens: who may ask over the wire; and who did what to a case, so that nobody allows his own plan."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime

from retention.app.context import Context
from retention.app.once import Act as Doing
from retention.app.once import once
from retention.app.records import new_id
from retention.errors import AccessError, InputError, OwnPlanError, Problem
from retention.model.access import Act, Answer, Role, Token, TokenId
from retention.model.ids import CaseId

_PREFIX = "rtn_"
"""So that scanners of secrets know it where it should not be."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")


class Access:
    """Who asks over the wire, over one workspace."""

    def __init__(self, context: Context) -> None:
        """Keep the context."""
        self._context = context

    def issue(self, name: str, role: Role, now: datetime, expires_at: datetime) -> tuple[Token, str]:
        """See `issue`."""
        return issue(self._context, name, role, now, expires_at)

    def find(self, secret: str, now: datetime) -> Token:
        """See `find`."""
        return find(self._context, secret, now)

    def revoke(self, token_id: TokenId, now: datetime) -> Token:
        """End a token now; again, it stays ended. Raises UnknownNameError."""
        return self._context.ledger.access.revoke(token_id, now)

    def all(self) -> tuple[Token, ...]:
        """Return every token, oldest first."""
        return self._context.ledger.access.all()

    def once(self, token: Token, key: str, asked: bytes, now: datetime, act: Doing) -> Answer:
        """See `once.once`."""
        return once(self._context, token.scope, key, asked, act, now=now)

    def note(self, case_id: CaseId, act: Act, token: Token, now: datetime) -> None:
        """Keep that the bearer did this to the case, before he does it: what he was about to do counts."""
        self._context.ledger.access.note(case_id, act, self._context.ledger.secret_reference(token.name), now)


def issue(context: Context, name: str, role: Role, now: datetime, expires_at: datetime) -> tuple[Token, str]:
    """Make a token; its text is returned here and kept nowhere.

    Raises:
        InputError: the name is none, a processor's token names no processor of retention.yaml, or it is over already.

    """
    problems = [*_problems(context, name, role)]
    if expires_at <= now:
        problems.append(Problem(where="expiry", expected="a moment to come", found="one that has passed"))
    if problems:
        raise InputError("no token was issued", problems=tuple(problems))
    secret = _PREFIX + secrets.token_urlsafe(32)
    token = Token(TokenId(new_id("T", now)), name, role, _digest(secret), now, expires_at)
    context.ledger.access.add(token)
    return token, secret


def _problems(context: Context, name: str, role: Role) -> list[Problem]:
    if not _NAME.fullmatch(name):
        return [Problem(where="name", expected="letters, digits, `.`, `_`, `@` and `-`", found="something else")]
    if role is Role.PROCESSOR and name not in context.processors:
        known = ", ".join(sorted(context.processors)) or "none"
        return [Problem(where="name", expected=f"a processor of retention.yaml ({known})", found="another name")]
    return []


def find(context: Context, secret: str, now: datetime) -> Token:
    """Return whose text this is.

    Raises:
        AccessError: nobody's, or it has expired or was revoked. Which of them is not said.

    """
    token = context.ledger.access.by_digest(_digest(secret))
    if token is None or token.revoked_at is not None or now >= token.expires_at:
        raise AccessError("no valid token was shown", hint="ask for one: retention api token issue")
    return token


def has_role(context: Context, name: str, role: Role, at: datetime) -> bool:
    """Whether somebody of that name holds the role: by a token, whether he shows it or was known in another way."""
    reference = context.ledger.secret_reference
    return any(
        token.role is role and token.revoked_at is None and at < token.expires_at
        for token in context.ledger.access.all()
        if reference(token.name) == reference(name)
    )


def refuse_own(context: Context, case_id: CaseId, by_ref: str) -> None:
    """Refuse an approval by somebody who took, identified, decided, planned or started the case himself.

    Of a batch, the cases of all who go with it count as well.

    Raises:
        OwnPlanError: he did.

    """
    cases = [case_id, *context.ledger.batches.states(case_id)]
    acts = sorted({act.value for each in cases for act, who in context.ledger.access.acts(each) if who == by_ref})
    if acts:
        raise OwnPlanError(
            f"whoever {', '.join(acts)} case {case_id} does not approve its plan", hint="somebody else must approve it"
        )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
