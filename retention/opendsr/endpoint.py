"""What a client may ask, and the signed reply. No sockets here: any server can stand in front.

    GET    /discovery, /certificate.pem     anybody
    POST   /requests                        a client, with its bearer token
    GET    /requests/{id}                   the client whose request it is
    DELETE /requests/{id}                   the same, while it is pending

In front may stand `/opendsr`, and `/v2` or `/v3`. The specification answers every error with 400 (7.5); where
HTTP has a clearer word (401, 404, 409, 503) it is used, with the specification's error body. A client sees
its own requests and learns of no other's.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from http import HTTPStatus
from typing import TypeAlias

from retention.app import App
from retention.errors import (
    InputError,
    RefusedError,
    RetentionError,
    StateError,
    TransientFailure,
    UnknownNameError,
)
from retention.model.client import Client
from retention.opendsr import saying
from retention.opendsr.office import Office
from retention.opendsr.reading import read_request
from retention.serving import Reply

LARGEST_REQUEST = 65_536
"""Bytes of a body."""
_PATH = re.compile(
    r"(?:/opendsr)?(?:/v(?P<major>[23]))?/"
    r"(?P<what>discovery|certificate\.pem|requests)(?:/(?P<id>[0-9a-f-]{36}))?/?(?:\?.*)?"
)
_LATEST = "3.0"
_RETRY_AFTER = "60"

OpenApp: TypeAlias = Callable[[], AbstractContextManager[App]]
Clock: TypeAlias = Callable[[], datetime]


class Endpoint:
    """Answers clients; each call opens the workspace, so that the policy of the day holds."""

    def __init__(self, office: Office, open_app: OpenApp, clock: Clock) -> None:
        """Keep them."""
        self._office = office
        self._open_app = open_app
        self._clock = clock
        self._one_at_a_time = threading.Lock()

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Return the signed reply; header names are in lower case."""
        try:
            return self._answered(method, path, headers, body)
        except RetentionError as error:
            return self._refused(error)

    def _answered(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        asked = _PATH.fullmatch(path)
        if asked is None:
            return self._failed(HTTPStatus.NOT_FOUND, "no such address")
        version = None if asked["major"] is None else f"{asked['major']}.0"
        match (method, asked["what"], asked["id"]):
            case ("GET", "certificate.pem", None):
                return Reply(HTTPStatus.OK, self._office.seal.certificate, "application/x-pem-file")
            case ("GET", "discovery", None):
                return self._said(HTTPStatus.OK, saying.discovery(self._office, version or _LATEST))
        client = self._office.client_of(headers.get("authorization", ""))
        if client is None:
            return self._failed(HTTPStatus.UNAUTHORIZED, "no client has this token")
        match (method, asked["what"], asked["id"]):
            case ("POST", "requests", None):
                return self._post(client, version, body)
            case ("GET", "requests", str(number)):
                return self._get(client, number)
            case ("DELETE", "requests", str(number)):
                return self._delete(client, number)
        return self._failed(HTTPStatus.METHOD_NOT_ALLOWED, "not asked that way")

    def _post(self, client: Client, version: str | None, body: bytes) -> Reply:
        now = self._clock()
        asking = read_request(body, version, client, self._office.seal.domain, now)
        with self._one_at_a_time, self._open_app() as app:
            request = app.clients.take(client, asking, now)
        return self._said(HTTPStatus.CREATED, saying.receipt(request, body))

    def _get(self, client: Client, number: str) -> Reply:
        with self._one_at_a_time, self._open_app() as app:
            request, told = app.clients.find(client, number)
        return self._said(HTTPStatus.OK, saying.status(self._office, request, told))

    def _delete(self, client: Client, number: str) -> Reply:
        now = self._clock()
        with self._one_at_a_time, self._open_app() as app:
            request = app.clients.withdraw(client, number, now)
        return self._said(HTTPStatus.ACCEPTED, saying.cancellation(request, now))

    def _refused(self, error: RetentionError) -> Reply:
        match error:
            case UnknownNameError():
                return self._said(HTTPStatus.NOT_FOUND, saying.error(HTTPStatus.NOT_FOUND, error))
            case InputError():
                return self._said(HTTPStatus.BAD_REQUEST, saying.error(HTTPStatus.BAD_REQUEST, error))
            case StateError() | RefusedError():
                return self._said(HTTPStatus.CONFLICT, saying.error(HTTPStatus.CONFLICT, error))
            case TransientFailure():
                code = HTTPStatus.SERVICE_UNAVAILABLE
                return self._said(code, saying.error(code, error), {"Retry-After": _RETRY_AFTER})
            case _:
                code = HTTPStatus.INTERNAL_SERVER_ERROR
                return self._failed(code, "we could not do it; nothing of it is lost, ask us")

    def _failed(self, code: HTTPStatus, message: str) -> Reply:
        return self._said(code, {"error": {"code": code.value, "message": message, "errors": []}})

    def _said(self, code: HTTPStatus, content: saying.Json, headers: Mapping[str, str] | None = None) -> Reply:
        body = json.dumps(content, ensure_ascii=False).encode()
        sealed = self._office.seal.headers(body) | {"Cache-Control": "no-store"}
        return Reply(code, body, "application/json", {**sealed, **(headers or {})})
