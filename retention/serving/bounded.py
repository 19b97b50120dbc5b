"""The server: bounded connections, bodies and time; what is asked goes to one function."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeAlias

_CONNECTIONS = 64
_CONNECTION_SECONDS = 30
"""After this long a connection is cut, whatever it does: who sends a byte a second gets no more."""
_LENGTH_DIGITS = 6

Peer: TypeAlias = "socket.socket | tuple[bytes, socket.socket]"


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered."""

    status: int
    body: bytes = b""
    kind: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


Answering: TypeAlias = Callable[[str, str, Mapping[str, str], bytes], Reply]
"""Method, path, headers (names in lower case), body → reply."""


class BoundedServer(ThreadingHTTPServer):
    """Asks one function until it is shut down."""

    daemon_threads = True

    def __init__(self, name: str, answer: Answering, address: tuple[str, int], largest: int) -> None:
        """Bind the address; port 0 takes a free one. `largest` is the longest body, in bytes."""
        self.name = name
        self.answer = answer
        self.largest = largest
        self._free = threading.BoundedSemaphore(_CONNECTIONS)
        super().__init__(address, _Handler)

    @property
    def url(self) -> str:
        """Where it listens."""
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}"

    def process_request(self, request: Peer, client_address: object) -> None:
        """Take the connection if there is room for it."""
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Peer, client_address: object) -> None:
        """Serve the connection, and cut it when its time is up."""
        timer = threading.Timer(_CONNECTION_SECONDS, _cut, [request])
        timer.daemon = True
        timer.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            timer.cancel()
            self._free.release()

    def handle_error(self, request: Peer, client_address: object) -> None:
        """Say what kind of error it was; a peer that went away is none of ours."""
        del request, client_address
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            sys.stderr.write(f"{self.name}: {type(error).__name__} while answering\n")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "retention"
    sys_version = ""
    timeout = 10
    server: BoundedServer

    def do_GET(self) -> None:
        """Answer; a body, if there is one, is not read."""
        self._answer(b"", close="Content-Length" in self.headers)

    def do_DELETE(self) -> None:
        """Answer, as GET."""
        self._answer(b"", close="Content-Length" in self.headers)

    def do_POST(self) -> None:
        """Answer, if the body says how long it is and is not too long."""
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()) or "Transfer-Encoding" in self.headers:
            self._say(Reply(HTTPStatus.LENGTH_REQUIRED), close=True)
        elif len(length) > _LENGTH_DIGITS or int(length) > self.server.largest:
            self._say(Reply(HTTPStatus.REQUEST_ENTITY_TOO_LARGE), close=True)
        else:
            self._answer(self.rfile.read(int(length)))

    def _answer(self, body: bytes, *, close: bool = False) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._say(self.server.answer(self.command, self.path, headers, body), close=close)

    def _say(self, reply: Reply, *, close: bool = False) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.kind)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if close:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class names it so
        """Keep no log of who asked."""


def _cut(request: Peer) -> None:
    if isinstance(request, socket.socket):
        try:
            request.shutdown(socket.SHUT_RDWR)
        except OSError:
            return
