"""A partner that collects lists from a bucket: it stands before the store, sees what is put, and answers by a file.

Everything that goes to the store goes through here, so that it can go wrong. The partner's own work (reading the
list, checking it, writing its answer) goes to the store directly. Started with the store's address.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import http.client
import io
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

sys.path.insert(0, str(Path(__file__).parent))
from faulty import Call, Raw, Simulated, serve

SECRET = "a secret of the contract"  # noqa: S105 -- the test's
_THEIRS = {"authorization": "AWS4-HMAC-SHA256 Credential=PARTNER/20261126/us-east-1/s3/aws4_request, Signature=0"}
"""moto asks that somebody signs, and not who."""
_OURS = frozenset({"connection", "transfer-encoding", "keep-alive", "content-length", "date", "server"})


@dataclass
class Drop(Simulated):
    """Orders by number; each is worked once, however often its list is put."""

    protocol: ClassVar[str] = "HTTP/1.1"
    store: ClassVar[str] = ""
    """Host and port."""
    places: dict[str, str] = field(default_factory=dict)
    """Order → path of its manifest."""
    worked: set[str] = field(default_factory=set)
    puts: int = 0
    """How often a manifest arrived."""

    def extra(self) -> dict[str, Any]:
        """Tell what arrived."""
        return {"orders": len(self.places), "puts": self.puts}

    def answer(self, call: Call) -> tuple[int, Any]:
        """Pass on to the store; people are looked up here."""
        if call.path.startswith("/people/"):
            return (200, {}) if unquote(call.path.removeprefix("/people/")) in self.people else (404, None)
        status, raw = self._ask(call.method, call.target, call.raw, call.headers)
        if self.is_work(call) and status == 200:
            self.puts += 1
            self.places[call.body["order"]] = call.path
        return status, raw

    def is_work(self, call: Call) -> bool:
        """Return whether a manifest was put: from then on there is an order."""
        return call.method == "PUT" and call.path.endswith(".json")

    def settle(self) -> None:
        """Work every list that was not worked, and answer; one that was taken away or is not as agreed is left."""
        for order, path in self.places.items():
            told = self._read(path)
            if told is None:
                continue
            manifest = json.loads(told)
            rows = self._read(path.removesuffix("json") + "csv")
            if rows is None or not _is_ours(manifest) or hashlib.sha256(rows).hexdigest() != manifest["list_sha256"]:
                continue
            if order not in self.worked and not self.faults.refuse:
                self._erase({row["value"] for row in csv.DictReader(io.StringIO(rows.decode()))})
                self.worked.add(order)
            self._say(order, path, manifest["list_sha256"])

    def _erase(self, named: set[str]) -> None:
        for person in sorted(self.people):
            if hmac.new(SECRET.encode(), person.encode(), hashlib.sha256).hexdigest() in named:
                self.delete(person)

    def _say(self, order: str, path: str, digest: str) -> None:
        said = {"order": order, "list_sha256": digest, "outcome": "completed"}
        if self.faults.refuse or self.faults.partial:
            said |= {"outcome": "refused" if self.faults.refuse else "partial", "reason": "kept-by-law"}
        said["signature"] = _signed(said, "somebody else's" if self.faults.forge else SECRET)
        self._ask("PUT", f"{path.rsplit('/', 2)[0]}/answers/{order}.json", json.dumps(said).encode(), _THEIRS)

    def _read(self, path: str) -> bytes | None:
        status, found = self._ask("GET", path, b"", _THEIRS)
        return found.content if status == 200 else None

    def _ask(self, method: str, target: str, body: bytes, headers: dict[str, str]) -> tuple[int, Raw]:
        there = http.client.HTTPConnection(self.store, timeout=20)
        passed = {name: value for name, value in headers.items() if name not in {"expect", *_OURS}}
        there.request(method, target, body or None, passed)
        answer = there.getresponse()
        content = answer.read()
        there.close()
        told = {name: value for name, value in answer.getheaders() if name.lower() not in _OURS}
        return answer.status, Raw(told, content)


def _is_ours(manifest: dict[str, Any]) -> bool:
    told = {name: value for name, value in manifest.items() if name != "signature"}
    return hmac.compare_digest(manifest["signature"], _signed(told, SECRET))


def _signed(told: dict[str, Any], secret: str) -> str:
    text = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


if __name__ == "__main__":
    Drop.store = urlsplit(sys.argv[1]).netloc
    serve(Drop())
