"""A POST is done once, however often it is sent, and only to what the caller has looked at.

Every POST carries `Idempotency-Key`. `If-Match` may carry the ETag that the caller saw: if the case has changed since,
nothing is done (409).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Header, Response
from pydantic import BaseModel

from retention.api import problems
from retention.api.visiting import Visit
from retention.app.leases import leased
from retention.errors import ChangedError, RetentionError, TransientFailure
from retention.model.access import Answer, Attempt
from retention.model.ids import CaseId

_BUSY = "something else is being done to the case just now"
KeyHeader = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[A-Za-z0-9_-]{8,64}$",
        description="Chosen by the caller, one a call: sent again with the same body, it gives the same answer.",
        examples=["7d1c0d0e-6f0b-4f0e-9a55-0a4bd7a3a3c1"],
    ),
]
MatchHeader = Annotated[
    str,
    Header(
        alias="If-Match",
        pattern=r'^("[0-9a-f]{64}")?$',
        description="The ETag of the case as the caller saw it; empty or left out: whatever it is.",
    ),
]


@dataclass(frozen=True, slots=True)
class Sent:
    """What every change of a case carries beside its body."""

    key: str
    seen: str
    """The ETag that the caller saw; empty if he does not say."""


def _sent(key: KeyHeader, seen: MatchHeader = "") -> Sent:
    return Sent(key, seen)


Headers = Annotated[Sent, Depends(_sent)]


@dataclass(frozen=True, slots=True)
class Once:
    """One attempt, as what is done sees it."""

    now: datetime
    """The moment of the first attempt."""
    again: bool
    """Whether an earlier attempt began and was never answered: it may have done part of it, or all."""
    chosen: str

    def number(self, kind: str) -> str:
        """Return the number that every attempt of this call gives: `C-20261126-7f3k2q`."""
        return f"{kind}-{self.now:%Y%m%d}-{self.chosen}"


def perform(
    visit: Visit, key: str, body: BaseModel | None, act: Callable[[Once], Answer], *, case_id: CaseId | None = None
) -> Response:
    """Do it once and return the answer; with a case, nobody else changes it meanwhile.

    What is refused is an answer too, and stays one. What could not be reached is not: send it again.
    """
    content = "" if body is None else body.model_dump_json()
    asked = f"{visit.request.method} {visit.request.url.path}\n{content}".encode()

    def attempted(attempt: Attempt, again: bool) -> Answer:  # noqa: FBT001 -- `once` calls it
        try:
            return act(Once(attempt.begun_at, again, attempt.chosen))
        except TransientFailure:
            raise
        except RetentionError as error:
            return problems.answer_of(error)

    # before the attempt begins: one that found somebody at the case has looked at nothing yet
    with leased(visit.app.context, f"case/{case_id}", visit.now, _BUSY) if case_id else nullcontext():
        return response(visit.app.access.once(visit.token, key, asked, visit.now, attempted))


def refuse_changed(seen: str, etag: str) -> None:
    """Refuse to change what is not any more what the caller saw.

    Raises:
        ChangedError: it has another ETag now.

    """
    if seen and seen != etag:
        raise ChangedError("it has changed since you looked at it", hint="look again, then decide")


def etag_of(shape: BaseModel) -> str:
    """Return a strong ETag: SHA-256 over the answer."""
    return f'"{hashlib.sha256(shape.model_dump_json().encode()).hexdigest()}"'


def answer(status: int, shape: BaseModel, *, etag: str | None = None) -> Answer:
    """Return an answer with this body."""
    return Answer(status, json.dumps(shape.model_dump(mode="json"), ensure_ascii=False), etag=etag)


def response(said: Answer) -> Response:
    """Return the answer as a response."""
    headers = {"ETag": said.etag} if said.etag else {}
    return Response(said.body, said.status, headers, said.kind)
