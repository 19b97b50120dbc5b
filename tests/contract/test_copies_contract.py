"""What every system of copies does; S3 and RDS are moto's server behind our strict proxy.

AWS Backup is a small simulator of ours (tests/copies/places.py): moto does not know recovery points.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from connectors import backups
from retention.errors import TerminalFailure, TransientFailure
from retention.evidence import statement
from retention.model.copies import Fault
from retention.model.facts import Recorded, Remains
from retention.model.ids import CaseId, CopyId, SystemId
from retention.ports.connector import CopiesSystem, SystemKind, SystemSettings


def _load() -> ModuleType:
    if "copies_places" not in sys.modules:
        path = Path(__file__).parent.parent / "copies" / "places.py"
        spec = importlib.util.spec_from_file_location("copies_places", path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules["copies_places"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["copies_places"])
    return sys.modules["copies_places"]


NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
PLACES = _load().PLACES
AWS = [place for place in PLACES if place.__name__ in {"RuledFolders", "Snapshots", "Vault"}]
"""One a client: they try again by themselves."""
OLDER, NEWER = date(2026, 11, 20), date(2026, 11, 22)


@pytest.fixture(scope="module")
def cloud() -> Iterator[Any]:
    """Moto and the simulator of AWS Backup, once for the file."""
    running = _load().Cloud()
    yield running
    running.close()


@pytest.fixture
def server(cloud: Any) -> Iterator[Any]:
    """The S3 part of it, with no faults."""
    yield cloud.s3
    cloud.s3.faults = type(cloud.s3.faults)()


@pytest.fixture(params=PLACES, ids=lambda place: place.__name__)
def place(request: Any, cloud: Any, tmp_path: Path) -> Iterator[Any]:
    """An empty place of each kind."""
    yield request.param(cloud, tmp_path, "kept")
    cloud.s3.faults = type(cloud.s3.faults)()


def keeper(place: Any, **more: str) -> Any:
    """Return the keeper of a place, by its options in retention.yaml."""
    settings = SystemSettings(
        SystemId("kept"), "backups", place.options(**more), (SystemId("app"),), None, place.folder
    )
    return backups.connect(settings).keeper()


def test_every_kind_lists_what_exists(place: Any) -> None:
    """Oldest first, whose copies they are, named as evidence may name them; nothing where there is nothing."""
    assert keeper(place).copies() == ()
    newer, older = place.put(NEWER), place.put(OLDER)
    copies = keeper(place).copies()
    assert [copy.copy_id for copy in copies] == [older, newer]
    assert {(copy.keeper, copy.of_systems, copy.region) for copy in copies} == {("kept", ("app",), "us-east-1")}
    assert [copy.taken_at.date() for copy in copies] == [OLDER, NEWER]
    for copy in copies:
        statement(Recorded(CaseId("C-20261123-7f3k2q"), NOW, Remains(copy.keeper, copy.copy_id, copy.expires_at)))


def test_every_kind_has_the_latest_of_its_ends(place: Any) -> None:
    """The horizon is what was declared, or what the store says, whichever is later; agreement is no finding."""
    place.put(NEWER)
    found = keeper(place).examine()
    (copy,) = found.copies
    assert copy.expires_at == max(end.until for end in copy.ends)
    assert copy.expires_at == datetime(2026, 12, 28, tzinfo=UTC)
    assert found.findings == ()
    (longer,) = keeper(place, expire="P90D").copies()
    assert (longer.expires_at, longer.why.value) == (datetime(2027, 2, 21, tzinfo=UTC), "declared")


def test_every_kind_knows_what_is_gone(place: Any) -> None:
    """A copy exists until nothing of it is left; the others stay."""
    older, newer = place.put(OLDER), place.put(NEWER)
    assert keeper(place).exists(CopyId(older))
    place.remove(older)
    assert not keeper(place).exists(CopyId(older))
    assert keeper(place).exists(CopyId(newer))
    assert [copy.copy_id for copy in keeper(place).copies()] == [newer]


def test_no_kind_answers_for_another_system(place: Any) -> None:
    """Asking for what is not ours is an error, never "gone"."""
    with pytest.raises(TerminalFailure):
        keeper(place).exists(CopyId("other/2026-11-22"))


def test_another_region_than_declared_is_found(place: Any) -> None:
    """A copy where it must not lie is a finding; a folder's region is what is declared."""
    place.put(NEWER)
    if place.kind == "aws-backup":
        place.cloud.backup.put(datetime(2026, 11, 22, tzinfo=UTC), 35, region="eu-west-1")
        found = keeper(place).examine().findings
        assert [(each.fault, each.found) for each in found] == [(Fault.OTHER_REGION, "eu-west-1")]
    elif place.kind != "rds" and place.url().startswith("s3:"):
        found = keeper(place, region="ap-northeast-1").examine().findings
        expected = [(Fault.OTHER_REGION, "ap-northeast-1", "us-east-1")]
        assert [(each.fault, each.expected, each.found) for each in found] == expected


def test_no_kind_takes_silence_for_gone(place: Any) -> None:
    """A store that cannot be reached, and a folder that is not mounted, are transient failures of every method."""
    known = CopyId(place.put(NEWER))
    if place.url().startswith("folder:"):
        (place.folder / place.name).rename(place.folder / "elsewhere")
        cut = keeper(place)
    else:
        cut = keeper(place, endpoint="http://127.0.0.1:9")
    for ask in (cut.copies, cut.examine, lambda: cut.exists(known)):
        with pytest.raises(TransientFailure):
            ask()


@pytest.mark.parametrize("kind", AWS, ids=lambda place: place.__name__)
def test_a_busy_store_is_asked_again(kind: Any, cloud: Any, tmp_path: Path) -> None:
    """One answer that says "too fast" costs a moment, not a copy."""
    place = kind(cloud, tmp_path, "kept")
    place.put(NEWER)
    if place.kind == "aws-backup":
        cloud.backup.throttled = 1
    else:
        cloud.s3.faults = type(cloud.s3.faults)(throttled=frozenset({1}))
    assert len(keeper(place).copies()) == 1
    cloud.s3.faults = type(cloud.s3.faults)()


def test_half_a_list_is_no_list(cloud: Any, tmp_path: Path) -> None:
    """When the second page does not come, no shorter list is returned and no copy is called gone."""
    place = _load().Vault(cloud, tmp_path, "kept")
    known = [CopyId(place.put(OLDER + timedelta(days=day))) for day in range(3)]
    cloud.backup.fail_after = cloud.backup.asked + 2  # the vault, and the first page of points
    with pytest.raises(TransientFailure):
        keeper(place).copies()
    cloud.backup.fail_after = cloud.backup.asked + 1
    with pytest.raises(TransientFailure):
        keeper(place).exists(max(known))


def test_half_a_list_of_a_bucket_is_no_list(cloud: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for the versions of a bucket: a page that is cut off ends the look, it does not shorten it."""
    place = _load().Folders(cloud, tmp_path, "kept")
    place.put(NEWER)
    listed = keeper(place)
    pages = listed._bucket._client.get_paginator("list_object_versions")

    def broken(**_: Any) -> Iterator[Any]:
        yield from pages.paginate(Bucket=place.bucket)
        raise EndpointConnectionError(endpoint_url="http://store")

    stub = SimpleNamespace(paginate=broken)
    monkeypatch.setattr(listed._bucket._client, "get_paginator", lambda _: stub)
    with pytest.raises(TransientFailure):
        listed.copies()
    with pytest.raises(TransientFailure):
        listed.exists(CopyId("kept/2026-11-01"))


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
    """Deleting the live object leaves a version; only when that is gone is the copy gone, markers or not (TRI-20)."""
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


@pytest.fixture
def ruled(cloud: Any, tmp_path: Path) -> Any:
    """A bucket whose own rule removes the copies, with one copy."""
    place = _load().RuledFolders(cloud, tmp_path, "kept")
    place.put(NEWER)
    return place


def faults(place: Any, **more: str) -> dict[Fault, str]:
    """Return what is found, and what was found instead of the expected."""
    return {finding.fault: finding.found for finding in keeper(place, **more).examine().findings}


def test_a_rule_weakened_behind_our_back_is_found(ruled: Any) -> None:
    """Longer, disabled, narrower or removed: each is found in the bucket's real configuration."""
    assert faults(ruled) == {}
    ruled.lifecycle(363)
    assert faults(ruled) == {Fault.LATER: "2027-11-23"}
    ruled.lifecycle(5)
    assert faults(ruled) == {Fault.EARLIER: "2026-11-30"}
    ruled.lifecycle(33, Status="Disabled")
    assert faults(ruled) == {Fault.NO_EXPIRY: "no date", Fault.RULE_DISABLED: "rule 1 is disabled"}
    ruled.lifecycle(33, Filter={"Prefix": "other/"})
    assert faults(ruled) == {Fault.NO_EXPIRY: "no date"}
    ruled.cloud.s3.direct.delete_bucket_lifecycle(Bucket=ruled.bucket)
    assert faults(ruled) == {Fault.NO_EXPIRY: "no date"}
    (copy,) = keeper(ruled).copies()
    assert copy.expires_at is None


def test_markers_that_nothing_clears_are_found(ruled: Any) -> None:
    """A delete marker of which nothing else is left names an object for ever, if no rule clears it."""
    version = ruled.cloud.s3.put(ruled.bucket, "db/2026-11-20/a", b"x")
    ruled.cloud.s3.direct.delete_object(Bucket=ruled.bucket, Key="db/2026-11-20/a")
    ruled.cloud.s3.direct.delete_object(Bucket=ruled.bucket, Key="db/2026-11-20/a", VersionId=version)
    assert faults(ruled) == {}
    ruled.cloud.rule(ruled.bucket, NoncurrentVersionExpiration={"NoncurrentDays": 1})
    assert faults(ruled)[Fault.MARKERS_STAY] == "1 of which nothing else is left"
    assert [copy.copy_id for copy in keeper(ruled).copies()] == ["kept/2026-11-22"]


def test_an_object_lock_is_later_than_any_rule(cloud: Any, tmp_path: Path) -> None:
    """Retain-until is an end of its own and is reported; a legal hold has no date."""
    place = _load().Folders(cloud, tmp_path, "kept")
    place.bucket = cloud.s3.bucket(locked=True)
    until = datetime(2027, 3, 1, tzinfo=UTC)
    lock = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until}
    cloud.s3.put(place.bucket, "db/2026-11-22/a", b"x", **lock)
    cloud.s3.put(place.bucket, "db/2026-11-22/b", b"x")
    found = keeper(place).examine()
    (copy,) = found.copies
    assert (copy.expires_at, copy.why.value, found.lock) == (until, "object-lock", "no-default")
    assert [finding.fault for finding in found.findings] == [Fault.LATER]
    cloud.s3.put(place.bucket, "db/2026-11-22/c", b"x", ObjectLockLegalHoldStatus="ON")
    (held,) = keeper(place).copies()
    assert (held.expires_at, held.why.value) == (None, "legal-hold")


def test_manual_snapshots_never_go_by_themselves_and_sharing_is_found(cloud: Any, tmp_path: Path) -> None:
    """A manual one has no date unless a program removes it; one that others may restore is a finding."""
    place = _load().Snapshots(cloud, tmp_path, "kept")
    by_hand = place.manual(NEWER)
    (copy,) = keeper(place).copies()
    assert (copy.kind.value, copy.expires_at, copy.why.value) == ("manual-snapshot", None, "no-expiry")
    (declared,) = keeper(place, removed_by="job").copies()
    assert declared.expires_at == datetime(2026, 12, 28, tzinfo=UTC)
    assert faults(place, removed_by="job") == {}
    cloud.rds.modify_db_snapshot_attribute(
        DBSnapshotIdentifier=by_hand.partition("/")[2], AttributeName="restore", ValuesToAdd=["all"]
    )
    assert faults(place, removed_by="job") == {Fault.SHARED: "everybody"}


def test_a_copied_snapshot_is_as_old_as_its_original(cloud: Any, tmp_path: Path) -> None:
    """A copy made today of last week's snapshot holds last week's people."""
    place = _load().Snapshots(cloud, tmp_path, "kept")
    original = place.manual(OLDER).partition("/")[2]
    cloud.rds.copy_db_snapshot(SourceDBSnapshotIdentifier=original, TargetDBSnapshotIdentifier=f"{original}-copy")
    assert {copy.taken_at.date() for copy in keeper(place).copies()} == {OLDER}


def test_automated_snapshots_follow_the_instance(cloud: Any, tmp_path: Path) -> None:
    """The retention that the instance really has counts; one that keeps none gives no date."""
    place = _load().Snapshots(cloud, tmp_path, "kept")
    place.put(NEWER)
    place.backend().databases[place.instance].backup_retention_period = 7
    assert faults(place) == {Fault.EARLIER: "2026-11-30"}
    place.backend().databases[place.instance].backup_retention_period = 0
    assert faults(place) == {Fault.NO_EXPIRY: "no date"}


def test_a_vault_is_believed_in_what_it_locks(cloud: Any, tmp_path: Path) -> None:
    """A vault lock's least retention, a legal hold, a point that never expires, one that could not be deleted."""
    place = _load().Vault(cloud, tmp_path, "kept")
    held = place.arn(place.put(OLDER))
    cloud.backup.vault |= {"Locked": True, "MinRetentionDays": 90}
    found = keeper(place).examine()
    assert (found.lock, found.copies[0].why.value) == ("vault P90D", "vault-lock")
    assert found.copies[0].expires_at == datetime(2027, 2, 19, tzinfo=UTC)
    cloud.backup.vault = {"BackupVaultName": "main"}
    for other in ("hold-a", "hold-b"):
        cloud.backup.holds[other] = []
    cloud.backup.holds["hold-c"] = [held]
    endless = cloud.backup.put(datetime(2026, 11, 22, tzinfo=UTC), None)
    whys = {copy.why.value: copy.expires_at for copy in keeper(place).copies()}
    assert whys == {"legal-hold": None, "no-expiry": None}
    cloud.backup.points[endless] |= {"Status": "EXPIRED", "Lifecycle": {"DeleteAfterDays": 35}}
    assert faults(place) == {Fault.STUCK: "expired and still there"}


def test_a_dump_without_a_date_stops_it(cloud: Any, tmp_path: Path) -> None:
    """In a folder and in a bucket: what nobody can date would never be counted as gone."""
    folder, bucket = _load().FolderDumps(cloud, tmp_path, "kept"), _load().BucketDumps(cloud, tmp_path, "kept")
    (tmp_path / "kept" / "latest.dump").write_bytes(b"x")
    cloud.s3.put(bucket.bucket, "db/latest.dump", b"x")
    for place in (folder, bucket):
        with pytest.raises(TerminalFailure):
            keeper(place).copies()


def test_a_version_is_counted_from_the_day_it_was_replaced(cloud: Any, tmp_path: Path) -> None:
    """By a newer version or by a delete marker; the current version of a live bucket is no copy."""
    place = _load().Versions(cloud, tmp_path, "kept")
    cloud.s3.put(place.bucket, "current", b"x")
    cloud.s3.put(place.bucket, "deleted", b"x")
    cloud.age(place.bucket, "deleted", datetime(2026, 10, 1, tzinfo=UTC))
    cloud.s3.direct.delete_object(Bucket=place.bucket, Key="deleted")
    cloud.age(place.bucket, "deleted", datetime(2026, 11, 20, 12, tzinfo=UTC))
    (copy,) = keeper(place).copies()
    assert (copy.copy_id, copy.taken_at) == ("kept/2026-11-20", datetime(2026, 11, 20, 12, tzinfo=UTC))
