"""A client asks us as its processor to erase someone: an instruction like any other, that came over a wire.

Nothing is decided here. The request becomes a case on the client's instruction, scoped to the client's
rows, and goes the road: a person accepts, a plan is approved, carried out, verified. The client is told
"completed" when the case is sealed: everything verified, every processor behind us done.

A request is opened in steps, each safe to repeat: its number and content, the instruction, the case. Who
sends it again after we died finishes it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from retention.app.context import Context
from retention.app.inbox import record_event
from retention.app.instructions import RECEIVED
from retention.app.records import new_id
from retention.app.requests import deny, open_instructed
from retention.clocks import WITHDRAWN
from retention.errors import StateError, UnknownNameError
from retention.model.case import Case, CaseState
from retention.model.client import Asking, Call, Client, ClientRequest, Format, Identity, Progress, Told
from retention.model.event import Event
from retention.model.horizons import latest
from retention.model.ids import CaseId
from retention.model.subject import SubjectKey
from retention.planning.clientele import known_by_digest
from retention.planning.keysets import KeySets
from retention.requests import due_at

_FIRST_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=6)
_UNKNOWN = "subject-unknown"
_WITHDRAWN = "withdrawn"


class Clients:
    """What clients may do, over one workspace."""

    def __init__(self, context: Context) -> None:
        """Keep the context."""
        self._context = context

    def take(self, client: Client, asking: Asking, now: datetime) -> ClientRequest:
        """See `take`."""
        return take(self._context, client, asking, now)

    def find(self, client: Client, request_id: str) -> tuple[ClientRequest, Told]:
        """Return a client's own request and how far it is; see `find`."""
        request = find(self._context, client, request_id)
        return request, told(self._context, request)

    def all(self) -> tuple[tuple[ClientRequest, Told], ...]:
        """Return every request that a client made and how far it is, oldest first."""
        known = (request for request in self._context.ledger.clients.all() if request.is_open)
        return tuple((request, told(self._context, request)) for request in known)

    def withdraw(self, client: Client, request_id: str, now: datetime) -> ClientRequest:
        """See `withdraw`."""
        return withdraw(self._context, client, request_id, now)

    def calls_due(self, now: datetime) -> tuple[tuple[Call, ClientRequest, Told], ...]:
        """See `calls_due`."""
        return tuple(calls_due(self._context, now))

    def note_call(self, call: Call, progress: Progress, now: datetime, *, reached: bool) -> Call:
        """See `note_call`."""
        return note_call(self._context, call, progress, now, reached=reached)


def take(context: Context, client: Client, asking: Asking, now: datetime) -> ClientRequest:
    """Open a case for the request, or return what became of it: the same number is one request.

    An identity that came as a digest is looked for among the people of the client's rows; if nobody is
    meant, the request is refused as `subject-unknown`, with evidence.

    Raises:
        StateError: the number stands for another request of this client.
        RefusedError: the client's contract has not begun, or is over.
        TransientFailure: a store could not be asked; nothing was taken that another attempt would not finish.

    """
    digest = hmac.new(context.keys.create("lookup"), asking.content, hashlib.sha256).hexdigest()
    known = context.ledger.clients.find(client.name, asking.request_id)
    if known is None:
        due = due_at(now, context.policy.requests, context.zone)
        known = context.ledger.clients.take(
            ClientRequest(
                client=client.name,
                request_id=asking.request_id,
                case_id=CaseId(new_id("C", now)),
                digest=digest,
                api_version=asking.api_version,
                submitted_at=asking.submitted_at,
                received_at=now,
                due_at=due,
                callbacks=asking.callbacks,
            )
        )
    if not hmac.compare_digest(known.digest, digest):
        raise StateError(
            f"request {asking.request_id} is known with another content", hint="give each request a number of its own"
        )
    if not known.is_open:
        _open(context, client, asking.identities, known)
        context.ledger.clients.opened(known.client, known.request_id)
    return replace(known, is_open=True)


def _open(context: Context, client: Client, identities: tuple[Identity, ...], request: ClientRequest) -> None:
    if (known := _case(context, request.case_id)) is not None and known.state is not CaseState.OPEN:
        return
    at = request.received_at
    found = {key for one in identities for key in _keys(context, client, one, at)}
    keys = sorted(found, key=lambda key: (key.name, str(key.value)))
    instruction = instruction_id(request)
    record_event(context, client.tenant, RECEIVED, event_id=instruction, occurred_at=at, now=at)
    first, *also = keys or [SubjectKey(one.key_name, one.value) for one in identities]
    open_instructed(context, first, client.tenant, instruction, at, also=also, case_id=request.case_id)
    if not keys:
        deny(context, request.case_id, _UNKNOWN, at)


def instruction_id(request: ClientRequest) -> str:
    """Return the id under which the request stands in the inbox as the client's instruction."""
    return f"opendsr:{request.client}:{request.request_id}"


def _keys(context: Context, client: Client, one: Identity, now: datetime) -> Iterator[SubjectKey]:
    match one.format:
        case Format.RAW:
            yield SubjectKey(one.key_name, one.value)
        case Format.SHA256:
            # commitments to key sets are thrown away with the look-up: any salt will do
            keysets, world = KeySets(b""), context.world(context.datamap, now)
            for key in known_by_digest(world, client.tenant, one.key_name, one.value, keysets):
                yield SubjectKey(key.name, str(key.value))
        case _:
            assert_never(one.format)


def find(context: Context, client: Client, request_id: str) -> ClientRequest:
    """Return the client's own request.

    Raises:
        UnknownNameError: the client has made no such request, or it was interrupted: sent again, it is finished.

    """
    request = context.ledger.clients.find(client.name, request_id)
    if request is None or not request.is_open:
        raise UnknownNameError("no such request of this client", hint="submit it (again)")
    return request


def told(context: Context, request: ClientRequest) -> Told:
    """Return how far the request is."""
    case = context.ledger.cases.get(request.case_id)
    left = [h.until for h in context.ledger.copies.horizons(case.case_id) if h.gone_at is None]
    return Told(
        progress=_progress(case.state),
        due_at=request.due_at,
        case_id=case.case_id,
        reason=denial_reason(context, case.case_id) if case.state is CaseState.DENIED else None,
        is_partial=case.state is CaseState.PARTIAL,
        copies_remain=bool(left),
        copies_until=latest(left) if left else None,
    )


def _progress(state: CaseState) -> Progress:
    match state:
        case CaseState.OPEN | CaseState.PLANNED:
            return Progress.PENDING
        case (
            CaseState.APPROVED
            | CaseState.APPLYING
            | CaseState.PARTIAL
            | CaseState.APPLIED
            | CaseState.VERIFIED
            | CaseState.REJECTED
            | CaseState.RETURNED
        ):
            return Progress.IN_PROGRESS
        case CaseState.SEALED | CaseState.CLOSED:
            return Progress.COMPLETED
        case CaseState.DENIED:
            return Progress.CANCELLED
        case _:
            assert_never(state)


def withdraw(context: Context, client: Client, request_id: str, now: datetime) -> ClientRequest:
    """Take the request back while nothing was touched; again, it stays withdrawn.

    Raises:
        UnknownNameError: the client has made no such request.
        StateError: it is approved, under way or at its end.

    """
    request = find(context, client, request_id)
    so_far = told(context, request)
    if so_far.reason != _WITHDRAWN:
        if so_far.progress is not Progress.PENDING:
            raise StateError(
                f"request {request_id} is {so_far.progress.value}; only a pending one can be cancelled",
                hint="ask for its status",
            )
        deny(context, request.case_id, _WITHDRAWN, now)
    _withdraw_instruction(context, client, instruction_id(request), now)
    return request


def _withdraw_instruction(context: Context, client: Client, instruction: str, now: datetime) -> None:
    """No case may rest on the instruction from now on."""
    digest = context.lookup_digest(client.tenant)
    undone = Event(f"{instruction}:withdrawn", WITHDRAWN, client.tenant.name, digest, now, now, instruction)
    context.ledger.events.record([undone])


def calls_due(context: Context, now: datetime) -> Iterator[tuple[Call, ClientRequest, Told]]:
    """Yield the calls to be made: to whom, about which request, and what he has not been told yet."""
    for call in context.ledger.clients.calls(now):
        request = context.ledger.clients.find(call.client, call.request_id)
        if request is not None and request.is_open:
            news = told(context, request)
            if news.progress is not call.told:
                yield call, request, news


def note_call(context: Context, call: Call, progress: Progress, now: datetime, *, reached: bool) -> Call:
    """Keep that the address was told, or that it was not and when it is tried again: later each time."""
    if reached:
        noted = replace(call, told=progress, failures=0, next_at=now)
    else:
        wait = min(_FIRST_WAIT * 2 ** min(call.failures, 16), _LONGEST_WAIT)
        noted = replace(call, failures=call.failures + 1, next_at=now + wait)
    context.ledger.clients.put_call(noted)
    return noted


def _case(context: Context, case_id: CaseId) -> Case | None:
    try:
        return context.ledger.cases.get(case_id)
    except UnknownNameError:
        return None


def denial_reason(context: Context, case_id: CaseId) -> str | None:
    """Return the code of the denial from its statement in the log."""
    for entry in reversed(context.ledger.log.of_case(case_id)):
        predicate = json.loads(base64.b64decode(json.loads(entry.envelope)["payload"]))["predicate"]
        if predicate["kind"] == "denial":
            return str(predicate["reason"])
    return None
