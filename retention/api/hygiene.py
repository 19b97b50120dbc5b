"""What holds for every call, before anything is read: sizes, types, headers, and one line in the access log.

The line names method, route, status and the number of the token: no address of a person, of a network, nor a query.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator
from http import HTTPStatus
from typing import Any, TypeAlias

from retention.api import problems
from retention.model.access import Answer

Scope: TypeAlias = "dict[str, Any]"
Message: TypeAlias = "dict[str, Any]"
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

LARGEST_BODY = 65_536
"""Bytes."""
_LONGEST_TARGET = 512
"""Bytes of path and query."""
HEADERS = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}
_LOG = logging.getLogger("retention.api")


class Hygiene:
    """Stands before the application (ASGI)."""

    def __init__(self, inner: Application) -> None:
        """Keep the application."""
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        said: list[int] = []

        async def tidy(message: Message) -> None:
            if message["type"] == "http.response.start":
                said.append(message["status"])
                message = {**message, "headers": [*_ours(message["headers"]), *_fixed()]}
            await send(message)

        found = await _read(scope, receive)
        if isinstance(found, Answer):
            await _refuse(found, tidy)
        else:
            await self._inner(scope, _again(found), tidy)
        _LOG.info("%s %s %s %s", scope["method"], _route(scope), said[0] if said else "-", _bearer(scope))


async def _read(scope: Scope, receive: Receive) -> bytes | Answer:
    """Return the whole body, or why it is not taken."""
    if len(scope["path"]) + len(scope["query_string"]) > _LONGEST_TARGET:
        return problems.of_http(HTTPStatus.REQUEST_URI_TOO_LONG, "nothing belongs in an address but numbers of ours")
    body, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > LARGEST_BODY:
            detail = f"a body has at most {LARGEST_BODY} bytes"
            return problems.of_http(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)
    kind = _header(scope, b"content-type").partition(";")[0].strip().lower()
    # the paths of other protocols say by themselves what they take
    if body and scope["path"].startswith("/v1/") and kind != "application/json":
        return problems.of_http(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "a body here is application/json")
    return bytes(body)


def _again(body: bytes) -> Receive:
    """Give the application the body that was read."""
    messages: Iterator[Message] = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Message:
        return next(messages, {"type": "http.disconnect"})

    return receive


async def _refuse(answer: Answer, send: Send) -> None:
    body = answer.body.encode()
    headers = [(b"content-type", answer.kind.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _ours(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in headers if name.decode("latin-1").lower() not in HEADERS]


def _fixed() -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in HEADERS.items()]


def _header(scope: Scope, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


def _route(scope: Scope) -> str:
    """Return the route's pattern: an address that fits none could hold anything."""
    return str(getattr(scope.get("route"), "path", "(no route)"))


def _bearer(scope: Scope) -> str:
    return str(scope.get("state", {}).get("token", "-"))
