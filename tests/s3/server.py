"""An S3 for tests: moto's real server over HTTP, behind a small strict proxy of ours.

moto keeps objects, versions, markers and locks. Where it is laxer than Amazon's store, the
proxy is not: it refuses a conditional header that the store behind it would ignore. The proxy
also injects faults: it can break any write before or after it took effect, answer 500, cut an
answer, and let another writer slip in between a read and a write.

Loaded by path, since tests are no package:
`spec_from_file_location("s3_server", <tests>/s3/server.py)`.
"""

from __future__ import annotations

import http.client
import logging
import socket
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import boto3
from botocore.config import Config
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3.models import FakeDeleteMarker, s3_backends
from moto.server import ThreadedMotoServer

from retention.model.ids import SystemId
from retention.ports.connector import SystemSettings

_WRITES = frozenset({"PUT", "POST", "DELETE"})
_HOP_BY_HOP = frozenset({"connection", "transfer-encoding", "keep-alive", "content-length", "date", "server"})
_MOTO = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
"""What moto keeps: its memory says the same as its listings, for a tenth of the time."""
ACCESS_KEY, SECRET_KEY = "AKIDEXAMPLE", "not-a-real-secret"


class When(Enum):
    """At which moment of a write the connection is cut."""

    BEFORE = "before"
    """The store never sees it."""
    AFTER = "after"
    """The store does it; the caller never hears."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One request the proxy has seen."""

    method: str
    key: str
    query: str
    size: int = 0
    """Bytes of its body."""


@dataclass
class Faults:
    """What is to go wrong; nothing by default."""

    cut_write: int | None = None
    """Number (from 0) of the write that is cut."""
    when: When = When.BEFORE
    answer_500: bool = False
    cut_reads: bool = False
    """Cut every object's content in half."""
    deny: str | None = None
    """Answer 403 to this method."""
    before_write: Callable[[Sent], None] | None = None
    """Called before a write is passed on: another writer slips in."""
    dead_after: int | None = None
    """From this write (by number) on nothing arrives any more: the process was killed before it, or `when`."""
    throttled: frozenset[int] = frozenset()
    """Numbers of the requests that are answered 503 SlowDown."""
    ignore_deletes: bool = False
    """Answer 204 to deletes of versions without doing them."""
    writes: int = 0
    seen: list[Sent] = field(default_factory=list)
    bytes_read: int = 0
    """Content of objects that passed to the client."""


class S3Server:
    """moto behind the proxy; `endpoint` is the proxy, `direct` a client on moto itself."""

    def __init__(self) -> None:
        """Start both on free ports."""
        logging.getLogger("werkzeug").setLevel(logging.ERROR)  # moto's own access log
        self._moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._moto.start()
        host, port = self._moto.get_host_and_port()
        self.faults = Faults()
        self._proxy = _Proxy(self, (host, port))
        threading.Thread(target=self._proxy.serve_forever, args=(0.05,), daemon=True).start()
        self.endpoint = f"http://127.0.0.1:{self._proxy.server_address[1]}"
        self.direct = boto3.client(
            "s3",
            region_name="us-east-1",
            endpoint_url=f"http://{host}:{port}",
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            config=Config(s3={"addressing_style": "path"}),
        )

    def close(self) -> None:
        """Stop both."""
        self._proxy.shutdown()
        self._proxy.server_close()
        self._moto.stop()

    def empty(self, bucket: str) -> None:
        """Remove everything from a bucket, unfinished uploads included."""
        self.clear(bucket)
        for upload in self.direct.list_multipart_uploads(Bucket=bucket).get("Uploads", ()):
            self.direct.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])

    def bucket(self, *, versioned: bool = False, locked: bool = False) -> str:
        """Make an empty bucket of a new name."""
        name = f"b-{uuid.uuid4().hex[:20]}"
        self.direct.create_bucket(Bucket=name, ObjectLockEnabledForBucket=locked)
        if versioned or locked:
            self.direct.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return name

    def settings(self, bucket: str, connector: str = "lake", **more: str) -> Mapping[str, str]:
        """Return options for a connector on the bucket, through the proxy; one attempt per request."""
        options = {
            "url": f"s3://{bucket}",
            "region": "us-east-1",
            "endpoint": self.endpoint,
            "access_key": ACCESS_KEY,
            "secret_key": SECRET_KEY,
        }
        return options | ({"attempts": "1"} if connector == "lake" else {}) | more

    def system(self, bucket: str, **more: str) -> SystemSettings:
        """Return a lake's settings on the bucket."""
        return SystemSettings(SystemId("lake"), "lake", self.settings(bucket, **more))

    def put(self, bucket: str, key: str, content: bytes, **more: Any) -> str:
        """Write an object around the proxy; return its version."""
        return str(self.direct.put_object(Bucket=bucket, Key=key, Body=content, **more).get("VersionId"))

    def get(self, bucket: str, key: str, **more: Any) -> bytes:
        """Read an object around the proxy."""
        if not more and (found := self._live(bucket).get(key)) is not None:
            return bytes(found.value)
        content: bytes = self.direct.get_object(Bucket=bucket, Key=key, **more)["Body"].read()
        return content

    def keys(self, bucket: str) -> list[str]:
        """Return the live keys."""
        return sorted(self._live(bucket))

    def etag(self, bucket: str, key: str) -> str | None:
        """Return the live object's entity tag, without quotes."""
        found = self._live(bucket).get(key)
        return None if found is None else str(found.etag).strip('"')

    def versions(self, bucket: str) -> list[tuple[str, str]]:
        """Return (key, version) of everything stored."""
        stored = self._stored(bucket)
        return [(entry.name, _version(entry)) for entry in stored if not isinstance(entry, FakeDeleteMarker)]

    def markers(self, bucket: str) -> list[str]:
        """Return the keys of all delete markers."""
        return [entry.name for entry in self._stored(bucket) if isinstance(entry, FakeDeleteMarker)]

    def everything(self, bucket: str, folder: str = "") -> list[tuple[str, str]]:
        """Return (key, version) of all that is stored there, markers too."""
        return [(entry.name, _version(entry)) for entry in self._stored(bucket) if entry.name.startswith(folder)]

    def clear(self, bucket: str, folder: str = "") -> None:
        """Remove all that is stored there, past versions and markers too."""
        for key, version in self.everything(bucket, folder):
            _MOTO.delete_object(bucket, key, version_id=version)

    def _live(self, bucket: str) -> dict[str, Any]:
        newest = _MOTO.buckets[bucket].keys.items()
        return {key: entry for key, entry in newest if not isinstance(entry, FakeDeleteMarker)}

    def _stored(self, bucket: str) -> list[Any]:
        """Return versions and markers in the order of a listing: by key, the newest first."""
        stored = [entry for _, entries in _MOTO.buckets[bucket].keys.iterlists() for entry in reversed(entries)]
        return sorted(stored, key=lambda entry: entry.name)


def _version(entry: Any) -> str:
    return "null" if entry.version_id is None else str(entry.version_id)


class _Proxy(ThreadingHTTPServer):
    """Knows whose proxy it is, and where moto listens."""

    daemon_threads = True

    def __init__(self, owner: S3Server, upstream: tuple[str, int]) -> None:
        """Listen on a free port."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.owner, self.upstream = owner, upstream


class _Handler(BaseHTTPRequestHandler):
    """Passes requests on to moto, strictly."""

    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # one packet an answer, or every one waits for an acknowledgement
    server: _Proxy

    def _serve(self) -> None:
        faults = self.server.owner.faults
        address = urlsplit(self.path)
        key = unquote(address.path).split("/", 2)[-1]
        body = self._body()
        sent = Sent(self.command, key, address.query, len(body))
        faults.seen.append(sent)
        if self._answered_at_once(faults, sent):
            return
        if faults.dead_after is not None and faults.writes > faults.dead_after:
            self._cut()
            return
        number = None
        if sent.method in _WRITES:
            number, faults.writes = faults.writes, faults.writes + 1
            if faults.before_write is not None:
                faults.before_write(sent)
        broken = number is not None and number in (faults.cut_write, faults.dead_after)
        if broken and faults.when is When.BEFORE:
            self._cut()
            return
        if self._stale(sent):
            self._answer(412, b"<Error><Code>PreconditionFailed</Code></Error>")
            return
        status, headers, content = self._passed_on(body)
        if broken:
            self._cut()
            return
        if sent.method == "GET" and not sent.query:
            faults.bytes_read += len(content)
        self._send(status, headers, content, half=faults.cut_reads and sent.method == "GET" and not sent.query)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _serve  # noqa: N815 -- names given by http.server

    def _answered_at_once(self, faults: Faults, sent: Sent) -> bool:
        if len(faults.seen) - 1 in faults.throttled:
            self._answer(503, b"<Error><Code>SlowDown</Code></Error>")
        elif faults.answer_500:
            self._answer(500, b"<Error><Code>InternalError</Code></Error>")
        elif faults.deny == sent.method:
            self._answer(403, b"<Error><Code>AccessDenied</Code></Error>")
        elif faults.ignore_deletes and sent.method == "DELETE" and "versionId" in sent.query:
            self._answer(204, b"")
        else:
            return False
        return True

    def _stale(self, sent: Sent) -> bool:
        """Whether a conditional write, of any kind, or a copied part names another object than the live one."""
        wanted, absent = self.headers.get("If-Match"), self.headers.get("If-None-Match")
        wanted = wanted or self.headers.get("x-amz-copy-source-if-match")
        if (wanted is None and absent is None) or sent.method not in _WRITES:
            return False
        if "versionId" in parse_qs(sent.query):
            message = "a condition on a version is not a thing of S3"
            raise AssertionError(message)
        bucket = unquote(urlsplit(self.path).path).split("/", 2)[1]
        live = self.server.owner.etag(bucket, sent.key)
        return live is not None if wanted is None else live != wanted.strip('"')

    def _body(self) -> bytes:
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.wfile.flush()  # http.server has written "100 Continue"; who waits for it would wait a second
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            return self._chunks()
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _chunks(self) -> bytes:
        """Return the raw chunked body, framing included, to be passed on as it came."""
        parts = []
        while True:
            head = self.rfile.readline()
            size = int(head.split(b";")[0], 16)
            parts.append(head + self.rfile.read(size) + self.rfile.readline())
            if size == 0:
                return b"".join(parts)

    def _passed_on(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        upstream = http.client.HTTPConnection(*self.server.upstream, timeout=30)
        upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() != "expect":
                upstream.putheader(name, value)
        upstream.endheaders(body or None)
        answer = upstream.getresponse()
        content = answer.read()
        upstream.close()
        return answer.status, answer.getheaders(), content

    def _send(self, status: int, headers: list[tuple[str, str]], content: bytes, *, half: bool) -> None:
        self.send_response(status)
        length = str(len(content))
        for name, value in headers:
            if name.lower() == "content-length":
                length = value  # an answer to HEAD has a length and no content
            elif name.lower() not in _HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", length)
        self.end_headers()
        if half:
            self.wfile.write(content[: len(content) // 2])
            self._cut()
        elif self.command != "HEAD":
            self.wfile.write(content)

    def _answer(self, status: int, content: bytes) -> None:
        self._send(status, [("Content-Type", "application/xml")], content, half=False)

    def _cut(self) -> None:
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Stay quiet."""
