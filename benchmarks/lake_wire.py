"""Bytes that pass through the client when one person is erased from a large object on S3, counted on the wire.

`python -m benchmarks.lake_wire [MIB] [LAYOUT]`: objects of at least MIB (1024) MiB, `clustered` and `time` unless one
is named. Files are made on a memory file system if there is one. moto's server stands in for S3. Between it and the
client is a relay that knows nothing of S3 and counts every byte both ways, headers and listings included. "Full
rewrite" reads the object once and uploads it once by multipart, as any rewriting tool has to; verification, which both
need, is not part of either.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pyarrow.parquet as pq
from botocore.config import Config
from moto.s3.models import FakeKey
from moto.server import ThreadedMotoServer

from benchmarks.lake_rows import ROWS_A_GROUP, batches, write_parquet
from connectors import lake
from connectors.lake import client
from retention.model.datamap import Dataset
from retention.model.ids import DatasetId, KeySetId, SystemId
from retention.model.predicate import Among, Selection
from retention.model.subject import KeySet
from retention.ports.connector import SystemSettings

MIB = 1 << 20
LARGE = 64 * MIB
BYTES_A_ROW = 39
BUCKET = "lake"
ROWS_A_PERSON = 20
SLOW = 900
"""Seconds that moto may take to put 1 GiB together on a busy machine: retried meanwhile, it loses its parts."""
TARGETS = {"clustered": 20.0, "time": 1 / 0.60}
"""How many times fewer bytes than a full rewrite."""
SEEN = Dataset(DatasetId("lake.seen"), SystemId("lake"), "seen/*.parquet", (), {"user": "user_id"}, (), (), {}, {}, {})


@dataclass
class Relay:
    """Passes bytes on between a client and a server, and counts them."""

    port: int
    passed: int = 0

    def start(self) -> int:
        """Listen; return the port to connect to."""
        listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return int(listener.getsockname()[1])

    def _accept(self, listener: socket.socket) -> None:
        while True:
            client, _ = listener.accept()
            server = socket.create_connection(("127.0.0.1", self.port))
            for one, other in ((client, server), (server, client)):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._pump, args=(one, other), daemon=True).start()

    def _pump(self, one: socket.socket, other: socket.socket) -> None:
        try:
            while content := one.recv(MIB):
                self.passed += len(content)
                other.sendall(content)
            other.shutdown(socket.SHUT_WR)
        except OSError:
            one.close()
            other.close()


def counted(relay: Relay, work: Callable[[], Any]) -> tuple[int, float]:
    """Return bytes and seconds of the work."""
    before, start = relay.passed, time.perf_counter()
    work()
    return relay.passed - before, time.perf_counter() - start


def client_at(port: int) -> Any:  # noqa: ANN401 -- the vendor's stubs are no dependency of benchmarks
    """Return a client on the port."""
    return boto3.client(
        "s3",
        region_name="us-east-1",
        endpoint_url=f"http://127.0.0.1:{port}",
        aws_access_key_id="x",
        aws_secret_access_key="x",  # noqa: S106 -- moto asks for none
        config=Config(s3={"addressing_style": "path"}, read_timeout=SLOW, retries={"total_max_attempts": 1}),
    )


def keep_contents_at_hand() -> None:
    """Have moto read a large object's content once, not anew for every range of it that is asked for."""
    usual = FakeKey.value

    def content(key: Any) -> bytes:  # noqa: ANN401 -- moto's own
        found: bytes | None = key.__dict__.get("at_hand")
        if found is None:
            found = usual.fget(key)  # type: ignore[attr-defined]
            if len(found) > LARGE:
                key.__dict__["at_hand"] = found
        return found

    def put(key: Any, new: bytes) -> None:  # noqa: ANN401 -- same
        key.__dict__.pop("at_hand", None)
        usual.fset(key, new)  # type: ignore[attr-defined]

    FakeKey.value = property(content, put)  # type: ignore[assignment]


def full_rewrite(port: int, folder: Path) -> None:
    """Read the object and upload as many bytes."""
    plain = client_at(port)
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        plain.download_file(BUCKET, "seen/a.parquet", file.name)
        plain.upload_file(file.name, BUCKET, "full/a.parquet")
    plain.delete_object(Bucket=BUCKET, Key="full/a.parquet")


def erase(port: int, person: int) -> int:
    """Erase the person through the connector; return the number of rows."""
    options = {
        "url": f"s3://{BUCKET}",
        "region": "us-east-1",
        "endpoint": f"http://127.0.0.1:{port}",
        "access_key": "x",
        "secret_key": "x",
    }
    store = lake.connect(SystemSettings(SystemId("lake"), "lake", options))
    selection = Selection(Among("user_id", KeySet(KeySetId("k"), 1, "")), {KeySetId("k"): frozenset({person})})
    rows = store.eraser().erase_rows(SEEN, selection).rows
    store.close()
    return rows


def measure(layout: str, mib: int, folder: Path) -> bool:
    """Make an object, rewrite it both ways, print a line; return whether the target is met."""
    rows = -(-mib * MIB // BYTES_A_ROW // ROWS_A_GROUP) * ROWS_A_GROUP
    path = folder / f"{layout}.parquet"
    write_parquet(path, batches(rows, rows // ROWS_A_PERSON, 7, clustered=layout == "clustered"))
    person = int(pq.ParquetFile(path).read_row_group(1, columns=["user_id"]).column(0)[1000].as_py())
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    port = server.get_host_and_port()[1]
    direct = client_at(port)
    direct.create_bucket(Bucket=BUCKET)
    direct.upload_file(str(path), BUCKET, "seen/a.parquet", ExtraArgs={"ACL": "private"})  # moto has no default
    size = path.stat().st_size
    path.unlink()
    relay = Relay(port)
    through = relay.start()
    full, full_seconds = counted(relay, lambda: full_rewrite(through, folder))
    erased: list[int] = []
    ours, our_seconds = counted(relay, lambda: erased.append(erase(through, person)))
    assert erased[0] > 0
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        direct.download_file(BUCKET, "seen/a.parquet", file.name)
        left = pq.ParquetFile(file.name)
        assert left.metadata.num_rows == rows - erased[0]
        kept = (left.read_row_group(index, columns=["user_id"]).column(0) for index in range(left.num_row_groups))
        assert not any(person in column.unique().to_pylist() for column in kept)
    server.stop()
    target = TARGETS[layout]
    ratio = full / ours
    verdict = "met" if ratio >= target else "MISSED"
    print(
        f"{layout:<10}{size / MIB:>9.0f} MiB {erased[0]:>4} rows   full rewrite {full / MIB:>8.1f} MiB"
        f"   ours {ours / MIB:>8.1f} MiB   {ratio:>6.1f}x fewer ({100 * ours / full:.1f} %)"
        f"   target {target:.2f}x: {verdict}   [{full_seconds:.0f} s, {our_seconds:.0f} s; moto's time says nothing]"
    )
    return ratio >= target


def main(mib: int, layouts: list[str], folder: Path) -> int:
    """Measure the layouts."""
    client._READ_SECONDS = SLOW  # noqa: SLF001 -- a real store keeps the line open while it puts parts together
    keep_contents_at_hand()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(dir=folder) as name:
        tempfile.tempdir = name  # moto keeps objects in temporary files: three of them at most, no disk
        met = [measure(layout, mib, Path(name)) for layout in layouts]
    return 0 if all(met) else 1


if __name__ == "__main__":
    memory = Path("/dev/shm")  # noqa: S108 -- a memory file system, where there is one
    usual = memory if os.access(memory, os.W_OK) else Path(tempfile.gettempdir())
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 1024, sys.argv[2:] or list(TARGETS), usual))
