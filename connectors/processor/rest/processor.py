"""Orders over a processor's own REST interface, as its descriptor says.

An answer is theirs because it came over TLS from the address and for the credentials of the
contract; it is not signed, and evidence says so (`Proof.CHANNEL`). A receipt's digest is taken over
the order's id and the outcome, never over the body: bodies repeat who the person is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NoReturn

import httpx
from pydantic import JsonValue

from connectors.processor.rest import filling
from connectors.processor.rest.descriptor import Asking, Expected, Finding, Probe
from connectors.processor.rest.settings import RestSettings
from connectors.processor.rest.wire import Answered, Wire
from connectors.processor.trust import trusted
from retention.errors import TerminalFailure
from retention.model.answer import (
    Answer,
    AtWork,
    BestEffort,
    ByHand,
    Completed,
    PartlyDone,
    Proof,
    Refused,
    code_of,
    reason_of,
)
from retention.model.copies import Order, Receipt
from retention.ports.connector import Capabilities, SystemKind

_MOST_PAGES = 50
SEVERAL = "several-found"
LOOK = "look-whether-it-arrived"


class RestProcessor:
    """Places orders and reads what became of them."""

    def __init__(self, settings: RestSettings, http: httpx.Client) -> None:
        """Keep settings and connection pool; the network is not touched."""
        self._settings = settings
        self._says = settings.descriptor
        self._wire = Wire(settings, http)

    def submit(self, order: Order, *, now: datetime) -> Receipt:
        """Place the order; a repeat after a lost answer is no second deletion (`repeat`).

        Raises:
            TransientFailure: not reached or busy.
            TerminalFailure: an answer that the descriptor does not know.

        """
        if order.may_have_arrived:
            if self._says.repeat == "ask":
                return receipt(order, ByHand(LOOK), now, proof=Proof.NOBODY)
            if self._says.repeat == "probe" and not self.knows(order, now=now):
                return receipt(order, Completed(), now)
        for key in _keys(order):
            answer, reference = self._delete(self._values(order, key), now)
            if not isinstance(answer, Completed):
                break
        return receipt(order, answer, now, reference)

    def status(self, order: Order, *, now: datetime) -> Receipt:
        """Ask how far the order is, by its number there or by a look-up.

        Raises:
            TransientFailure, TerminalFailure: as `submit`.

        """
        if self._says.poll is not None and order.reference is not None:
            values = {"order": order.order_id, "reference": order.reference, **self._settings.secrets}
            met, _ = self._ask(self._says.poll, values, now)
            return receipt(order, _answer(met), now, order.reference)
        if self._says.probe is None:
            raise self._wire.terminal(f"gave no number for order {order.order_id}", "submit it again")
        answer = AtWork() if self.knows(order, now=now) else Completed()
        return receipt(order, answer, now, order.reference)

    def knows(self, order: Order, *, now: datetime) -> bool:
        """Look whether the processor still knows the person by any of the keys.

        Raises:
            TransientFailure, TerminalFailure: as `submit`.

        """
        probe = self._says.probe
        if probe is None:
            raise self._wire.terminal("has no look-up", "its descriptor has no `probe`")
        return any(self._sees(probe, self._values(order, key), now) for key in _keys(order))

    def callback(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> NoReturn:
        """Refuse: nothing shows that such a call is theirs.

        Raises:
            TerminalFailure: always.

        """
        del headers, body, now
        raise self._wire.terminal("does not call us", "its answers are polled")

    def check(self, *, now: datetime) -> bool:
        """Send the descriptor's harmless call; False if it names none.

        Raises:
            TransientFailure: not reached or busy.
            TerminalFailure: address or credentials are wrong.

        """
        check = self._says.check
        if check is None:
            return False
        answer = self._wire.call(check, self._settings.secrets, now=now)
        if answer.status not in check.expect:
            raise self._wire.terminal(f"answered {answer.status} to a harmless call", "check address and credentials")
        return True

    def _delete(self, values: Mapping[str, str], now: datetime) -> tuple[Answer, str | None]:
        found: str | None = None
        if self._says.find is not None:
            ids = list(self._found(self._says.find, values, now))
            if not ids:
                return Completed(), None  # they hold nothing under this key
            if len(ids) > 1:
                return ByHand(SEVERAL), None  # whom they would erase, a person has to say
            found = ids[0]
        filled = {**values, "found": found} if found is not None else dict(values)
        for call in self._says.delete:
            met, reference = self._ask(call, filled, now)
            if met.outcome != "next":
                return _answer(met), reference
        raise AssertionError("the last call has no outcome `next`; Descriptor has checked it")

    def _ask(self, call: Asking, values: Mapping[str, str], now: datetime) -> tuple[Expected, str | None]:
        answer = self._wire.call(call, values, now=now)
        for expected in call.answers:
            if expected.status == answer.status and filling.matches(answer.body, expected.when, values):
                return expected, self._reference(expected, answer.body)
        raise self._unknown(answer)

    def _reference(self, expected: Expected, body: JsonValue) -> str | None:
        if expected.reference is None:
            return None
        value = filling.at(body, expected.reference)
        if not isinstance(value, str | int) or isinstance(value, bool):
            raise self._wire.terminal(f"gave no number for the order at `{expected.reference}`")
        return str(value)

    def _found(self, find: Finding, values: Mapping[str, str], now: datetime) -> Iterator[str]:
        answer = self._wire.call(find, values, now=now)
        for _ in range(_MOST_PAGES):
            items = filling.at(answer.body, find.items)
            if answer.status != httpx.codes.OK or not isinstance(items, list):
                raise self._unknown(answer)
            yield from (str(value) for item in items if isinstance(value := filling.at(item, find.id), str | int))
            further = filling.at(answer.body, find.next) if find.next else None
            if not isinstance(further, str) or not further:
                return
            answer = self._wire.follow(further, now=now)
        raise self._wire.terminal(f"has more than {_MOST_PAGES} pages for one person")

    def _sees(self, probe: Probe, values: Mapping[str, str], now: datetime) -> bool:
        answer = self._wire.call(probe, values, now=now)
        for seen, what in ((probe.absent, False), (probe.present, True)):
            if any(each.status == answer.status and filling.matches(answer.body, each.when, values) for each in seen):
                return what
        raise self._unknown(answer)

    def _unknown(self, answer: Answered) -> TerminalFailure:
        return self._wire.terminal(
            f"answered {answer.status}, which its descriptor does not know",
            "compare the descriptor with their documentation",
        )

    def _values(self, order: Order, key: str) -> dict[str, str]:
        written = hashlib.sha256(key.encode()).hexdigest() if self._says.form == "sha256" else key
        return {**self._settings.secrets, "key": written, "order": order.order_id}


def receipt(
    order: Order, answer: Answer, now: datetime, reference: str | None = None, *, proof: Proof = Proof.CHANNEL
) -> Receipt:
    """Return a receipt of an answer that nobody signed."""
    told = {"order": order.order_id, "state": code_of(answer), "reason": reason_of(answer)}
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
    return Receipt(order.order_id, answer, now, None, digest, None, proof, reference)


def _answer(met: Expected) -> Answer:
    reason = met.reason or ""
    match met.outcome:
        case "completed":
            return Completed()
        case "partial":
            return PartlyDone(reason)
        case "refused":
            return Refused(reason)
        case "best-effort":
            return BestEffort()
        case "pending" | "next":
            return AtWork()


def _keys(order: Order) -> list[str]:
    keys = [str(key) for values in order.keys.values() for key in values]
    if not keys:
        raise TerminalFailure(f"order {order.order_id}: expected at least one key of the person, found none")
    return keys


class RestSystem:
    """The connector: one processor and its connection pool."""

    def __init__(self, settings: RestSettings) -> None:
        """Open the pool; the network is not touched."""
        self._probes = settings.descriptor.probe is not None
        self._http = httpx.Client(timeout=settings.timeout, follow_redirects=False, verify=trusted())
        self._processor = RestProcessor(settings, self._http)

    @property
    def capabilities(self) -> Capabilities:
        """Return what this processor can do."""
        return Capabilities(kind=SystemKind.PROCESSOR, probes=self._probes, checks=True)

    def processor(self) -> RestProcessor:
        """Return the client."""
        return self._processor

    def close(self) -> None:
        """Close the connections."""
        self._http.close()
