"""What every simulated processor can be told to do wrong, and its server. Standard library only: it starts at once.

A simulator is a process of its own: `serve(Processor())` prints its address and answers until it is ended.
"""

from __future__ import annotations

import json
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit


@dataclass
class Faults:
    """Each is a number of calls that go wrong, or whether they do until told otherwise."""

    spare: int = 0
    """So many calls go right before any goes wrong."""
    errors: int = 0
    """Answered with `status` before anything is done."""
    status: int = 500
    retry_after: str = ""
    lost: int = 0
    """Done, and then the connection is closed without an answer."""
    silent: int = 0
    """Not done, and never answered."""
    hang: int = 0
    """Not done, and the caller is left waiting until it leaves."""
    refuse: bool = False
    partial: bool = False
    keep: bool = False
    """Said to be done, and not done."""
    forge: bool = False
    """Answered with what somebody else would sign."""
    goodbye: str = ""
    """Said to a mail client that takes leave."""


@dataclass
class Call:
    """One request, read."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    target: str
    """Path and query as they came."""
    raw: bytes


@dataclass
class Raw:
    """An answer that is no JSON."""

    headers: dict[str, str]
    content: bytes


@dataclass
class Simulated:
    """A processor: what it knows, what it did, and what it does wrong."""

    protocol: ClassVar[str] = "HTTP/1.0"
    people: set[str] = field(default_factory=set)
    deletions: list[str] = field(default_factory=list)
    """Everyone it deleted, as often as it did."""
    calls: int = 0
    faults: Faults = field(default_factory=Faults)

    def answer(self, call: Call) -> tuple[int, Any]:
        """Return status and JSON body, or `Raw`."""
        raise NotImplementedError

    def is_work(self, call: Call) -> bool:
        """Return whether a lost answer would leave the caller in doubt."""
        return call.method != "GET"

    def delete(self, person: str) -> None:
        """Delete a person, unless it only says so."""
        if not self.faults.keep:
            self.people.discard(person)
        self.deletions.append(person)


def serve(processor: Simulated) -> None:
    """Print the address and answer."""

    class Handler(_Handler):
        protocol_version = processor.protocol
        simulated = processor

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever(0.05)


class _Handler(BaseHTTPRequestHandler):
    """Answers for one processor."""

    wbufsize = 1 << 16  # one packet an answer
    simulated: Simulated

    def _any(self) -> None:
        self.wfile.flush()  # "100 Continue", where it was asked for
        call = self._call()
        if call.path.startswith("/-/"):
            return self._say(200, _told(self.simulated, call))
        self.simulated.calls += 1
        if self._goes_wrong(self.simulated.faults):
            return None
        status, said = self.simulated.answer(call)
        if self.simulated.faults.lost and self.simulated.is_work(call):
            self.simulated.faults.lost -= 1
            return self._hang_up()
        return self._say(status, said)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any  # noqa: N815 -- http.server's names

    def _call(self) -> Call:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = json.loads(raw) if "json" in headers.get("content-type", "") and raw else raw.decode()
        return Call(self.command, parts.path, query, headers, body, self.path, raw)

    def _goes_wrong(self, faults: Faults) -> bool:
        """Whether the call went wrong before anything was done."""
        if faults.spare:
            faults.spare -= 1
            return False
        if faults.errors:
            faults.errors -= 1
            self._say(faults.status, {"error": "busy"}, faults.retry_after)
        elif faults.silent:
            faults.silent -= 1
            self._hang_up()
        elif faults.hang:
            faults.hang -= 1
            self.rfile.read(1)  # comes back when the caller has left
            self._hang_up()
        else:
            return False
        return True

    def _hang_up(self) -> None:
        self.close_connection = True
        with suppress(OSError):  # it may have left
            self.connection.shutdown(socket.SHUT_RDWR)

    def _say(self, status: int, said: Any, retry_after: str = "") -> None:
        if not isinstance(said, Raw):
            said = Raw({"Content-Type": "application/json"}, b"" if said is None else json.dumps(said).encode())
        self.send_response(status)
        if retry_after:
            self.send_header("Retry-After", retry_after)
        for name, value in said.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(said.content)))
        self.end_headers()
        self.wfile.write(said.content)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


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
