"""What every store of tiles does: a folder, and a bucket behind our strict proxy, with and without a lock."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from botocore.exceptions import ClientError

from connectors.tiles_s3 import connect
from retention.errors import FoundError, InputError, SettingsError, TerminalFailure, TransientFailure
from retention.evidence import EvidenceLog, Signer
from retention.evidence.audit import audit
from retention.model.ids import StatementId
from retention.model.period import Period
from retention.ports.ledger import LogDraft
from retention.ports.tiles import ObjectLock, TileSettings, TileStore
from retention.store import FileKeyStore, FolderTiles, open_ledger

ORIGIN = "log.example"


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
def faults(server: Any) -> Iterator[Any]:
    """What is to go wrong, and nothing afterwards."""
    server.faults = _load().Faults()
    yield server.faults
    server.faults = _load().Faults()


def on_s3(server: Any, bucket: str, lock: ObjectLock = ObjectLock.NONE, retain: str = "P10Y", **more: str) -> TileStore:
    """Return a store below `log/` of the bucket."""
    options = {n: v for n, v in server.settings(bucket, "tiles").items() if n != "url"} | more
    kept = None if lock is ObjectLock.NONE else Period.parse(retain)
    return connect(TileSettings(f"s3://{bucket}/log", lock, kept, options))


@pytest.fixture(params=["folder", "s3", "s3 governance", "s3 compliance"])
def new_store(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], TileStore]:
    """Return what connects to one and the same place, anew each time."""
    kind, _, lock = request.param.partition(" ")
    if kind == "folder":
        return lambda: FolderTiles(tmp_path / "evidence")
    server = request.getfixturevalue("server")
    bucket = server.bucket(locked=bool(lock))
    # two connections in turn: making one takes longer than using it
    in_turn = cycle([on_s3(server, bucket, ObjectLock(lock or "none")) for _ in range(2)])
    return lambda: next(in_turn)


def test_what_is_written_is_read(new_store: Callable[[], TileStore]) -> None:
    """Nothing at first; then the bytes, whatever they are, also through another connection."""
    store = new_store()
    assert store.read("checkpoint") is None
    assert store.read("tile/0/000") is None
    for path, content in (("checkpoint", b"a"), ("tile/0/x001/234", bytes(range(256))), ("tile/entries/000.p/3", b"")):
        store.write(path, content)
        assert new_store().read(path) == content
    store.write("checkpoint", b"b")
    assert new_store().read("checkpoint") == b"b"


def test_a_tile_is_written_once(new_store: Callable[[], TileStore]) -> None:
    """The same bytes again are fine; other bytes are refused, and the first stay."""
    store = new_store()
    for _ in range(2):
        store.write_once("tile/0/000", b"hashes")
        new_store().write_once("tile/0/000", b"hashes")
    with pytest.raises(FoundError, match="tile/0/000"):
        store.write_once("tile/0/000", b"others")
    assert store.read("tile/0/000") == b"hashes"
    store.write_once("tile/0/000.p/7", b"a partial one beside it")


def test_a_checkpoint_is_replaced_only_if_it_is_the_one_that_was_read(new_store: Callable[[], TileStore]) -> None:
    """First only where there is none, then only over the one named; who is late changes nothing."""
    one, two = new_store(), new_store()
    assert not one.replace("checkpoint", b"of nobody", b"1")
    assert one.replace("checkpoint", None, b"1")
    assert not two.replace("checkpoint", None, b"2")
    assert two.replace("checkpoint", b"1", b"2")
    assert not one.replace("checkpoint", b"1", b"1 again")
    assert one.read("checkpoint") == two.read("checkpoint") == b"2"


def test_of_many_at_once_one_wins(new_store: Callable[[], TileStore]) -> None:
    """Four writers replace the same checkpoint: exactly one is told that it did, and its bytes stand."""
    new_store().write("checkpoint", b"before")
    stores = [new_store() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(lambda n: stores[n].replace("checkpoint", b"before", b"%d" % n), range(4)))
    assert won.count(True) == 1
    assert new_store().read("checkpoint") == b"%d" % won.index(True)


def test_no_path_leaves_the_log(new_store: Callable[[], TileStore]) -> None:
    """A path that leads elsewhere is refused before anything is read or written."""
    store = new_store()
    for path in ("../x", "/x", "tile/../../x", "", ".hidden", "tile//0"):
        for action in (store.read, lambda p: store.write(p, b""), lambda p: store.write_once(p, b"")):
            with pytest.raises(InputError):
                action(path)
        with pytest.raises(InputError):
            store.replace(path, None, b"")


def test_a_log_is_published_and_audited(new_store: Callable[[], TileStore], tmp_path: Path) -> None:
    """A log grows in two publications, is audited from another connection, and goes on with what it finds."""
    ledger = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}", FileKeyStore(tmp_path / "keys"))
    signer = Signer.from_seed(ORIGIN, bytes(32))
    for size in (300, 600):
        names = range(size - 300, size)
        ledger.log.append_many([LogDraft(StatementId(str(n)), None, b"%d" % n) for n in names])
        assert EvidenceLog(ledger.log, new_store(), signer, ORIGIN).publish().size == size
        assert audit(new_store().read, signer.verifier, ORIGIN).size == size
    ledger.close()


@pytest.mark.parametrize("lock", [ObjectLock.GOVERNANCE, ObjectLock.COMPLIANCE])
def test_what_is_written_is_locked_until_its_date(server: Any, lock: ObjectLock) -> None:
    """Every version of tile and checkpoint carries the lock for ten years, and cannot be deleted."""
    bucket = server.bucket(locked=True)
    store = on_s3(server, bucket, lock)
    store.write_once("tile/0/000", b"hashes")
    assert store.replace("checkpoint", None, b"1")
    assert store.replace("checkpoint", b"1", b"2")
    versions = server.versions(bucket)
    assert sorted(key for key, _ in versions) == ["log/checkpoint", "log/checkpoint", "log/tile/0/000"]
    for key, version in versions:
        kept = server.direct.head_object(Bucket=bucket, Key=key, VersionId=version)
        assert kept["ObjectLockMode"] == lock.name
        assert kept["ObjectLockRetainUntilDate"] > datetime.now(UTC) + timedelta(days=3650)
        with pytest.raises(ClientError, match="AccessDenied"):
            server.direct.delete_object(Bucket=bucket, Key=key, VersionId=version)


def test_without_a_lock_nothing_is_locked(server: Any) -> None:
    """`object_lock: none` asks for no lock, and works with a bucket that has none."""
    bucket = server.bucket()
    on_s3(server, bucket).write_once("tile/0/000", b"hashes")
    assert server.keys(bucket) == ["log/tile/0/000"]


def test_a_bucket_that_cannot_lock_is_refused(server: Any) -> None:
    """A lock was asked for and the bucket has none: nothing is written, and the message says what to do."""
    bucket = server.bucket(versioned=True)
    with pytest.raises(SettingsError, match="no Object Lock"):
        on_s3(server, bucket, ObjectLock.COMPLIANCE).write_once("tile/0/000", b"hashes")
    assert server.keys(bucket) == []


@pytest.mark.parametrize("when", ["BEFORE", "AFTER"])
def test_a_write_that_is_cut_off_is_done_once(server: Any, faults: Any, when: str) -> None:
    """The connection breaks before or after the write took effect: repeated, it is done, and once."""
    bucket = server.bucket(locked=True)
    store = on_s3(server, bucket, ObjectLock.GOVERNANCE)
    faults.cut_write, faults.when = 0, _load().When[when]
    store.write_once("tile/0/000", b"hashes")
    assert store.read("tile/0/000") == b"hashes"
    assert len(server.versions(bucket)) == 1


def test_another_writer_slips_in_between(server: Any, faults: Any) -> None:
    """Between reading the checkpoint and writing it someone else writes: ours is refused, theirs stays."""
    bucket = server.bucket()
    store = on_s3(server, bucket)
    assert store.replace("checkpoint", None, b"1")
    faults.before_write = lambda sent: server.put(bucket, sent.key, b"theirs")
    assert not store.replace("checkpoint", b"1", b"ours")
    assert store.read("checkpoint") == b"theirs"


def test_a_store_that_fails_is_told_apart_from_an_empty_one(server: Any, faults: Any) -> None:
    """Not reached and a server's error are transient; no bucket and no permission are not, and say what is missing."""
    bucket = server.bucket()
    with pytest.raises(TransientFailure):
        on_s3(server, bucket, endpoint="http://127.0.0.1:9").read("checkpoint")
    with pytest.raises(TerminalFailure, match="NoSuchBucket"):
        on_s3(server, "no-such-bucket").read("checkpoint")
    faults.deny = "GET"
    with pytest.raises(TerminalFailure, match="s3:GetObject"):
        on_s3(server, bucket).read("checkpoint")
    faults.deny, faults.answer_500 = None, True
    with pytest.raises(TransientFailure, match="InternalError"):
        on_s3(server, bucket).write_once("tile/0/000", b"")
