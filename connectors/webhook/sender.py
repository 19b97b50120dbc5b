"""One signed POST to the desk's address.

Headers `webhook-id`, `webhook-timestamp` and `webhook-signature: v1,…`, where v1 is the HMAC-SHA-256 (base64) under the
secret of `ID.TIMESTAMP.BODY` (Standard Webhooks 1.0.0). An alert sent again has the same id. A redirect is an error:
whoever could answer one could have the next alert signed for him.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import ssl
from datetime import UTC, datetime

from connectors.webhook.settings import WebhookSettings
from retention.errors import TerminalFailure, TransientFailure
from retention.model.alert import Alert

_TAKEN = range(200, 300)
_LATER = frozenset({408, 425, 429})
_SERVERS_FAULT = range(500, 600)


class WebhookAlerter:
    """Tells the desk by one address; each alert has a connection of its own."""

    def __init__(self, settings: WebhookSettings) -> None:
        """Keep the settings; the network is not touched."""
        self._settings = settings

    def alert(self, alert: Alert, *, now: datetime) -> None:
        """Send it.

        Raises:
            TransientFailure: the server was not reached, is slow or busy.
            TerminalFailure: it refuses, redirects, or offers no TLS that can be trusted.

        """
        body = body_of(alert, now)
        who = f"alerts.{self._settings.name}"
        try:
            status = self._post(body, {"Content-Type": "application/json", **signed(alert, body, self._secret, now)})
        except ssl.SSLCertVerificationError:
            raise TerminalFailure(f"{who}: the server shows no certificate that can be trusted") from None
        except (OSError, http.client.HTTPException) as error:
            raise TransientFailure(
                f"{who}: the server was not reached ({type(error).__name__})", hint="it is told again later"
            ) from None
        if status in _LATER or status in _SERVERS_FAULT:
            raise TransientFailure(f"{who}: the server answered {status}", hint="it is told again later")
        if status not in _TAKEN:
            raise TerminalFailure(f"{who}: the server answered {status}", hint="see its address and secret")

    @property
    def _secret(self) -> bytes:
        return self._settings.secret

    def _post(self, body: bytes, headers: dict[str, str]) -> int:
        url, timeout = self._settings.url, self._settings.timeout
        host = url.hostname or ""
        if url.scheme == "https":
            safe = ssl.create_default_context()
            server: http.client.HTTPConnection = http.client.HTTPSConnection(
                host, url.port, timeout=timeout, context=safe
            )
        else:
            server = http.client.HTTPConnection(host, url.port, timeout=timeout)
        try:
            server.request("POST", (url.path or "/") + (f"?{url.query}" if url.query else ""), body, headers)
            return server.getresponse().status
        finally:
            server.close()


def body_of(alert: Alert, now: datetime) -> bytes:
    """Return what is sent: ids, codes and days."""
    told = {
        "type": f"request.{alert.warned.value}",
        "timestamp": now.astimezone(UTC).isoformat(timespec="seconds"),
        "data": {
            "case": alert.case_id,
            "law": alert.regime,
            "warned": alert.warned.value,
            "told_from": alert.told_from.isoformat(),
        },
    }
    return json.dumps(told, sort_keys=True).encode()


def signed(alert: Alert, body: bytes, secret: bytes, now: datetime) -> dict[str, str]:
    """Return the headers that say which alert it is and that it is ours."""
    at = str(int(now.timestamp()))
    content = b".".join((alert.alert_id.encode(), at.encode(), body))
    signature = base64.b64encode(hmac.new(secret, content, hashlib.sha256).digest()).decode()
    return {"webhook-id": alert.alert_id, "webhook-timestamp": at, "webhook-signature": f"v1,{signature}"}
