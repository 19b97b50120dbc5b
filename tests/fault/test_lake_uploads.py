"""Large objects are put together inside the store: whatever goes wrong at whichever step, nothing is lost or left.

Parts are lowered from 5 MiB to 256 bytes, in the store and in the connector's setting, so that small objects are large.
"""

from __future__ import annotations

import importlib.util
import io
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import moto.s3.models
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from connectors import lake
from connectors.lake import eraser
from retention.errors import ConcurrentWriteFailure, TerminalFailure, TransientFailure
from retention.model.datamap import Dataset
from retention.model.ids import DatasetId, KeySetId, SystemId
from retention.model.predicate import Among, Selection
from retention.model.subject import KeySet

LEAST = 256
GONE = Selection(Among("user", KeySet(KeySetId("k"), 1, "")), {KeySetId("k"): frozenset({"gone"})})
SEEN = Dataset(DatasetId("lake.seen"), SystemId("lake"), "seen/*.jsonl", (), {"user": "user"}, (), (), {}, {}, {})
KEY = "seen/a.jsonl"


def _load() -> ModuleType:
    if "s3_server" not in sys.modules:
        path = Path(__file__).parent.parent / "s3" / "server.py"
        spec = importlib.util.spec_from_file_location("s3_server", path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules["s3_server"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["s3_server"])
    return sys.modules["s3_server"]


s3 = _load()


def lines(*more: str) -> bytes:
    """Return 120 people, and one three times among them: once near the start, so that one part has to be sent."""
    people = [f"user-{number:03}" for number in range(120)]
    people[3] = people[30] = people[90] = "gone"
    return b"".join(json.dumps({"user": user, "n": 1}).encode() + b"\n" for user in (*people, *more))


LEFT = lines().replace(b'{"user": "gone", "n": 1}\n', b"")


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    """One server for the file, with small parts."""
    usual, moto.s3.models.S3_UPLOAD_PART_MIN_SIZE = moto.s3.models.S3_UPLOAD_PART_MIN_SIZE, LEAST
    running = s3.S3Server()
    yield running
    running.close()
    moto.s3.models.S3_UPLOAD_PART_MIN_SIZE = usual


@pytest.fixture(scope="module")
def bucket(server: Any) -> str:
    """One versioned bucket."""
    name: str = server.bucket(versioned=True)
    return name


@pytest.fixture(scope="module")
def store(server: Any, bucket: str) -> Iterator[Any]:
    """A lake on it, one attempt a request."""
    connected = lake.connect(server.system(bucket, part=str(LEAST)))
    yield connected
    connected.close()


@pytest.fixture(autouse=True)
def _fresh(server: Any, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No faults, an empty bucket, and no upload is old: moto says that every upload began in 2010."""
    server.faults = s3.Faults()
    server.empty(bucket)
    monkeypatch.setattr(eraser, "is_abandoned", lambda *_: False)


def assert_clean(server: Any, bucket: str, content: bytes = LEFT) -> None:
    """Nobody else lost a byte, no older version is left, and no part of an upload."""
    assert server.get(bucket, KEY) == content
    assert len(server.versions(bucket)) == 1
    assert not server.direct.list_multipart_uploads(Bucket=bucket).get("Uploads")


def sent(server: Any) -> list[str]:
    """Return the writes, in order."""
    return [
        f"{each.method} {each.query.split('=')[0].split('&')[0]}"
        for each in server.faults.seen
        if each.method in ["PUT", "POST", "DELETE"]
    ]


def test_what_stays_does_not_pass_through_us(server: Any, bucket: str, store: Any) -> None:
    """The store copies the long runs by itself; what we send is a small share; a repeat sends nothing."""
    server.put(bucket, KEY, lines())
    assert store.eraser().erase_rows(SEEN, GONE).rows == 3
    assert_clean(server, bucket)
    uploaded = sum(each.size for each in server.faults.seen if each.method == "PUT")
    assert 0 < uploaded < len(LEFT) / 4
    server.faults = s3.Faults()
    assert store.eraser().erase_rows(SEEN, GONE).rows == 0
    assert sent(server) == []


def test_row_groups_that_stay_do_not_pass_through_us(server: Any, bucket: str, store: Any) -> None:
    """Of a Parquet object, the store copies untouched row groups; the new object reads back right."""
    users = [f"user-{number // 50:03}" for number in range(4_000)]
    table = pa.table({"user": users, "n": range(4_000), "x": [float(n * n % 997) for n in range(4_000)]})
    sink = io.BytesIO()
    pq.write_table(table, sink, row_group_size=500)
    server.put(bucket, "seen/a.parquet", sink.getvalue())
    dataset = replace(SEEN, location="seen/*.parquet")
    one = Selection(GONE.where, {KeySetId("k"): frozenset({"user-045"})})
    assert store.eraser().erase_rows(dataset, one).rows == 50
    left = pq.read_table(io.BytesIO(server.get(bucket, "seen/a.parquet")))
    assert left.equals(table.filter(pc.not_equal(table["user"], "user-045")))
    puts = [each.size for each in server.faults.seen if each.method == "PUT"]
    assert 0 < sum(puts) < len(sink.getvalue()) / 2
    assert len(server.versions(bucket)) == 1


def test_an_uploaded_object_keeps_its_attributes(server: Any, bucket: str, store: Any) -> None:
    """Type, metadata, tags, storage class, caching, encryption and access list are those of the object before."""
    server.put(
        bucket,
        KEY,
        lines(),
        ContentType="application/x-ndjson",
        CacheControl="no-store",
        Metadata={"job": "7"},
        Tagging="team=lake&cost=a%3Db",
        StorageClass="STANDARD_IA",
        ServerSideEncryption="AES256",
        GrantRead='uri="http://acs.amazonaws.com/groups/global/AuthenticatedUsers"',
    )

    def attributes() -> list[Any]:
        head = server.direct.head_object(Bucket=bucket, Key=KEY)
        named = ("ContentType", "CacheControl", "Metadata", "StorageClass", "ServerSideEncryption")
        tags = server.direct.get_object_tagging(Bucket=bucket, Key=KEY)["TagSet"]
        grants = server.direct.get_object_acl(Bucket=bucket, Key=KEY)["Grants"]
        return [*(head[name] for name in named), sorted(tags, key=str), sorted(grants, key=str)]

    before = attributes()
    store.eraser().erase_rows(SEEN, GONE)
    assert_clean(server, bucket)
    assert attributes() == before


@pytest.mark.parametrize("when", list(s3.When))
def test_killed_at_any_write_it_is_finished_by_a_repeat(server: Any, bucket: str, store: Any, when: Any) -> None:
    """Killed before or after any write (nothing arrives any more, no abort either): a repeat ends in the same state."""
    number = 0
    while True:
        server.empty(bucket)
        server.put(bucket, KEY, lines())
        server.faults = s3.Faults(dead_after=number, when=when)
        try:
            store.eraser().erase_rows(SEEN, GONE)
        except TransientFailure:
            assert server.get(bucket, KEY) in {lines(), LEFT}
            server.faults = s3.Faults()
            store.eraser().erase_rows(SEEN, GONE)
            assert_clean(server, bucket)
            number += 1
        else:
            break
    assert number >= 7  # begin, one part sent, three copied, complete, one older version
    assert_clean(server, bucket)


def test_a_dropped_connection_leaves_no_upload(server: Any, bucket: str, store: Any) -> None:
    """Where the process lives on, the upload that failed is aborted at once."""
    for number in range(1, 6):
        server.empty(bucket)
        server.put(bucket, KEY, lines())
        server.faults = s3.Faults(cut_write=number)
        with pytest.raises(TransientFailure):
            store.eraser().erase_rows(SEEN, GONE)
        assert server.get(bucket, KEY) == lines()
        assert not server.direct.list_multipart_uploads(Bucket=bucket).get("Uploads")


def test_throttled_at_any_request_it_is_finished_by_a_repeat(server: Any, bucket: str, store: Any) -> None:
    """A 503 at any one request is transient; nothing is lost, and a repeat ends in the same state."""
    server.put(bucket, KEY, lines())
    store.eraser().erase_rows(SEEN, GONE)
    for number in range(0, len(server.faults.seen), 6):  # the client slows down after each: every one would take long
        server.empty(bucket)
        server.put(bucket, KEY, lines())
        server.faults = s3.Faults(throttled=frozenset({number}))
        try:
            store.eraser().erase_rows(SEEN, GONE)
        except TransientFailure:
            server.faults = s3.Faults()
            store.eraser().erase_rows(SEEN, GONE)
        assert_clean(server, bucket)


@pytest.mark.parametrize("step", ["POST uploadId", "PUT uploadId"])
def test_another_writer_is_never_overwritten(server: Any, bucket: str, store: Any, step: str) -> None:
    """Whoever writes while parts are copied, or before the upload is completed, keeps every row but the person's."""
    server.put(bucket, KEY, lines())
    slipped = []

    def slip_in(each: Any) -> None:
        if not slipped and each.method == step.split(maxsplit=1)[0] and step.split()[1] in each.query:
            slipped.append(True)
            server.put(bucket, KEY, lines("new"))

    server.faults = s3.Faults(before_write=slip_in)
    assert store.eraser().erase_rows(SEEN, GONE).rows == 3
    assert_clean(server, bucket, LEFT + b'{"user": "new", "n": 1}\n')


def test_a_writer_who_never_rests_makes_us_give_up(server: Any, bucket: str, store: Any) -> None:
    """After a bounded number of tries we raise; his last version stands, and no upload is left."""
    server.put(bucket, KEY, lines())
    rounds: list[str] = []

    def slip_in(each: Any) -> None:
        if each.method == "POST" and "uploadId" in each.query:
            rounds.append(f"new-{len(rounds)}")
            server.put(bucket, KEY, lines(*rounds))

    server.faults = s3.Faults(before_write=slip_in)
    with pytest.raises(ConcurrentWriteFailure):
        store.eraser().erase_rows(SEEN, GONE)
    assert len(rounds) == 5
    assert server.get(bucket, KEY) == lines(*rounds)
    assert not server.direct.list_multipart_uploads(Bucket=bucket).get("Uploads")


def test_a_lost_answer_is_not_taken_for_another_writer(server: Any, bucket: str) -> None:
    """The upload was completed and the answer lost: the retried request meets our own object, and that counts."""
    server.put(bucket, KEY, lines())
    patient = lake.connect(server.system(bucket, part=str(LEAST), attempts="2"))
    cut = []

    def cut_completion(each: Any) -> None:
        if not cut and each.method == "POST" and "uploadId" in each.query:
            cut.append(True)
            server.faults.cut_write, server.faults.when = server.faults.writes - 1, s3.When.AFTER

    server.faults = s3.Faults(before_write=cut_completion)
    effect = patient.eraser().erase_rows(SEEN, GONE)
    patient.close()
    assert cut
    assert (effect.rows, effect.objects_rewritten) == (3, 1)
    assert_clean(server, bucket)


def test_a_bucket_elsewhere_is_not_read(server: Any, bucket: str) -> None:
    """Data must not leave its region: a bucket that lies in another one than the settings pin is refused at once."""
    server.put(bucket, KEY, lines())
    other = lake.connect(server.system(bucket, region="eu-west-1"))
    for ask in (lambda: other.finder().count(SEEN, GONE), lambda: list(other.inspector().scan(SEEN))):
        with pytest.raises(TerminalFailure, match="expected a bucket in eu-west-1, found one in us-east-1"):
            ask()
    assert {each.method for each in server.faults.seen} == {"HEAD"}


def test_a_legal_hold_is_told_and_keeps_nothing_else_from_being_done(server: Any) -> None:
    """A held version stays and is named; the live rows, the other versions and other objects are dealt with."""
    held = server.bucket(locked=True)
    server.put(held, "seen/held.jsonl", lines(), ObjectLockLegalHoldStatus="ON")
    server.put(held, KEY, lines())
    system = lake.connect(server.system(held))  # moto forgets a lock that an upload asks for
    with pytest.raises(TerminalFailure, match=r"held\.jsonl version .* is under a legal hold of the store"):
        system.eraser().erase_rows(SEEN, GONE)
    assert server.get(held, "seen/held.jsonl") == server.get(held, KEY) == LEFT
    assert [key for key, _ in server.versions(held)] == [KEY, "seen/held.jsonl", "seen/held.jsonl"]
    assert server.direct.head_object(Bucket=held, Key="seen/held.jsonl")["ObjectLockLegalHoldStatus"] == "ON"
    system.close()


def test_a_damaged_object_keeps_nothing_else_from_being_done(server: Any, bucket: str, store: Any) -> None:
    """An object that cannot be unpacked and a line that cannot be read are named; the rest is erased."""
    server.put(bucket, KEY, lines() + b'{"user":"gone", broken\n')
    server.put(bucket, "seen/b.jsonl", b"\x1f\x8bno gzip at all")
    server.put(bucket, "seen/c.jsonl", lines())
    with pytest.raises(TerminalFailure, match=r"a\.jsonl line 121.*and 1 more") as caught:
        store.eraser().erase_rows(SEEN, GONE)
    assert "broken" not in str(caught.value)
    assert server.get(bucket, KEY) == LEFT + b'{"user":"gone", broken\n'
    assert server.get(bucket, "seen/c.jsonl") == LEFT


def test_a_lock_goes_along_and_is_no_longer_than_before(server: Any) -> None:
    """The new version is kept until the day the old one was; the old one is reported with that day."""
    locked = server.bucket(locked=True)
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
    server.put(locked, KEY, lines(), ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=until)
    system = lake.connect(server.system(locked))  # same
    effect = system.eraser().erase_rows(SEEN, GONE)
    assert [(residue.what, residue.until) for residue in effect.residues] == [("locked-version", until)]
    head = server.direct.head_object(Bucket=locked, Key=KEY)
    assert (head["ObjectLockMode"], head["ObjectLockRetainUntilDate"]) == ("GOVERNANCE", until)
    system.close()
