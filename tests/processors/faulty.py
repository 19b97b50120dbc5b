"""What every simulated processor can be told to do wrong, and its server. Standard library only: it starts at once.

A simulator is a process of its own: `serve(Processor())` prints its address and answers until it is ended.
"""

from __future__ import annotations

import json
import socket
import sys
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Faults:
    """Each is a number of calls that go wrong, or whether they do until told otherwise."""

    errors: int = 0
    """Answered with `status` before anything is done."""
    status: int = 500
    retry_after: str = ""
    lost: int = 0
    """Done, and then the connection is closed without an answer."""
    silent: int = 0
    """Not done, and never answered."""
    refuse: bool = False
    partial: bool = False
    keep: bool = False
    """Said to be done, and not done."""


@dataclass
class Call:
    """One request, read."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass
class Simulated:
    """A processor: what it knows, what it did, and what it does wrong."""

    people: set[str] = field(default_factory=set)
    deletions: list[str] = field(default_factory=list)
    """Everyone it deleted, as often as it did."""
    calls: int = 0
    faults: Faults = field(default_factory=Faults)

    def answer(self, call: Call) -> tuple[int, Any]:
        """Return status and JSON body."""
        raise NotImplementedError

    def delete(self, person: str) -> None:
        """Delete a person, unless it only says so."""
        if not self.faults.keep:
            self.people.discard(person)
        self.deletions.append(person)


def serve(processor: Simulated) -> None:
    """Print the address and answer."""

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            raw = self.rfile.read(length)
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            body = json.loads(raw) if "json" in self.headers.get("Content-Type", "") and raw else raw.decode()
            call = Call(self.command, parts.path, query, {k.lower(): v for k, v in self.headers.items()}, body)
            if call.path.startswith("/-/"):
                return self._say(200, _told(processor, call))
            processor.calls += 1
            faults = processor.faults
            if faults.errors:
                faults.errors -= 1
                return self._say(faults.status, {"error": "busy"}, faults.retry_after)
            if faults.silent:
                faults.silent -= 1
                return self._hang_up()
            status, said = processor.answer(call)
            if faults.lost and call.method != "GET":
                faults.lost -= 1
                return self._hang_up()
            return self._say(status, said)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any  # noqa: N815 -- http.server's names

        def _hang_up(self) -> None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

        def _say(self, status: int, said: Any, retry_after: str = "") -> None:
            raw = b"" if said is None else json.dumps(said).encode()
            self.send_response(status)
            if retry_after:
                self.send_header("Retry-After", retry_after)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever(0.05)


def _told(processor: Simulated, call: Call) -> Any:
    """Take what the test says, and tell what became."""
    match call.path:
        case "/-/reset":
            processor.__init__()  # type: ignore[misc] -- as new
        case "/-/faults":
            processor.faults = Faults(**call.body)
        case "/-/people":
            processor.people |= set(call.body)
        case "/-/settle":
            processor.settle()  # type: ignore[attr-defined] -- those that work later have it
    return {
        "people": sorted(processor.people),
        "deletions": processor.deletions,
        "calls": processor.calls,
        **getattr(processor, "extra", dict)(),
    }
