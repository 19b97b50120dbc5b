"""A business that speaks the Data Rights Protocol: checks requests in the order of 3.07, works when told to.

Its clock is the newest `issued-at` it has seen, so that tests may move time.
"""

from __future__ import annotations

import base64
import itertools
import json
import sys
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

sys.path.insert(0, str(Path(__file__).parent))
from faulty import Call, Simulated, serve

AGENT, BUSINESS = "UNEXT", "PARTNER"
AGENT_SEED = bytes(range(32))
"""The agent's key, as the service directory would know its public half."""
PATH = "/v1/data-rights-request"


@dataclass
class Drp(Simulated):
    """Requests by number; tokens of pairs."""

    requests: dict[str, dict[str, Any]] = field(default_factory=dict)
    tokens: list[str] = field(default_factory=list)
    clock: str = ""
    taken: list[str] = field(default_factory=list)
    """Everything that was signed, to be looked at by tests."""

    def extra(self) -> dict[str, Any]:
        """Tell what was asked."""
        return {"requests": list(self.requests.values()), "tokens": len(self.tokens), "taken": self.taken}

    def settle(self) -> None:
        """Finish every request."""
        for one in self.requests.values():
            if one["status"] == "in_progress":
                self.delete(one.pop("person"))
                one["status"] = "fulfilled"

    def answer(self, call: Call) -> tuple[int, Any]:
        """Answer."""
        if call.path.startswith("/people/"):
            return (200, {}) if unquote(call.path.removeprefix("/people/")) in self.people else (404, None)
        if call.path == f"/v1/agent/{AGENT}" and call.method == "POST":
            return self._pair(call)
        if call.headers.get("authorization", "") not in {f"Bearer {token}" for token in self.tokens}:
            return 403, None
        if call.path == PATH and call.method == "POST":
            return self._exercise(call)
        one = self.requests.get(call.path.removeprefix(f"{PATH}/"))
        if one is None:
            return 404, {"code": "404", "message": "no such request"}
        if call.method == "DELETE":
            if self._opened(call.body) is None or one["status"] not in {"open", "in_progress"}:
                return 409, {"code": "409", "message": "not any more"}
            one.update(status="revoked", reason=None)
        return 200, _said(one)

    def _pair(self, call: Call) -> tuple[int, Any]:
        body = self._opened(call.body)
        if body is None or not self._is_meant(body):
            return 403, None
        self.tokens.append(f"pair-{len(self.tokens)}")
        return 200, {"agent-id": AGENT, "token": self.tokens[-1]}

    def _exercise(self, call: Call) -> tuple[int, Any]:
        body = self._opened(call.body)
        if body is None or not self._is_meant(body) or body["exercise"] != "deletion":
            return 400, {"code": "400", "message": "not signed by you, or not for us", "fatal": True}
        self.taken.append(call.body)
        known = [one for one in self.requests.values() if one["agent_request_id"] == body["agent-request-id"]]
        if not known:
            number = str(UUID(int=next(itertools.count(len(self.requests) + 1)), version=4))
            known = [{"request_id": number, "agent_request_id": body["agent-request-id"], "person": body["email"]}]
            known[0] |= {"received_at": self.clock, "expected_by": "2027-01-10T00:00:00Z", "reason": None}
            known[0]["status"] = "denied" if self.faults.refuse else "in_progress"
            if self.faults.refuse:
                known[0]["reason"] = "claim_not_covered"
            if self.faults.partial:
                known[0]["reason"] = "need_user_verification"
            self.requests[number] = known[0]
        return 200, _said(known[0])

    def _opened(self, text: str) -> dict[str, Any] | None:
        """Decode, verify, parse: in this order."""
        raw = base64.b64decode(text, validate=True)
        try:
            Ed25519PrivateKey.from_private_bytes(AGENT_SEED).public_key().verify(raw[:64], raw[64:])
        except InvalidSignature:
            return None
        body: dict[str, Any] = json.loads(raw[64:])
        return body

    def _is_meant(self, body: dict[str, Any]) -> bool:
        issued, expires = (datetime.fromisoformat(body[name]) for name in ("issued-at", "expires-at"))
        self.clock = max(self.clock, body["issued-at"])
        fresh = datetime.fromisoformat(self.clock) <= expires <= issued + timedelta(minutes=10)
        return (body["agent-id"], body["business-id"], body["drp.version"]) == (AGENT, BUSINESS, "0.9.4") and fresh


def _said(one: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in one.items() if name != "person" and value is not None}


if __name__ == "__main__":
    serve(Drp())
