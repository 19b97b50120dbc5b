"""`add-checkpoint` over HTTP, with the standard library: bounded bodies, connections and time.

Run it behind a TLS proxy where the network is not trusted. Nothing secret passes: checkpoints and
cosignatures are public, and a request without the log's own signature changes nothing.
"""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeAlias

from retention.errors import TransientFailure
from retention.evidence.cosigning import LARGEST_SUBMISSION, Refusal
from retention.witness.folder import WitnessFolder

PATH = "/add-checkpoint"
_CONNECTIONS = 64
_CONNECTION_SECONDS = 30
"""After this long a connection is cut, whatever it does: who sends a byte a second gets no more."""

Clock: TypeAlias = Callable[[], datetime]
Peer: TypeAlias = "socket.socket | tuple[bytes, socket.socket]"


class WitnessServer(ThreadingHTTPServer):
    """Serves one witness until it is shut down."""

    daemon_threads = True

    def __init__(self, folder: WitnessFolder, clock: Clock, address: tuple[str, int]) -> None:
        """Bind the address; port 0 takes a free one."""
        self.folder = folder
        self.clock = clock
        self._free = threading.BoundedSemaphore(_CONNECTIONS)
        super().__init__(address, _Handler)

    @property
    def url(self) -> str:
        """The submission prefix."""
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
            sys.stderr.write(f"witness: {type(error).__name__} while answering\n")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "witness"
    sys_version = ""
    timeout = 10
    server: WitnessServer

    def do_POST(self) -> None:
        """Answer a submission."""
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()) or len(length) > 6 or "Transfer-Encoding" in self.headers:  # noqa: PLR2004 -- digits
            self._say(HTTPStatus.LENGTH_REQUIRED, close=True)
        elif int(length) > LARGEST_SUBMISSION:
            self._say(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, close=True)
        else:
            body = self.rfile.read(int(length))
            if self.path == PATH:
                self._answer(body)
            else:
                self._say(HTTPStatus.NOT_FOUND)

    def _answer(self, body: bytes) -> None:
        try:
            answer = self.server.folder.answer(body, self.server.clock())
        except TransientFailure:
            self._say(HTTPStatus.SERVICE_UNAVAILABLE)
            return
        if not isinstance(answer, Refusal):
            self._say(HTTPStatus.OK, answer)
        elif answer.size is not None:
            self._say(answer.status, b"%d\n" % answer.size, "text/x.tlog.size")
        else:
            self._say(answer.status)

    def _say(
        self, status: HTTPStatus, body: bytes = b"", kind: str = "text/plain; charset=utf-8", *, close: bool = False
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if close:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class names it so
        """Keep no log of who asked."""


def _cut(request: Peer) -> None:
    if isinstance(request, socket.socket):
        try:
            request.shutdown(socket.SHUT_RDWR)
        except OSError:
            return
