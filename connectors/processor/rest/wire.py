"""One HTTP call: credentials, the rate that was agreed, and what an error says about trying again.

No message here shows an address's query, a body or a header: the person's key stands in them.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import httpx
from pydantic import JsonValue

from connectors.processor.rest import filling
from connectors.processor.rest.descriptor import Basic, Bearer, Call, Header, OAuth2
from connectors.processor.rest.settings import RestSettings
from connectors.processor.sending import retry_at
from retention.errors import TerminalFailure, TransientFailure

_BUSY = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})


@dataclass(frozen=True, slots=True)
class Answered:
    """Status and JSON body; None where the body is not JSON."""

    status: int
    body: JsonValue


class Wire:
    """Calls to one processor."""

    def __init__(self, settings: RestSettings, http: httpx.Client) -> None:
        """Keep settings and connection pool; the network is not touched."""
        self._settings = settings
        self._http = http
        self._token: tuple[str, datetime] | None = None
        self._calls: deque[datetime] = deque()

    def call(self, call: Call, values: Mapping[str, str], *, now: datetime) -> Answered:
        """Send one call.

        Raises:
            TransientFailure: not reached, busy, or the agreed rate is used up; `retry_at` says when again.
            TerminalFailure: our credentials are refused, or what came back is no HTTP.

        """
        self._keep_rate(now)
        address = self._settings.url + filling.path_of(call, values)
        body = None if call.body is None else filling.body_of(call.body, values)
        headers = {**filling.headers_of(call, values), **self._credentials(now)}
        query = filling.query_of(call, values) or None
        return self._sent(self._request(call.method, address, params=query, headers=headers, json=body), now)

    def follow(self, address: str, *, now: datetime) -> Answered:
        """Get a further page, if it lies on the processor's own host.

        Raises:
            TransientFailure, TerminalFailure: as `call`.

        """
        here, there = urlsplit(self._settings.url), urlsplit(address)
        if (here.scheme, here.netloc) != (there.scheme, there.netloc):
            raise self.terminal("names a further page on another host")
        self._keep_rate(now)
        return self._sent(self._request("GET", address, headers=self._credentials(now)), now)

    def terminal(self, what: str, hint: str = "") -> TerminalFailure:
        """Return an error that says which processor."""
        return TerminalFailure(f"processor {self._settings.system_id}: {what}", hint=hint)

    def _request(self, method: str, address: str, **parts: Any) -> httpx.Request:  # noqa: ANN401 -- httpx's own
        try:
            return self._http.build_request(method, address, **parts)
        except (httpx.InvalidURL, ValueError) as error:
            raise self.terminal(f"cannot be called like this ({type(error).__name__})") from None

    def _sent(self, request: httpx.Request, now: datetime) -> Answered:
        # `from None`: httpx's errors carry the request, and with it the person's key
        try:
            answer = self._http.send(request)
        except httpx.TransportError as error:
            raise TransientFailure(
                f"processor {self._settings.system_id}: could not be reached ({type(error).__name__})",
                hint="run again later",
            ) from None
        except httpx.RequestError as error:
            raise self.terminal(f"sent what cannot be read ({type(error).__name__})") from None
        if answer.status_code in _BUSY or answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            at = retry_at(answer.headers.get("Retry-After", ""), now)
            hint = f"run again after {at:%Y-%m-%d %H:%M:%S} UTC" if at else "run again later"
            raise TransientFailure(
                f"processor {self._settings.system_id}: answered {answer.status_code}", hint=hint, retry_at=at
            )
        return Answered(answer.status_code, _json(answer.content))

    def _keep_rate(self, now: datetime) -> None:
        rate = self._settings.descriptor.rate
        if rate is None:
            return
        window = timedelta(seconds=rate.seconds)
        while self._calls and self._calls[0] <= now - window:
            self._calls.popleft()
        if len(self._calls) >= rate.calls:
            at = self._calls[0] + window
            raise TransientFailure(
                f"processor {self._settings.system_id}: {rate.calls} calls in {rate.seconds} s are used up",
                hint=f"run again after {at:%Y-%m-%d %H:%M:%S} UTC",
                retry_at=at,
            )
        self._calls.append(now)

    def _credentials(self, now: datetime) -> dict[str, str]:
        secrets = self._settings.secrets
        match self._settings.descriptor.auth:
            case Bearer():
                return {"Authorization": f"Bearer {secrets['token']}"}
            case Basic():
                auth = httpx.BasicAuth(secrets["user"], secrets["password"])
                signed = next(auth.sync_auth_flow(httpx.Request("GET", self._settings.url)))
                return {"Authorization": signed.headers["Authorization"]}
            case Header(name=name):
                return {name: secrets["token"]}
            case OAuth2() as oauth:
                return {"Authorization": f"Bearer {self._oauth(oauth, now)}"}

    def _oauth(self, oauth: OAuth2, now: datetime) -> str:
        """Return a token of the client's own; it is asked for anew a minute before it ends (RFC 6749, 4.4)."""
        if self._token and self._token[1] > now + timedelta(minutes=1):
            return self._token[0]
        address = oauth.token_url if "://" in oauth.token_url else self._settings.url + oauth.token_url
        secrets = self._settings.secrets
        asked = {"grant_type": "client_credentials"} | ({"scope": oauth.scope} if oauth.scope else {})
        try:
            answer = self._http.post(address, data=asked, auth=(secrets["client_id"], secrets["client_secret"]))
        except httpx.TransportError as error:
            raise TransientFailure(
                f"processor {self._settings.system_id}: its token address was not reached ({type(error).__name__})",
                hint="run again later",
            ) from None
        if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise TransientFailure(f"processor {self._settings.system_id}: no token ({answer.status_code})")
        body = _json(answer.content)
        token, lasts = filling.at(body, "access_token"), filling.at(body, "expires_in")
        if answer.status_code != HTTPStatus.OK or not isinstance(token, str):
            raise self.terminal("gave no token", "check client_id and client_secret")
        seconds = lasts if isinstance(lasts, int) else 300
        self._token = (token, now + timedelta(seconds=seconds))
        return token


def _json(content: bytes) -> JsonValue:
    try:
        value: JsonValue = json.loads(content) if content else None
    except ValueError:
        return None
    return value
