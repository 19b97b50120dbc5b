"""A DynamoDB for tests: moto's real server over HTTP, behind a small proxy of ours that injects faults.

Loaded by path, since tests are no package.
"""

from __future__ import annotations

import http.client
import json
import logging
import socket
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

from retention.model.ids import SystemId
from retention.ports.connector import SystemSettings

ACCESS_KEY, SECRET_KEY = "AKIDEXAMPLE", "not-a-real-secret"
_REGIONS = cycle(("ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "eu-west-1", "us-east-1"))
"""One for each server: the simulator's tables are the process's, and a survey of one server must see no other's."""
WRITES = frozenset({"BatchWriteItem", "PutItem", "UpdateItem", "DeleteItem"})


@dataclass
class Faults:
    """What is to go wrong; nothing by default."""

    cut_write: int | None = None
    """Number (from 0) of the write whose connection is cut."""
    cut_after: bool = False
    """Cut after the store has done it, not before it sees it."""
    leave_over: int = 0
    """In how many batches half of the requests are left unprocessed."""
    refuse: str | None = None
    """Answer this error code to every write."""
    before_write: Callable[[], None] | None = None
    """Called before a write is passed on: another writer slips in."""
    seen: list[str] = field(default_factory=list)
    writes: int = 0


class DynamoServer:
    """moto behind the proxy; `endpoint` is the proxy, `direct` a client on moto itself."""

    def __init__(self) -> None:
        """Start both on free ports."""
        logging.getLogger("werkzeug").setLevel(logging.ERROR)  # moto's own access log
        self._moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._moto.start()
        self.upstream = self._moto.get_host_and_port()
        self.region = next(_REGIONS)
        self.faults = Faults()
        self._proxy = _Proxy(self)
        threading.Thread(target=self._proxy.serve_forever, args=(0.05,), daemon=True).start()
        self.endpoint = f"http://127.0.0.1:{self._proxy.server_address[1]}"
        self.direct: Any = boto3.client(
            "dynamodb",
            region_name=self.region,
            endpoint_url=f"http://{self.upstream[0]}:{self.upstream[1]}",
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
        )

    def close(self) -> None:
        """Stop both."""
        self._proxy.shutdown()
        self._proxy.server_close()
        self._moto.stop()

    def system(self, **more: str) -> SystemSettings:
        """Return a system's settings through the proxy; one attempt a request."""
        return SystemSettings(SystemId("items"), "dynamodb", self.options(**more))

    def options(self, **more: str) -> dict[str, str]:
        """Return the connector's options."""
        keys = {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
        return {"region": self.region, "endpoint": self.endpoint, "attempts": "1", **keys} | more

    def table(self, name: str = "", *, key: tuple[str, str] = ("id", "N"), indexed: tuple[str, ...] = ()) -> str:
        """Make an empty table anew, with an index for each text attribute named."""
        name = name or f"t-{uuid.uuid4().hex[:20]}"
        if name in self.direct.list_tables()["TableNames"]:
            self.direct.delete_table(TableName=name)
        self.direct.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": key[0], "KeyType": "HASH"}],
            AttributeDefinitions=[
                {"AttributeName": key[0], "AttributeType": key[1]},
                *({"AttributeName": each, "AttributeType": "S"} for each in indexed),
            ],
            BillingMode="PAY_PER_REQUEST",
            **(
                {
                    "GlobalSecondaryIndexes": [
                        {
                            "IndexName": f"by-{each}",
                            "KeySchema": [{"AttributeName": each, "KeyType": "HASH"}],
                            "Projection": {"ProjectionType": "KEYS_ONLY"},
                        }
                        for each in indexed
                    ]
                }
                if indexed
                else {}
            ),
        )
        return name

    def put(self, table: str, items: list[dict[str, Any]]) -> None:
        """Write items around the proxy, 25 at a time."""
        for start in range(0, len(items), 25):
            requests = [{"PutRequest": {"Item": item}} for item in items[start : start + 25]]
            self.direct.batch_write_item(RequestItems={table: requests})

    def items(self, table: str) -> list[dict[str, Any]]:
        """Read all items around the proxy."""
        pages = self.direct.get_paginator("scan").paginate(TableName=table)
        return [item for page in pages for item in page["Items"]]


class _Proxy(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, owner: DynamoServer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.owner = owner


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # one packet an answer, or every one waits for an acknowledgement
    server: _Proxy

    def do_POST(self) -> None:
        faults = self.server.owner.faults
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        operation = self.headers["X-Amz-Target"].rpartition(".")[2]
        faults.seen.append(operation)
        if operation not in WRITES:
            self._send(*self._passed_on(body))
            return
        number, faults.writes = faults.writes, faults.writes + 1
        if faults.before_write is not None:
            faults.before_write()
        if faults.refuse is not None:
            self._send(400, json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{faults.refuse}"}).encode())
        elif number == faults.cut_write and not faults.cut_after:
            self._cut()
        elif operation == "BatchWriteItem" and faults.leave_over:
            faults.leave_over -= 1
            self._half(json.loads(body))
        else:
            answer = self._passed_on(body)
            if number == faults.cut_write:
                self._cut()
            else:
                self._send(*answer)

    def _half(self, request: dict[str, Any]) -> None:
        """Have the store do one half, and say of the other that it is unprocessed."""
        ((table, asked),) = request["RequestItems"].items()
        done, left = asked[: len(asked) // 2], asked[len(asked) // 2 :]
        if done:
            self._passed_on(json.dumps({"RequestItems": {table: done}}).encode())
        self._send(200, json.dumps({"UnprocessedItems": {table: left}}).encode())

    def _passed_on(self, body: bytes) -> tuple[int, bytes]:
        upstream = http.client.HTTPConnection(*self.server.owner.upstream, timeout=30)
        headers = {name: value for name, value in self.headers.items() if name.lower() != "content-length"}
        upstream.request("POST", "/", body, headers)
        answer = upstream.getresponse()
        content = answer.read()
        upstream.close()
        return answer.status, content

    def _send(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _cut(self) -> None:
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Stay quiet."""
