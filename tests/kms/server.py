"""A KMS for tests: moto's real server over HTTP, behind a small strict proxy of ours.

moto goes on encrypting and decrypting with keys that are disabled or pending deletion, and never
deletes one. The proxy does what KMS documents: such keys answer KMSInvalidStateException or
DisabledException, and a key whose deletion date has passed (by the test's clock) answers
NotFoundException. It also injects faults: cut a request before or after it took effect, throttle, refuse.

Loaded by path, since tests are no package.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import logging
import socket
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

ACCESS_KEY, SECRET_KEY, REGION = "AKIDEXAMPLE", "not-a-real-secret", "ap-northeast-1"
_USES = frozenset({"Encrypt", "Decrypt", "ReEncrypt", "GenerateDataKey"})
_KEY_ID = 36
"""moto's ciphertext begins with the id of its key."""


@dataclass
class Faults:
    """What is to go wrong; nothing by default."""

    dead_after: int | None = None
    """From this call (by number) on nothing arrives any more: the process was killed before it."""
    lost: int | None = None
    """Number of the call that takes effect while its answer is lost."""
    throttled: bool = False
    denied: bool = False
    calls: list[str] = field(default_factory=list)


class KmsServer:
    """moto behind the proxy; `endpoint` is the proxy, `direct` a client on moto itself."""

    def __init__(self) -> None:
        """Start both on free ports."""
        logging.getLogger("werkzeug").setLevel(logging.ERROR)  # moto's own access log
        self._moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._moto.start()
        host, port = self._moto.get_host_and_port()
        self.faults = Faults()
        self.ahead = timedelta(0)
        """How far the test's clock is ahead of the machine's."""
        self._proxy = _Proxy(self, (host, port))
        threading.Thread(target=self._proxy.serve_forever, args=(0.05,), daemon=True).start()
        self.endpoint = f"http://127.0.0.1:{self._proxy.server_address[1]}"
        self.direct = self._client(f"http://{host}:{port}")
        self.client = self._client(self.endpoint)

    def _client(self, endpoint: str) -> Any:
        return boto3.client(
            "kms",
            region_name=REGION,
            endpoint_url=endpoint,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
        )

    def close(self) -> None:
        """Stop both."""
        self._proxy.shutdown()
        self._proxy.server_close()
        self._moto.stop()

    def options(self, **more: str) -> dict[str, str]:
        """Return options of an entry of `subject_keys`."""
        told = {"region": REGION, "endpoint": self.endpoint, "access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
        return told | more

    def key_ids(self) -> list[str]:
        """Return every key that moto holds."""
        return [entry["KeyId"] for entry in self.direct.list_keys()["Keys"]]

    def trouble(self, key: str) -> str | None:
        """Return how KMS refuses to use the key now; None if it may be used."""
        try:
            found = self.direct.describe_key(KeyId=key)["KeyMetadata"]
        except self.direct.exceptions.NotFoundException:
            return "NotFoundException"
        if found["KeyState"] == "PendingDeletion":
            gone = found["DeletionDate"] <= datetime.now(UTC) + self.ahead
            return "NotFoundException" if gone else "KMSInvalidStateException"
        return None if found["KeyState"] == "Enabled" else "DisabledException"


def _by_id(body: bytes) -> bytes:
    """Name the key by its id: KMS takes an ARN as well, moto's ScheduleKeyDeletion does not."""
    asked = json.loads(body)
    return json.dumps(asked | {"KeyId": asked["KeyId"].rpartition("/")[2]}).encode()


class _Proxy(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, owner: KmsServer, upstream: tuple[str, int]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.owner, self.upstream = owner, upstream


class _Handler(BaseHTTPRequestHandler):
    """Passes calls on to moto, strictly."""

    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # one packet an answer, or every one waits for an acknowledgement
    server: _Proxy

    def do_POST(self) -> None:
        """Look at the call, refuse what KMS would refuse, and pass the rest on."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        call = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        faults = self.server.owner.faults
        number = len(faults.calls)
        faults.calls.append(call)
        if faults.dead_after is not None and number >= faults.dead_after:
            self._cut()
        elif faults.throttled:
            self._answer(400, json.dumps({"__type": "ThrottlingException", "message": "slow down"}).encode())
        elif faults.denied:
            self._answer(400, json.dumps({"__type": "AccessDeniedException", "message": "no"}).encode())
        elif refusal := self._refusal(call, json.loads(body)):
            self._answer(400, json.dumps({"__type": refusal, "message": "as KMS does"}).encode())
        else:
            status, content = self._passed_on(_by_id(body) if call == "ScheduleKeyDeletion" else body)
            if number == faults.lost:
                self._cut()
            else:
                self._answer(status, content)

    def _refusal(self, call: str, asked: dict[str, Any]) -> str | None:
        trouble = self.server.owner.trouble
        if call in _USES:
            if call == "Decrypt":
                wrapped_by = base64.b64decode(asked["CiphertextBlob"])[:_KEY_ID].decode("ascii", "replace")
                if not str(asked.get("KeyId", wrapped_by)).endswith(wrapped_by):
                    return trouble(asked["KeyId"]) or "IncorrectKeyException"
                return trouble(wrapped_by)
            return trouble(asked["KeyId"])
        if call in {"DescribeKey", "ScheduleKeyDeletion", "CreateAlias"}:
            found = trouble(asked.get("KeyId") or asked["TargetKeyId"])
            if call == "DescribeKey":
                return found if found == "NotFoundException" else None
            return None if found == "DisabledException" else found
        return None

    def _passed_on(self, body: bytes) -> tuple[int, bytes]:
        upstream = http.client.HTTPConnection(*self.server.upstream, timeout=30)
        headers = {
            name: value for name, value in self.headers.items() if name.lower() not in {"host", "content-length"}
        }
        upstream.request("POST", self.path, body, headers)
        answer = upstream.getresponse()
        content = answer.read()
        upstream.close()
        return answer.status, content

    def _answer(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def _cut(self) -> None:
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Stay quiet."""
