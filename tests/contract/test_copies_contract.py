"""What every system of copies does; the store is moto's server behind our strict proxy."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from connectors import backups
from retention.errors import TerminalFailure, TransientFailure
from retention.model.ids import CopyId, SystemId
from retention.ports.connector import CopiesSystem, SystemKind, SystemSettings


def _load() -> ModuleType:
    if "s3_server" not in sys.modules:
        path = Path(__file__).parent.parent / "s3" / "server.py"
        spec = importlib.util.spec_from_file_location("s3_server", path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules["s3_server"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["s3_server"])
    return sys.modules["s3_server"]


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    """One server for the file."""
    running = _load().S3Server()
    yield running
    running.close()


@pytest.fixture
def bucket(server: Any) -> str:
    """An empty versioned bucket."""
    return str(server.bucket(versioned=True))


def system(server: Any, bucket: str, **more: str) -> CopiesSystem:
    """Return nightly backups of two systems, kept for 35 days below `db/`."""
    options = server.settings(bucket, "backups", url=f"s3://{bucket}/db", expire="P35D", **more)
    copies = (SystemId("app"), SystemId("lake"))
    return backups.connect(SystemSettings(SystemId("nightly"), "backups", options, copies=copies))


def test_it_says_what_it_is(server: Any, bucket: str) -> None:
    """The capabilities record names a system of copies, which erases nothing."""
    capabilities = system(server, bucket).capabilities
    assert (capabilities.kind, capabilities.actions) == (SystemKind.COPIES, frozenset())


def test_no_copy_is_no_copy(server: Any, bucket: str) -> None:
    """An empty place has no copies, and none exists."""
    keeper = system(server, bucket).keeper()
    assert keeper.copies() == ()
    assert not keeper.exists(CopyId("nightly/2026-11-22"))


def test_each_dated_folder_is_one_copy(server: Any, bucket: str) -> None:
    """Oldest first, taken when the manifest says, gone after the whole period; other prefixes are not ours."""
    for day in (22, 21):
        server.put(bucket, f"db/2026-11-{day}/dump.gz", b"x")
        server.put(bucket, f"db/2026-11-{day}/manifest.json", b'{"taken_at": "2026-11-%dT03:00:00+09:00"}' % day)
    server.put(bucket, "elsewhere/x", b"x")
    older, newer = system(server, bucket).keeper().copies()
    assert (older.copy_id, newer.copy_id) == ("nightly/2026-11-21", "nightly/2026-11-22")
    assert (newer.keeper, newer.of_systems) == ("nightly", ("app", "lake"))
    assert newer.taken_at == datetime(2026, 11, 21, 18, tzinfo=UTC)
    assert newer.expires_at == datetime(2026, 12, 27, tzinfo=UTC)


def test_without_a_manifest_the_oldest_object_tells(server: Any, bucket: str) -> None:
    """A copy was taken when its first object was written."""
    server.put(bucket, "db/2026-11-22/a", b"x")
    listed = server.direct.list_objects_v2(Bucket=bucket)["Contents"][0]["LastModified"]
    server.put(bucket, "db/2026-11-22/b", b"x")
    (copy,) = system(server, bucket).keeper().copies()
    assert copy.taken_at == listed
    assert copy.expires_at - copy.taken_at > timedelta(days=35)


def test_a_copy_exists_until_its_last_version_is_gone(server: Any, bucket: str) -> None:
    """Deleting the live object leaves a version; only when that is gone is the copy gone, markers or not."""
    version = server.put(bucket, "db/2026-11-22/dump", b"x")
    server.direct.delete_object(Bucket=bucket, Key="db/2026-11-22/dump")
    keeper = system(server, bucket).keeper()
    assert keeper.exists(CopyId("nightly/2026-11-22"))
    assert len(keeper.copies()) == 1
    server.direct.delete_object(Bucket=bucket, Key="db/2026-11-22/dump", VersionId=version)
    assert not keeper.exists(CopyId("nightly/2026-11-22"))
    assert keeper.copies() == ()


@pytest.mark.parametrize("key", ["db/loose", "db/2026-13-01/x", "db/latest/x"])
def test_what_has_no_date_is_not_overlooked(server: Any, bucket: str, key: str) -> None:
    """A copy that nobody can date would never be counted as gone."""
    server.put(bucket, key, b"x")
    with pytest.raises(TerminalFailure, match="YYYY-MM-DD"):
        system(server, bucket).keeper().copies()


@pytest.mark.parametrize(
    "content", [b"no json", b"{}", b"[]", b'{"taken_at": 3}', b'{"taken_at": "2026-11-22T00:00:00"}']
)
def test_a_manifest_that_cannot_be_read_stops_it(server: Any, bucket: str, content: bytes) -> None:
    """No date is guessed where one was promised."""
    server.put(bucket, "db/2026-11-22/manifest.json", content)
    with pytest.raises(TerminalFailure, match=r"manifest\.json"):
        system(server, bucket).keeper().copies()


@pytest.mark.parametrize("copy_id", ["weekly/2026-11-22", "nightly/", "2026-11-22", f"nightly/../{date(2026, 1, 1)}"])
def test_another_systems_copy_is_not_answered_for(server: Any, bucket: str, copy_id: str) -> None:
    """Asking for what is not ours is an error, never "gone"."""
    with pytest.raises(TerminalFailure):
        system(server, bucket).keeper().exists(CopyId(copy_id))


def test_a_store_that_cannot_be_reached_is_transient(server: Any, bucket: str) -> None:
    """No answer is not "gone"."""
    keeper = system(server, bucket, endpoint="http://127.0.0.1:9").keeper()
    with pytest.raises(TransientFailure):
        keeper.exists(CopyId("nightly/2026-11-22"))
    with pytest.raises(TransientFailure):
        keeper.copies()


def test_a_bucket_that_is_not_there_is_terminal(server: Any) -> None:
    """A misspelt bucket is not a place whose copies are all gone."""
    with pytest.raises(TerminalFailure, match="NoSuchBucket"):
        system(server, "no-such-bucket").keeper().exists(CopyId("nightly/2026-11-22"))
