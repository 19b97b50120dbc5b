"""Whole objects that are somebody's by their key, on moto's server behind our strict proxy."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from connectors.lake import keyed
from connectors.lake.keyed.pattern import KeyPattern
from retention.errors import KeyTypeError, TerminalFailure, TransientFailure
from retention.model.datamap import ColumnType, Dataset
from retention.model.ids import DatasetId, KeySetId, SystemId
from retention.model.outcome import Effect
from retention.model.predicate import Among, Before, Everything, Selection
from retention.model.subject import Key, KeySet
from retention.ports.connector import SystemSettings


def _load() -> ModuleType:
    if "s3_server" not in sys.modules:
        path = Path(__file__).parents[4] / "s3" / "server.py"
        spec = importlib.util.spec_from_file_location("s3_server", path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules["s3_server"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["s3_server"])
    return sys.modules["s3_server"]


s3 = _load()


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    """One server for the file."""
    running = s3.S3Server()
    yield running
    running.close()


@pytest.fixture(scope="module")
def bucket(server: Any) -> str:
    """One versioned bucket."""
    name: str = server.bucket(versioned=True)
    return name


@pytest.fixture(scope="module")
def store(server: Any, bucket: str) -> Iterator[Any]:
    """The connector on it, one attempt a request."""
    connected = keyed.connect(SystemSettings(SystemId("media"), "objects", server.settings(bucket, attempts="1")))
    yield connected
    connected.close()


@pytest.fixture(autouse=True)
def _fresh(server: Any, bucket: str) -> None:
    server.faults = s3.Faults()
    server.empty(bucket)


def at(path: str) -> Dataset:
    """Return a dataset at the path."""
    subject = {"user_id": "user_id"}
    return Dataset(DatasetId("media.files"), SystemId("media"), path, (), subject, (), (), {}, {}, {})


UPLOADS, THUMBS = at("uploads/{user_id}/*"), at("thumbs/{user_id}-*.png")


def of(*users: Key) -> Selection:
    """Return the selection of these people's objects."""
    return Selection(Among("user_id", KeySet(KeySetId("k"), 1, "")), {KeySetId("k"): frozenset(users)})


def filled(server: Any, bucket: str) -> None:
    """Put uploads and thumbnails of three people, one with older versions, one deleted before."""
    for key in ("uploads/u1/a.jpg", "uploads/u1/a.jpg", "uploads/u1/b.jpg", "uploads/u11/a.jpg", "uploads/u2/a.jpg"):
        server.put(bucket, key, b"content")
    server.direct.delete_object(Bucket=bucket, Key="uploads/u1/b.jpg")
    for key in ("thumbs/u1-small-2x.png", "thumbs/u11-small.png", "thumbs/u1-small.txt", "thumbs/deep/u1-x.png"):
        server.put(bucket, key, b"content")


def test_finding_reads_keys_only(server: Any, bucket: str, store: Any) -> None:
    """Count, values, tally and describe come from listings; a person's objects are listed by their prefix."""
    filled(server, bucket)
    finder = store.finder()
    assert finder.count(UPLOADS, of("u1")) == 1
    assert "uploads%2Fu1%2F" in server.faults.seen[-1].query
    assert finder.count(UPLOADS, Selection(Everything())) == 3
    assert finder.count(THUMBS, of("u1", "u2")) == 1
    assert sorted(finder.tally(UPLOADS, ["user_id"], of("u1", "u11"))) == [(("u1",), 1), (("u11",), 1)]
    assert finder.describe(UPLOADS) == {"user_id": ColumnType.TEXT, "modified_at": ColumnType.INSTANT}
    assert finder.describe(at("nowhere/{user_id}/*")) == {}
    assert store.tables() == ("thumbs/", "uploads/")
    assert {each.method for each in server.faults.seen} <= {"GET", "HEAD"}


def test_objects_go_with_all_their_versions(server: Any, bucket: str, store: Any) -> None:
    """Live objects, older versions, delete markers and unfinished uploads go; others' stay; a repeat does nothing."""
    filled(server, bucket)
    server.direct.create_multipart_upload(Bucket=bucket, Key="uploads/u1/c.jpg")
    server.direct.create_multipart_upload(Bucket=bucket, Key="uploads/u2/c.jpg")
    effect = store.eraser().erase_rows(UPLOADS, of("u1"))
    assert (effect.rows, effect.versions_removed, effect.markers_removed) == (1, 2, 1)
    assert store.eraser().erase_rows(THUMBS, of("u1")).rows == 1
    left = ["thumbs/deep/u1-x.png", "thumbs/u1-small.txt", "thumbs/u11-small.png"]
    assert server.keys(bucket) == [*left, "uploads/u11/a.jpg", "uploads/u2/a.jpg"]
    assert len(server.versions(bucket)) == 5
    assert server.markers(bucket) == []
    uploads = server.direct.list_multipart_uploads(Bucket=bucket)["Uploads"]
    assert [upload["Key"] for upload in uploads] == ["uploads/u2/c.jpg"]
    assert store.eraser().erase_rows(UPLOADS, of("u1")) == Effect(rows=0)


@pytest.mark.parametrize("when", list(s3.When))
def test_a_cut_at_any_write_is_finished_by_a_repeat(server: Any, bucket: str, store: Any, when: Any) -> None:
    """Die before or after any deletion, run again: the same end state."""
    for number in range(4):
        server.empty(bucket)
        filled(server, bucket)
        server.faults = s3.Faults(cut_write=number, when=when)
        with pytest.raises(TransientFailure):
            store.eraser().erase_rows(UPLOADS, of("u1"))
        server.faults = s3.Faults()
        store.eraser().erase_rows(UPLOADS, of("u1"))
        assert not [key for key, _ in server.versions(bucket) if key.startswith("uploads/u1/")]
        assert server.markers(bucket) == []


def test_a_new_upload_meanwhile_goes_too(server: Any, bucket: str, store: Any) -> None:
    """Who uploads again while his objects go, has it removed as well."""
    server.put(bucket, "uploads/u1/a.jpg", b"content")
    slipped = []

    def slip_in(_: Any) -> None:
        if not slipped:
            slipped.append(True)
            server.put(bucket, "uploads/u1/a.jpg", b"again")

    server.faults = s3.Faults(before_write=slip_in)
    store.eraser().erase_rows(UPLOADS, of("u1"))
    assert server.versions(bucket) == []


def test_a_deletion_that_does_not_happen_is_noticed(server: Any, bucket: str, store: Any) -> None:
    """A store that reports success for versions it did not delete is found out by listing again."""
    server.put(bucket, "uploads/u1/a.jpg", b"content")
    server.faults = s3.Faults(ignore_deletes=True)
    with pytest.raises(TransientFailure, match="still listed"):
        store.eraser().erase_rows(UPLOADS, of("u1"))


def test_locks_are_residues_and_holds_are_told(server: Any) -> None:
    """A locked version is a horizon; one under a legal hold is named, and all else is done."""
    locked = server.bucket(locked=True)
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
    server.put(locked, "uploads/u1/a", b"x", ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=until)
    server.put(locked, "uploads/u2/a", b"x", ObjectLockLegalHoldStatus="ON")
    server.put(locked, "uploads/u2/b", b"x")
    system = keyed.connect(SystemSettings(SystemId("media"), "objects", server.settings(locked)))
    effect = system.eraser().erase_rows(UPLOADS, of("u1"))
    assert [(residue.what, residue.until) for residue in effect.residues] == [("locked-version", until)]
    with pytest.raises(TerminalFailure, match=r"/\.\.\. version .* legal hold") as caught:
        system.eraser().erase_rows(UPLOADS, of("u2"))
    assert "u2" not in str(caught.value)  # a key names a person; the version's number is enough to find it
    assert server.keys(locked) == ["uploads/u1/a", "uploads/u2/a"]
    system.close()


def test_age_is_a_row_clock(server: Any, bucket: str, store: Any) -> None:
    """Objects can be selected by when they were written."""
    filled(server, bucket)
    soon = datetime.now(UTC) + timedelta(hours=1)
    assert store.finder().count(UPLOADS, Selection(Before("modified_at", soon))) == 3
    assert store.finder().count(UPLOADS, Selection(Before("modified_at", soon - timedelta(days=1)))) == 0


def test_verification_lists_by_itself(server: Any, bucket: str, store: Any) -> None:
    """Live objects and past versions come with their columns, key and entity tag."""
    filled(server, bucket)
    live = [row for batch in store.inspector().scan(UPLOADS) for row in batch.to_pylist()]
    past = [row for batch in store.inspector().past(UPLOADS) for row in batch.to_pylist()]
    assert [(row["user_id"], row["key"]) for row in live] == [
        ("u1", "uploads/u1/a.jpg"),
        ("u11", "uploads/u11/a.jpg"),
        ("u2", "uploads/u2/a.jpg"),
    ]
    assert [row["key"] for row in past] == ["uploads/u1/a.jpg", "uploads/u1/b.jpg"]
    assert store.inspector().address(UPLOADS) is None
    thumbs = [row["user_id"] for batch in store.inspector().scan(THUMBS) for row in batch.to_pylist()]
    assert thumbs == ["u1", "u11"]


def test_a_canary_is_planted_and_erased(server: Any, bucket: str, store: Any) -> None:
    """A planted object is found by its person and goes like any other."""
    store.planter().plant(THUMBS, {"user_id": "canary"})
    assert store.finder().count(THUMBS, of("canary")) == 1
    assert store.eraser().erase_rows(THUMBS, of("canary")).rows == 1
    with pytest.raises(TerminalFailure, match="does not fit"):
        store.planter().plant(THUMBS, {"user_id": "has-a-dash"})
    assert server.versions(bucket) == []


def test_what_keys_cannot_tell_is_refused(store: Any) -> None:
    """Keys with the sign that ends them, patterns nobody can read, columns no key has, and fields."""
    with pytest.raises(KeyTypeError, match="user_id") as caught:
        store.finder().count(THUMBS, of("some-one"))
    assert "some-one" not in str(caught.value)
    for path in ("uploads/*", "a/{user_id}/{user_id}/*", "a/{user_id}*"):
        with pytest.raises(TerminalFailure, match="path"):
            store.finder().count(at(path), Selection(Everything()))
    with pytest.raises(TerminalFailure, match="expected user_id in braces"):
        store.eraser().erase_rows(at("uploads/{user}/*"), of("x"))
    for refused in (
        lambda: store.eraser().redact_fields(UPLOADS, of("u1"), ["user_id"]),
        lambda: store.eraser().anonymize_rows(UPLOADS, of("u1"), {}, [], frozenset()),
    ):
        with pytest.raises(TerminalFailure, match="no fields"):
            refused()


def test_a_key_has_one_reading() -> None:
    """A part ends at the first sign that follows it in the pattern, and stays within its folder."""
    shape = KeyPattern("t/{user}-{size}.*")
    assert shape.read("t/u1-large-2x.png") == {"user": "u1", "size": "large-2x"}
    assert shape.read("t/u1/x-large.png") is None
    assert shape.key_of({"user": "a", "size": "b"}, "png") == "t/a-b.png"
