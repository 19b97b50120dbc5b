"""The same answers under an ASGI server (asgi.readthedocs.io, HTTP version 2): mount it in any application.

api.mount("/events", Asgi(entrance.answer, LARGEST_CALL))
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any, TypeAlias

from retention.serving.bounded import Answering, Reply

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]


class Asgi:
    """An ASGI application that asks one function; the path it sees is what lies below its mount."""

    def __init__(self, answer: Answering, largest: int) -> None:
        """Keep the function; `largest` is the longest body, in bytes."""
        self._answer = answer
        self._largest = largest

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one call; the function works in a thread, since it waits for the ledger."""
        if scope["type"] != "http":
            return
        body = await self._body(receive)
        if body is None:
            reply = Reply(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
            reply = await asyncio.to_thread(self._answer, scope["method"], _path(scope), headers, body)
        told = {"content-type": reply.kind, "content-length": str(len(reply.body)), **reply.headers}
        listed = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in told.items()]
        await send({"type": "http.response.start", "status": int(reply.status), "headers": listed})
        await send({"type": "http.response.body", "body": reply.body})

    async def _body(self, receive: Receive) -> bytes | None:
        """Return the body, or None if it is too long."""
        parts, size = [], 0
        while True:
            message = await receive()
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self._largest:
                return None
            if not message.get("more_body", False):
                return b"".join(parts)


def _path(scope: Message) -> str:
    """Return the path below the mount, with the query if there is one."""
    path = str(scope["path"]).removeprefix(str(scope.get("root_path", "")))
    query = scope.get("query_string", b"").decode("latin-1")
    return f"{path}?{query}" if query else path
