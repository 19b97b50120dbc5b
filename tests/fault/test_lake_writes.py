"""The lake dies before and after every write, and other writers slip in.

The store is moto's server behind our strict proxy (tests/s3/server.py), which cuts connections,
enforces If-Match on every write, and lets another writer in between a read and a write.
"""

from __future__ import annotations

import importlib.util
import io
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors import lake
from connectors.lake.eraser import is_abandoned
from retention.errors import ConcurrentWriteFailure, TerminalFailure, TransientFailure
from retention.model.datamap import Dataset
from retention.model.ids import DatasetId, KeySetId, SystemId
from retention.model.outcome import Effect
from retention.model.predicate import Among, Selection
from retention.model.subject import KeySet


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
END = ("parquet", "jsonl")
GONE = Selection(Among("user", KeySet(KeySetId("k"), 1, "")), {KeySetId("k"): frozenset({"gone"})})


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    """One server for the file."""
    running = s3.S3Server()
    yield running
    running.close()


@pytest.fixture(autouse=True)
def _no_faults(server: Any) -> None:
    server.faults = s3.Faults()


def dataset(end: str) -> Dataset:
    """Return a dataset of one folder."""
    return Dataset(
        dataset_id=DatasetId("lake.seen"),
        system=SystemId("lake"),
        location=f"seen/*.{end}",
        primary_key=(),
        subject={"user": "user"},
        parents=(),
        derived_from=(),
        fields={},
        dates={},
        not_personal={},
    )


def written(end: str, *users: str) -> bytes:
    """Return a file with one row a user."""
    rows = [{"user": user, "n": number} for number, user in enumerate(users)]
    if end == "jsonl":
        return b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), sink)
    return sink.getvalue()


def users(server: Any, bucket: str, *, end: str) -> dict[str, list[str]]:
    """Return the users by live key, read around the connector."""
    found = {}
    for key in server.keys(bucket):
        content = server.get(bucket, key)
        table = pq.read_table(io.BytesIO(content)).to_pylist() if end == "parquet" else None
        rows = [json.loads(line) for line in content.splitlines()] if table is None else table
        found[key] = [row["user"] for row in rows]
    return found


def filled(server: Any, end: str) -> str:
    """Return a versioned bucket: one object to rewrite, one to remove, one deleted before, one not concerned."""
    bucket: str = server.bucket(versioned=True)
    server.put(bucket, f"seen/a.{end}", written(end, "old", "gone"))
    server.put(bucket, f"seen/a.{end}", written(end, "gone", "stays", "gone"))
    server.put(bucket, f"seen/b.{end}", written(end, "gone"))
    server.put(bucket, f"seen/c.{end}", written(end, "other", "gone"))
    server.direct.delete_object(Bucket=bucket, Key=f"seen/c.{end}")
    server.put(bucket, f"seen/d.{end}", written(end, "other"))
    server.put(bucket, f"seen/d.{end}", written(end, "other", "another"))
    return bucket


def erase(server: Any, bucket: str, end: str) -> Effect:
    """Erase with a connector of its own, as another process would."""
    store = lake.connect(server.system(bucket))
    try:
        return store.eraser().erase_rows(dataset(end), GONE)
    finally:
        store.close()


def assert_clean(server: Any, bucket: str, end: str) -> None:
    """Nobody else lost a row, and nothing of the person is left in any version; no idle marker either."""
    assert users(server, bucket, end=end) == {f"seen/a.{end}": ["stays"], f"seen/d.{end}": ["other", "another"]}
    assert sorted(key for key, _ in server.versions(bucket)) == [f"seen/a.{end}", f"seen/d.{end}", f"seen/d.{end}"]
    assert server.markers(bucket) == []


@pytest.mark.parametrize("end", END)
def test_everything_goes_in_one_run(server: Any, end: str) -> None:
    """Live rows, older versions, and an object behind a delete marker with its marker; a repeat does nothing."""
    bucket = filled(server, end)
    effect = erase(server, bucket, end)
    assert (effect.rows, effect.objects_rewritten, effect.versions_removed, effect.markers_removed) == (3, 1, 4, 2)
    assert_clean(server, bucket, end)
    assert erase(server, bucket, end) == Effect(rows=0)


# which bytes are written depends on the format, when and how does not: one format a moment is enough
@pytest.mark.parametrize(("end", "when"), [("jsonl", s3.When.BEFORE), ("parquet", s3.When.AFTER)])
def test_a_cut_at_any_write_is_finished_by_a_repeat(server: Any, end: str, when: Any) -> None:
    """For every write there is: die before it or after it, run again, and the end state is the same."""
    number = 0
    while True:
        bucket = filled(server, end)
        server.faults = s3.Faults(cut_write=number, when=when)
        try:
            erase(server, bucket, end)
        except TransientFailure:
            server.faults = s3.Faults()
            erase(server, bucket, end)
            assert_clean(server, bucket, end)
            number += 1
        else:
            break
    assert number >= 8  # one rewrite, one deletion, four versions, two markers
    assert_clean(server, bucket, end)


@pytest.mark.parametrize("end", END)
def test_a_lost_answer_is_not_taken_for_another_writer(server: Any, end: str) -> None:
    """When the store wrote but the answer was lost, the retried request meets our own object, and that counts."""
    bucket = filled(server, end)
    server.faults = s3.Faults(cut_write=0, when=s3.When.AFTER)
    store = lake.connect(server.system(bucket, attempts="2"))
    effect = store.eraser().erase_rows(dataset(end), GONE)
    assert (effect.rows, effect.objects_rewritten) == (3, 1)
    assert_clean(server, bucket, end)


@pytest.mark.parametrize("versioned", [True, False])
@pytest.mark.parametrize("key", ["a", "b"])
@pytest.mark.parametrize("end", END)
def test_another_writer_is_never_overwritten(server: Any, end: str, key: str, *, versioned: bool) -> None:
    """A writer who slips in before our write keeps every row but the person's, on either kind of bucket."""
    bucket = server.bucket(versioned=versioned)
    server.put(bucket, f"seen/{key}.{end}", written(end, *(["gone", "stays"] if key == "a" else ["gone"])))
    slipped = []

    def slip_in(_: Any) -> None:
        if not slipped:
            slipped.append(True)
            server.put(bucket, f"seen/{key}.{end}", written(end, "gone", "stays", "new"))

    server.faults = s3.Faults(before_write=slip_in)
    erase(server, bucket, end)
    assert users(server, bucket, end=end) == {f"seen/{key}.{end}": ["stays", "new"]}
    assert len(server.versions(bucket)) == 1


def test_a_writer_who_never_rests_makes_us_give_up(server: Any) -> None:
    """After a bounded number of tries we raise, and his last version stands untouched."""
    bucket = server.bucket()
    server.put(bucket, "seen/a.jsonl", written("jsonl", "gone", "stays"))
    rounds = []

    def slip_in(_: Any) -> None:
        rounds.append(True)
        server.put(bucket, "seen/a.jsonl", written("jsonl", "gone", "stays", f"new-{len(rounds)}"))

    server.faults = s3.Faults(before_write=slip_in)
    with pytest.raises(ConcurrentWriteFailure):
        erase(server, bucket, "jsonl")
    assert len(rounds) == 5
    assert users(server, bucket, end="jsonl") == {"seen/a.jsonl": ["gone", "stays", "new-5"]}


@pytest.mark.parametrize("faults", [s3.Faults(answer_500=True), s3.Faults(cut_reads=True)], ids=["500", "cut"])
@pytest.mark.parametrize("end", END)
def test_a_failing_store_is_transient_and_nothing_is_lost(server: Any, end: str, faults: Any) -> None:
    """Server errors and content cut in the middle are transient, for every side of the connector."""
    bucket = filled(server, end)
    before = users(server, bucket, end=end)
    store = lake.connect(server.system(bucket))
    server.faults = faults
    with pytest.raises(TransientFailure):
        store.eraser().erase_rows(dataset(end), GONE)
    with pytest.raises(TransientFailure):
        store.finder().count(dataset(end), GONE)
    server.faults = s3.Faults()
    assert users(server, bucket, end=end) == before


def test_a_refusal_is_terminal(server: Any) -> None:
    """Forbidden writes are terminal, and the message has no key of the person."""
    bucket = filled(server, "jsonl")
    server.faults = s3.Faults(deny="PUT")
    with pytest.raises(TerminalFailure, match="AccessDenied") as caught:
        erase(server, bucket, "jsonl")
    assert "gone" not in str(caught.value)


def test_a_deletion_that_did_not_happen_is_noticed(server: Any) -> None:
    """A store that reports success for a version it did not delete is found out by listing again."""
    bucket = filled(server, "jsonl")
    server.faults = s3.Faults(ignore_deletes=True)
    with pytest.raises(TerminalFailure, match="still listed"):
        erase(server, bucket, "jsonl")


def test_a_locked_version_is_a_residue(server: Any) -> None:
    """An older version that Object Lock holds is reported with its date, each time; the live object is clean."""
    bucket = server.bucket(locked=True)
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
    server.put(
        bucket,
        "seen/a.jsonl",
        written("jsonl", "gone", "stays"),
        ObjectLockMode="COMPLIANCE",
        ObjectLockRetainUntilDate=until,
    )
    effect = erase(server, bucket, "jsonl")
    assert [(residue.what, residue.until) for residue in effect.residues] == [("locked-version", until)]
    assert users(server, bucket, end="jsonl") == {"seen/a.jsonl": ["stays"]}
    again = erase(server, bucket, "jsonl")
    assert (again.rows, again.residues) == (0, effect.residues)


def test_abandoned_uploads_are_aborted(server: Any) -> None:
    """Parts of an upload that nobody finished are thrown away; those of other datasets stay."""
    bucket = filled(server, "jsonl")  # moto says that every upload began in 2010
    for key in ("seen/z.jsonl", "elsewhere/z.jsonl"):
        server.direct.create_multipart_upload(Bucket=bucket, Key=key)
    erase(server, bucket, "jsonl")
    left = server.direct.list_multipart_uploads(Bucket=bucket).get("Uploads", ())
    assert [upload["Key"] for upload in left] == ["elsewhere/z.jsonl"]


def test_a_young_upload_is_a_writer_at_work() -> None:
    """An upload is abandoned once it is over a day old."""
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert not is_abandoned(now - timedelta(days=1), now)
    assert is_abandoned(now - timedelta(days=1, seconds=1), now)
