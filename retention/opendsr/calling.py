"""Clients are told when something has changed (8.5): one signed POST an address, repeated until it is taken.

An address is called only if it stands in opendsr.yaml for that client, today: a request cannot make us
call anything else, and an address that was struck out is not called any more. Redirects are not followed.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TypeAlias
from urllib.parse import urlsplit

from retention.app import App
from retention.opendsr import saying
from retention.opendsr.office import Office

_SECONDS = 10.0

Post: TypeAlias = Callable[[str, Mapping[str, str], bytes], bool]
"""Address, headers, body → whether it was taken."""


def post(url: str, headers: Mapping[str, str], body: bytes) -> bool:
    """POST once; True for a 2xx answer. Nothing that goes wrong out there is an error of ours."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    connection: HTTPConnection
    if parts.scheme == "https":
        connection = HTTPSConnection(host, port, timeout=_SECONDS, context=ssl.create_default_context())
    else:
        connection = HTTPConnection(host, port, timeout=_SECONDS)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target or "/", body, {**headers, "Content-Type": "application/json"})
        answer = connection.getresponse().status
    except (OSError, HTTPException):
        return False
    else:
        return HTTPStatus.OK <= answer < HTTPStatus.MULTIPLE_CHOICES
    finally:
        connection.close()


def call_clients(app: App, office: Office, now: datetime, send: Post = post) -> tuple[int, int]:
    """Tell clients what they have not been told; return how many calls were taken, and how many were not.

    What was not taken is tried again after a minute, two, four, up to six hours.
    """
    taken, missed = 0, 0
    for call, request, told in app.clients.calls_due(now):
        client, reached = office.clients.get(call.client), False
        if client is not None and call.url in client.callbacks:
            body = json.dumps(saying.callback(office, request, told, call.url), ensure_ascii=False).encode()
            reached = send(call.url, office.seal.headers(body), body)
        app.clients.note_call(call, told.progress, now, reached=reached)
        taken, missed = taken + reached, missed + (not reached)
    return taken, missed
