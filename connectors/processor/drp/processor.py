"""The client of one business.

An answer is theirs because it came over TLS from its address and for the token of the pair; statuses are not
signed, and evidence says so (`Proof.CHANNEL`). A call of theirs is not signed either: it is taken as a hint, and
the status is fetched.

Nobody can ask a business for a request by `agent-request-id`. So if an answer was lost after the request went
out, it is sent again only where the business takes a repeat for the same request (`repeats: known`); elsewhere a
person has to look: never a second deletion by accident.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from urllib.parse import quote

import httpx
from pydantic import ValidationError

from connectors.processor.drp import wire
from connectors.processor.drp.settings import DrpSettings
from connectors.processor.looking import knows
from connectors.processor.sending import send
from connectors.processor.trust import trusted
from retention.errors import TerminalFailure
from retention.model.answer import Answer, ByHand, Proof, Refused, code_of, reason_of
from retention.model.copies import Order, Receipt
from retention.model.ids import OrderId
from retention.ports.connector import Capabilities, SystemKind

LOOK = "look-whether-it-arrived"
_REQUESTS = "/v1/data-rights-request"
_DENIED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


class DrpProcessor:
    """Places requests and reads what became of them."""

    def __init__(self, settings: DrpSettings, http: httpx.Client) -> None:
        """Keep settings and connection pool; the network is not touched."""
        self._settings = settings
        self._http = http
        self._token = settings.token
        self._what = f"processor {settings.system_id}"

    def submit(self, order: Order, *, now: datetime) -> Receipt:
        """Place the request to delete, once.

        Raises:
            TransientFailure: not reached, busy, or the answer was lost.
            TerminalFailure: our settings do not fit the order, or the answer makes no sense.

        """
        if order.reference is not None:
            return self.status(order, now=now)
        if order.may_have_arrived and not self._settings.knows_repeats:
            return _receipt(order.order_id, ByHand(LOOK), now, proof=Proof.NOBODY)
        body = wire.request_of(order, self._settings, now)
        answer = self._call("POST", _REQUESTS, body, now)
        if answer.status_code == HTTPStatus.OK:
            return self._read(answer.content, order, now)
        if _is_fatal(answer.content):
            return _receipt(order.order_id, Refused("other"), now)
        raise self._terminal(f"answered {answer.status_code}", "the request was not taken; ask them why")

    def status(self, order: Order, *, now: datetime) -> Receipt:
        """Ask how far the request is, by the number that the business gave it; without one a person has to look.

        Raises:
            TransientFailure, TerminalFailure: as `submit`.

        """
        if order.reference is None:
            return _receipt(order.order_id, ByHand(LOOK), now, proof=Proof.NOBODY)
        return self._read(self._fetched(order.reference, now), order, now)

    def withdraw(self, order: Order, *, now: datetime) -> Receipt:
        """Revoke the request (2.04); no reason is sent, since it would be the person's own words.

        Raises:
            TransientFailure, TerminalFailure: as `submit`; the business takes no revocation any more.

        """
        if order.reference is None:
            raise self._terminal(f"gave no number for order {order.order_id}", "ask them by mail to stop")
        answer = self._call(
            "DELETE", f"{_REQUESTS}/{quote(order.reference, safe='')}", wire.signed(self._settings.key, {}), now
        )
        if answer.status_code != HTTPStatus.OK:
            raise self._terminal(f"answered {answer.status_code} to a revocation", "ask how far the request is")
        return self._read(answer.content, order, now)

    def callback(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Receipt:
        """Take a call as a hint to look: return the status that the business itself serves.

        Raises:
            TerminalFailure: it names no request of ours.
            TransientFailure: the business could not be asked.

        """
        del headers
        named = wire.read_status(body, f"{self._what}: callback")
        found = wire.read_status(self._fetched(named.request_id, now), self._what)
        if found.request_id != named.request_id or found.agent_request_id is None:
            raise self._terminal("called about a request that is not ours")
        return _receipt_of(OrderId(found.agent_request_id), found, now)

    def knows(self, order: Order, *, now: datetime) -> bool:
        """Look whether the business still knows the person; see `looking.knows`."""
        return knows(self._http, self._settings.look_up, order, what=self._what, now=now)

    def _fetched(self, reference: str, now: datetime) -> bytes:
        answer = self._call("GET", _path(reference), None, now)
        if answer.status_code != HTTPStatus.OK:
            raise self._terminal(f"answered {answer.status_code} to a question for a request", "ask them why")
        return answer.content

    def _read(self, content: bytes, order: Order, now: datetime) -> Receipt:
        status = wire.read_status(content, self._what)
        same = status.agent_request_id in {None, order.order_id}
        if not same or (order.reference is not None and status.request_id != order.reference):
            raise self._terminal(f"answered about another request than order {order.order_id}", "it does not count")
        return _receipt_of(order.order_id, status, now)

    def _call(self, method: str, path: str, body: bytes | None, now: datetime) -> httpx.Response:
        """Call with the pair's token; if the business has forgotten it, ask for another once."""
        had = self._token is not None
        answer = self._send(method, path, body, now, self._pair(now))
        if answer.status_code in _DENIED and had and self._settings.token is None:
            self._token = None
            answer = self._send(method, path, body, now, self._pair(now))
        return answer

    def _pair(self, now: datetime) -> str:
        if self._token is None:
            path = f"/v1/agent/{quote(self._settings.agent_id, safe='')}"
            answer = self._send("POST", path, wire.setup_of(self._settings, now), now, None)
            try:
                if answer.status_code != HTTPStatus.OK:
                    raise self._terminal(
                        f"answered {answer.status_code} to pair-wise setup", "is our key in the service directory?"
                    )
                self._token = wire.Token.model_validate_json(answer.content).token
            except ValidationError:
                raise self._terminal("gave no token", "the business has to mend it") from None
        return self._token

    def _send(self, method: str, path: str, body: bytes | None, now: datetime, token: str | None) -> httpx.Response:
        headers = {"Accept": "application/json"} | ({"Content-Type": "text/plain"} if body is not None else {})
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return send(self._http, method, self._settings.url + path, body, headers, what=self._what, now=now)

    def _terminal(self, what: str, hint: str = "") -> TerminalFailure:
        return TerminalFailure(f"{self._what}: {what}", hint=hint)


class DrpSystem:
    """The connector: one business and its connection pool."""

    def __init__(self, settings: DrpSettings) -> None:
        """Open the pool; the network is not touched."""
        self._probes = settings.look_up is not None
        self._http = httpx.Client(timeout=settings.timeout, follow_redirects=False, verify=trusted())
        self._processor = DrpProcessor(settings, self._http)

    @property
    def capabilities(self) -> Capabilities:
        """Return what a business can do: take requests, and be asked where a look-up is named."""
        return Capabilities(kind=SystemKind.PROCESSOR, probes=self._probes)

    def processor(self) -> DrpProcessor:
        """Return the client."""
        return self._processor

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


def _path(reference: str) -> str:
    return f"{_REQUESTS}/{quote(reference, safe='')}"


def _is_fatal(content: bytes) -> bool:
    try:
        return wire.Failure.model_validate_json(content).fatal
    except ValidationError:
        return False


def _receipt_of(order_id: OrderId, status: wire.Status, now: datetime) -> Receipt:
    return _receipt(order_id, wire.answer_of(status), now, status.request_id, status.expected_by)


def _receipt(
    order_id: OrderId,
    answer: Answer,
    now: datetime,
    reference: str | None = None,
    expected: datetime | None = None,
    *,
    proof: Proof = Proof.CHANNEL,
) -> Receipt:
    """Return a receipt; its digest is of order and outcome, for bodies may repeat who the person is."""
    told = {"order": order_id, "state": code_of(answer), "reason": reason_of(answer)}
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
    return Receipt(order_id, answer, now, expected, digest, None, proof, reference)
