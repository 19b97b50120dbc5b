"""The desk's own server: takes signed calls over HTTP, checks them as a receiver would, and can be in bad moods."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "whsec_" + base64.b64encode(b"thirty-two bytes of a test secret").decode()


class DeskServer:
    """Listens on this machine; `calls` are the verified calls that it took, by id and what they say."""

    def __init__(self) -> None:
        """Start it, in a good mood."""
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.paths: list[str] = []
        self.answers: list[int] = []
        """Statuses of the next answers; 204 after them."""
        self.headers: dict[str, str] = {}
        handler = type("Handler", (_Handler,), {"desk": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/dates?team=privacy"

    def forget(self) -> None:
        """Be as new."""
        self.calls.clear()
        self.paths.clear()
        self.answers.clear()
        self.headers.clear()

    def close(self) -> None:
        """Stop it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    desk: DeskServer

    def do_POST(self) -> None:
        """Take a call whose signature fits."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.desk.paths.append(self.path)
        status = self.desk.answers.pop(0) if self.desk.answers else 204
        if status == 204:
            said = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + body
            key = base64.b64decode(SECRET.removeprefix("whsec_"))
            right = "v1," + base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()
            assert hmac.compare_digest(right, self.headers["webhook-signature"])
            self.desk.calls.append((self.headers["webhook-id"], json.loads(body)))
        self.send_response(status)
        for name, value in self.desk.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST  # noqa: N815 -- http.server's name

    def log_message(self, *_: object) -> None:
        """Keep quiet."""
