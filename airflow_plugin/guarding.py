"""Before Airflow's own API: a call about one of our DAGs that carries more than numbers and names goes no further.

Airflow writes what it is sent into its audit log before it looks whether that is valid, so a check of Airflow's comes
too late. Who may call is still Airflow's to say: what fits is passed on as it came, and so is everything about others'
DAGs.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from starlette.responses import JSONResponse

from airflow_plugin.typed import Misfit, may_be_ours, misfit, ours

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_API: Final = "/api/v2/"
_READS: Final = {"GET", "HEAD", "OPTIONS"}
_LONGEST: Final = 1 << 22
"""Bytes of a body that can be about our DAGs; Airflow's own calls take a few hundred."""
_UNPROCESSABLE: Final = 422


class TypedGuard:
    """An ASGI middleware at Airflow's root."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before the application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on, or answer 422 with what was expected, never with what was sent."""
        path = scope["path"].partition(_API)[2] if scope["type"] == "http" else ""
        if scope.get("method") in _READS or not may_be_ours(path):
            await self._app(scope, receive, send)
            return
        messages, body = await _received(receive)
        found = _judged(path, scope["query_string"].decode("latin-1"), body)
        if found is None:
            await self._app(scope, _again(messages, receive), send)
            return
        detail = (
            f"{found.where}: expected {found.expected}. Nothing was kept: Airflow stores what it is sent, so about "
            "retention's DAGs only numbers and names may be sent to it. What concerns a person belongs in her case."
        )
        await JSONResponse({"detail": detail}, _UNPROCESSABLE)(scope, receive, send)


def _judged(path: str, query: str, body: bytes) -> Misfit | None:
    if len(body) > _LONGEST:
        return Misfit("the body", f"at most {_LONGEST:,} bytes")
    try:
        sent = json.loads(body) if body else None
    except ValueError:
        sent = None  # Airflow keeps only what it can read, and refuses this itself
    dags = ours(path, sent)
    return misfit(dags, path, query, sent) if dags else None


async def _received(receive: Receive) -> tuple[list[Message], bytes]:
    """Return the messages of the body, up to the first that goes over the limit, and the body."""
    messages: list[Message] = []
    size, more = 0, True
    while more and size <= _LONGEST:
        messages.append(await receive())
        size += len(messages[-1].get("body", b""))
        more = messages[-1].get("more_body", False)
    return messages, b"".join(message.get("body", b"") for message in messages)


def _again(messages: list[Message], receive: Receive) -> Receive:
    """Return what gives the same messages once more, and then what comes after them."""
    left = iter(messages)

    async def given() -> Message:
        return next(left, None) or await receive()

    return given
