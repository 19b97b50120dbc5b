"""What a sender may ask, and the reply. No sockets here: any server can stand in front.

    POST /events    application/cloudevents+json, or application/cloudevents-batch+json

202: all of it is kept, durable before the answer. 400: one event is wrong, nothing of the call was kept, and the
reply says which and why. A person's key stands in the body and never in the address: an address is logged.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from http import HTTPStatus
from typing import Any, TypeAlias

from retention.app import App
from retention.app.envelopes import name_of, read_json, sender_of
from retention.entrance.signatures import caller
from retention.errors import RetentionError, TransientFailure
from retention.model.sender import Sender
from retention.serving import Reply

LARGEST_CALL = 512 * 1024
"""Bytes of a body."""
INTAKE = "http"
_PATH = re.compile(r"(?:/events)?/?")
_ONE, _BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
_RETRY_AFTER = "30"

OpenApp: TypeAlias = Callable[[], AbstractContextManager[App]]
Clock: TypeAlias = Callable[[], datetime]


class Entrance:
    """Takes events; each call opens the workspace, so that the policy of the day holds."""

    def __init__(self, senders: Mapping[str, Sender], open_app: OpenApp, clock: Clock) -> None:
        """Keep them."""
        self._senders = senders
        self._open_app = open_app
        self._clock = clock
        self._one_at_a_time = threading.Lock()

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Return the reply; header names are in lower case."""
        if not _PATH.fullmatch(path):
            return _failed(HTTPStatus.NOT_FOUND, "POST /events, and nothing after it: an address is logged")
        if method != "POST":
            return _failed(HTTPStatus.METHOD_NOT_ALLOWED, "POST", Allow="POST")
        now = self._clock()
        sender = caller(self._senders, headers, body, now)
        if sender is None:
            reason = "no sender has this token, or the signature is wrong or too old"
            return _failed(HTTPStatus.UNAUTHORIZED, reason, **{"WWW-Authenticate": "Bearer"})
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in {_ONE, _BATCH}:
            return _failed(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"{_ONE} or {_BATCH}")
        sent = read_json(body)
        events = [sent] if kind == _ONE else sent
        if not isinstance(events, list):
            return _failed(HTTPStatus.BAD_REQUEST, "a batch is a list of events")
        try:
            return self._taken(sender, events, now)
        except TransientFailure:
            reason = "nothing was kept: send it again"
            return _failed(HTTPStatus.SERVICE_UNAVAILABLE, reason, **{"Retry-After": _RETRY_AFTER})
        except RetentionError:
            return _failed(HTTPStatus.INTERNAL_SERVER_ERROR, "nothing was kept: ask us")

    def _taken(self, sender: Sender, events: Sequence[Any], now: datetime) -> Reply:
        """Take all events of the call, or none."""
        if any((name := name_of(event)) and sender_of(name[0]) not in {"", sender.name} for event in events):
            return _failed(HTTPStatus.FORBIDDEN, f"{sender.name} speaks for sources that end in /{sender.name} only")
        with self._one_at_a_time, self._open_app() as app:
            found = [(place, app.unfit(event, now)) for place, event in enumerate(events)]
            wrong = [{"event": place, "reason": reason.value} for place, reason in found if reason is not None]
            if wrong:
                return _said(HTTPStatus.BAD_REQUEST, {"error": "nothing of the call was kept", "events": wrong})
            bodies = [json.dumps(event, ensure_ascii=False).encode() for event in events]
            taken = app.receive_parcels(bodies, INTAKE, now)
        code = HTTPStatus.CONFLICT if taken.conflicting else HTTPStatus.ACCEPTED
        return _said(code, {"new": taken.new, "known": taken.known, "conflicting": taken.conflicting})


def _failed(code: HTTPStatus, message: str, **headers: str) -> Reply:
    return _said(code, {"error": message}, headers)


def _said(code: HTTPStatus, content: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Reply:
    body = json.dumps(content, ensure_ascii=False).encode()
    return Reply(code, body, "application/json", {"Cache-Control": "no-store", **(headers or {})})
