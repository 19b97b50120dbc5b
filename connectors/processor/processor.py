"""The client of one OpenDSR processor.

What counts: an answer signed with the pinned key, in the processor's name, to us, about this
order. Everything else is an error, and the order stays as open as it was.

Least data: the processor is asked whether it knows the order before a person's identity is
sent, and whether it takes that kind of identity. A receipt's digest is taken over the signed
*status* answer: the receipt of the request itself repeats the person's identity, and a digest
of that, in an evidence log that anybody may read, could be undone by trying all customers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlsplit
from uuid import UUID

import httpx

from connectors.processor import opendsr
from connectors.processor.capabilities import CAPABILITIES
from connectors.processor.looking import knows
from connectors.processor.sending import send
from connectors.processor.settings import ProcessorSettings
from connectors.processor.signature import Certificate, check_chain, read_certificate, verify
from connectors.processor.trust import trusted
from retention.errors import SignatureFailure, TerminalFailure
from retention.model.copies import Order, Receipt
from retention.model.ids import OrderId
from retention.ports.connector import Capabilities

_UNKNOWN = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND})
"""The specification answers every error with 400; many processors answer 404 for an unknown order."""
_DUPLICATE = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT})
_ACCEPTED = frozenset({HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.ACCEPTED})
_UUID_VERSION = 4


class OpenDsrProcessor:
    """Places orders and reads what became of them."""

    def __init__(self, settings: ProcessorSettings, http: httpx.Client) -> None:
        """Keep settings and connection pool; the network is not touched."""
        self._settings = settings
        self._http = http
        self._certificate: Certificate | None = settings.certificate
        self._discovery: opendsr.Discovery | None = None

    def submit(self, order: Order, *, now: datetime) -> Receipt:
        """Place the order, unless the processor has it already; return its signed status.

        Raises:
            TransientFailure: not reached, busy, or the answer was lost; call again, it stays one order.
            TerminalFailure: refused, not understood, or our settings do not fit the order.
            SignatureFailure: an answer is not the processor's.

        """
        _check_order(order)
        known = self._look(order.order_id, now)
        if known is not None:
            return known
        self._check_support(order, now)
        body = opendsr.request_body(order, self._settings)
        answer = self._call("POST", "/requests", now, body)
        if answer.status_code in _DUPLICATE:
            known = self._look(order.order_id, now)
            if known is not None:
                return known
        self._refuse_unless(answer, _ACCEPTED)
        self._check_accepted(order, body, answer, now)
        return self.status(order, now=now)

    def status(self, order: Order, *, now: datetime) -> Receipt:
        """Ask how far the order is.

        Raises:
            TransientFailure: not reached or busy.
            TerminalFailure: the processor does not know the order, or its answer makes no sense.
            SignatureFailure: the answer is not the processor's.

        """
        receipt = self._look(order.order_id, now)
        if receipt is None:
            raise self._terminal(f"does not know order {order.order_id}", hint="submit it again")
        return receipt

    def withdraw(self, order: Order, *, now: datetime) -> Receipt:
        """Cancel the order, which the processor does while it is pending (9); return its signed status.

        Raises:
            TransientFailure: not reached or busy.
            TerminalFailure: it is under way or at its end, or the processor does not know it.
            SignatureFailure: an answer is not the processor's.

        """
        _check_uuid(order.order_id, "order")
        answer = self._call("DELETE", f"/requests/{order.order_id}", now)
        self._refuse_unless(answer, _ACCEPTED)
        self._check_signature(answer.headers, answer.content, now)
        cancelled = opendsr.read(opendsr.Cancelled, answer.content, what=self._what("cancellation"))
        self._check_addressee(cancelled.controller_id)
        self._check_same_order(order.order_id, cancelled.subject_request_id)
        return self.status(order, now=now)

    def callback(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Receipt:
        """Check a call that the processor made to us; its body is read only after its signature (8.8).

        Raises:
            SignatureFailure: it is not the processor's; answer 403.
            TerminalFailure: it is signed and not meant for us, or makes no sense.
            TransientFailure: the pinned certificate had to be fetched and could not be.

        """
        certificate = self._check_signature(headers, body, now)
        called = opendsr.read(opendsr.Callback, body, what=self._what("callback"))
        if called.status_callback_url != self._settings.callback_url:
            raise self._terminal("made a call meant for another address", hint="compare callback_url with theirs")
        self._check_addressee(called.controller_id)
        _check_uuid(called.subject_request_id, self._what("callback"))
        return self._receipt(called, body, certificate, now)

    def knows(self, order: Order, *, now: datetime) -> bool:
        """Look whether the processor still knows the person; see `looking.knows`."""
        what = f"processor {self._settings.system_id}"
        return knows(self._http, self._settings.look_up, order, what=what, now=now)

    def _look(self, order_id: OrderId, now: datetime) -> Receipt | None:
        answer = self._call("GET", f"/requests/{order_id}", now)
        if answer.status_code in _UNKNOWN:
            return None
        self._refuse_unless(answer, frozenset({HTTPStatus.OK}))
        certificate = self._check_signature(answer.headers, answer.content, now)
        status = opendsr.read(opendsr.Status, answer.content, what=self._what("status answer"))
        self._check_addressee(status.controller_id)
        self._check_same_order(order_id, status.subject_request_id)
        return self._receipt(status, answer.content, certificate, now)

    def _check_accepted(self, order: Order, body: bytes, answer: httpx.Response, now: datetime) -> None:
        self._check_signature(answer.headers, answer.content, now)
        accepted = opendsr.read(opendsr.Accepted, answer.content, what=self._what("receipt"))
        self._check_addressee(accepted.controller_id)
        self._check_same_order(order.order_id, accepted.subject_request_id)
        if not accepted.repeats(body):
            raise self._terminal(
                f"signed a receipt for something else than what order {order.order_id} said",
                hint="ask them what they took in before anything is sent again",
            )

    def _check_support(self, order: Order, now: datetime) -> None:
        discovery = self._discover(now)
        if "erasure" not in discovery.supported_subject_request_types:
            raise self._terminal("does not take requests to erase", hint="agree on another way with them")
        supported = {(each.identity_type, each.identity_format) for each in discovery.supported_identities}
        for name in sorted(order.keys):
            kind = opendsr.kind_of(self._settings, name)
            if (kind.identity_type, kind.identity_format) not in supported:
                raise self._terminal(
                    f"does not know people by {kind.identity_type} ({kind.identity_format}); nothing was sent",
                    hint=f"change systems.{self._settings.system_id}.identities",
                )

    def _discover(self, now: datetime) -> opendsr.Discovery:
        if self._discovery is None:
            answer = self._call("GET", "/discovery", now)
            self._refuse_unless(answer, frozenset({HTTPStatus.OK}))
            found = opendsr.read(opendsr.Discovery, answer.content, what=self._what("discovery"))
            if found.api_version.partition(".")[0] != self._settings.api_version.partition(".")[0]:
                raise self._terminal(
                    f"speaks another version than {self._settings.api_version} below this address",
                    hint=f"change systems.{self._settings.system_id}.url or api_version",
                )
            self._discovery = found
        return self._discovery

    def _trusted(self, now: datetime) -> Certificate:
        if self._certificate is None:
            self._certificate = self._fetch_certificate(now)
        return self._certificate

    def _fetch_certificate(self, now: datetime) -> Certificate:
        address = self._discover(now).processor_certificate
        base, there = urlsplit(self._settings.url), urlsplit(address)
        if (there.scheme, there.netloc) != (base.scheme, base.netloc):
            raise SignatureFailure(self._what("discovery names a certificate on another host"))
        answer = self._send("GET", address, None, now)
        self._refuse_unless(answer, frozenset({HTTPStatus.OK}))
        try:
            certificate = read_certificate(answer.content)
        except ValueError:
            raise SignatureFailure(self._what("what discovery calls a certificate is none we can use")) from None
        pin, authority = self._settings.fingerprint, self._settings.authority
        if pin is not None and certificate.fingerprint != pin:
            raise SignatureFailure(
                self._what("the certificate that discovery serves is not the pinned one"),
                hint="ask the processor by a road you trust, then pin the new fingerprint",
            )
        if authority is not None:
            check_chain(answer.content, authority, self._settings.domain, now=now)
        return certificate

    def _check_signature(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Certificate:
        lowered = {name.lower(): value for name, value in headers.items()}
        signature = lowered.get(opendsr.SIGNATURE_HEADER.lower())
        if signature is not None and lowered.get(opendsr.DOMAIN_HEADER.lower()) != self._settings.domain:
            raise SignatureFailure(self._what(f"expected an answer in the name of {self._settings.domain}"))
        certificate = self._trusted(now)
        if self._settings.domain not in certificate.names:
            raise SignatureFailure(self._what(f"its certificate is not for {self._settings.domain}"))
        verify(certificate, signature, body, now=now)
        return certificate

    def _check_addressee(self, controller_id: str) -> None:
        if controller_id != self._settings.controller_id:
            raise self._terminal("answered to another controller", hint="compare controller_id with theirs")

    def _check_same_order(self, order_id: OrderId, answered: str) -> None:
        if answered != order_id:
            raise self._terminal(f"answered about another order than {order_id}", hint="the answer does not count")

    def _receipt(self, status: opendsr.Status, body: bytes, certificate: Certificate, now: datetime) -> Receipt:
        return Receipt(
            order_id=OrderId(status.subject_request_id),
            answer=opendsr.answer_of(status, self._settings.domain),
            received_at=now,
            expected_completion_at=status.expected_completion_time,
            body_digest=hashlib.sha256(body).hexdigest(),
            key_id=certificate.fingerprint,
        )

    def _call(self, method: str, path: str, now: datetime, body: bytes | None = None) -> httpx.Response:
        return self._send(method, self._settings.url + path, body, now)

    def _send(self, method: str, url: str, body: bytes | None, now: datetime) -> httpx.Response:
        headers = {"Accept": "application/json"} | ({"Content-Type": "application/json"} if body else {})
        if self._settings.token:
            headers["Authorization"] = f"Bearer {self._settings.token}"
        return send(self._http, method, url, body, headers, what=self._what("").rstrip(": "), now=now)

    def _refuse_unless(self, answer: httpx.Response, expected: frozenset[HTTPStatus]) -> None:
        if answer.status_code not in expected:
            raise self._terminal(f"answered {answer.status_code}", hint="the request was not taken; ask them why")

    def _terminal(self, what: str, *, hint: str = "") -> TerminalFailure:
        return TerminalFailure(self._what(what), hint=hint)

    def _what(self, what: str) -> str:
        return f"processor {self._settings.system_id}: {what}"


class OpenDsrSystem:
    """The connector: one processor and its connection pool."""

    def __init__(self, settings: ProcessorSettings) -> None:
        """Open the pool; the network is not touched."""
        self._probes = settings.look_up is not None
        self._http = httpx.Client(timeout=settings.timeout, follow_redirects=False, verify=trusted())
        self._processor = OpenDsrProcessor(settings, self._http)

    @property
    def capabilities(self) -> Capabilities:
        """Return what a processor can do: take orders, and be asked where a look-up is named."""
        return replace(CAPABILITIES, probes=self._probes)

    def processor(self) -> OpenDsrProcessor:
        """Return the client."""
        return self._processor

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


def _check_order(order: Order) -> None:
    _check_uuid(order.order_id, "order")
    if not any(order.keys.values()):
        raise TerminalFailure(f"order {order.order_id}: expected at least one key of the person, found none")


def _check_uuid(text: str, what: str) -> None:
    try:
        right = str(UUID(text)) == text and UUID(text).version == _UUID_VERSION
    except ValueError:
        right = False
    if not right:
        raise TerminalFailure(
            f"{what}: expected a lower-case UUID of version 4 as its id (OpenDSR 2.0, section 1.1)",
            hint="derive ids with uuid.UUID(bytes=digest[:16], version=4)",
        )
