"""What every store of exports does: a folder, and a bucket with and without old versions."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from connectors.exports_s3 import connect
from retention.errors import SettingsError, TerminalFailure
from retention.ports.exports import ExportSettings, ExportStore
from retention.store import FolderExports
from retention.wiring.exports import connect_exports

PATH = "holdings/group/notes/x-1/part-00000.parquet"


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


def on_s3(server: Any, bucket: str) -> ExportStore:
    """Return a store below `sets/` of the bucket."""
    options = {name: value for name, value in server.settings(bucket, "sets").items() if name != "url"}
    return connect(ExportSettings(f"s3://{bucket}/sets", options))


@pytest.fixture(params=["folder", "bucket", "versioned bucket"])
def exports(request: pytest.FixtureRequest, tmp_path: Path) -> ExportStore:
    """Return an empty store."""
    if request.param == "folder":
        return FolderExports(tmp_path / "exports")
    server = request.getfixturevalue("server")
    return on_s3(server, server.bucket(versioned=request.param.startswith("versioned")))


def test_a_file_is_put_read_listed_and_removed(exports: ExportStore) -> None:
    """Nothing at first; the newest bytes; listed below its folder only; gone, and removing it again is harmless."""
    assert exports.read(PATH) is None
    assert exports.paths("holdings/group") == ()
    exports.put(PATH, b"one")
    exports.put(PATH, b"two")
    exports.put("holdings2/group/other", b"x")
    assert exports.read(PATH) == b"two"
    assert exports.paths("holdings/group") == (PATH,)
    exports.remove(PATH)
    exports.remove(PATH)
    assert exports.read(PATH) is None
    assert exports.paths("holdings") == ()
    assert exports.read("holdings2/group/other") == b"x"


def test_no_version_of_what_was_replaced_or_removed_stays(server: Any) -> None:
    """In a bucket that keeps versions the rows of an erased person stay in none of them."""
    bucket = server.bucket(versioned=True)
    exports = on_s3(server, bucket)
    exports.put(PATH, b"with her")
    exports.put(PATH, b"without her")
    assert len(server.versions(bucket)) == 1
    exports.remove(PATH)
    assert server.versions(bucket) == []
    assert server.markers(bucket) == []


def test_a_bucket_that_is_not_there_is_told(server: Any) -> None:
    """The error says what was found and what to do; it is not tried for ever."""
    with pytest.raises(TerminalFailure, match="NoSuchBucket"):
        on_s3(server, "nowhere-at-all").put(PATH, b"x")


@pytest.mark.parametrize(
    ("store", "options", "expected"),
    [
        ("exports", {"region": "x"}, "belong to a bucket"),
        ("gopher://x", {}, "nothing connects to gopher"),
        ("s3://b", {}, "another text"),
        ("s3://bucket", {"color": "x"}, "an option nobody reads"),
        ("s3://bucket", {"access_key": "x"}, "one of them"),
    ],
)
def test_wrong_settings_are_told_before_anything_is_reached(
    store: str, options: dict[str, str], expected: str, tmp_path: Path
) -> None:
    """Each mistake names its key and what was expected."""
    with pytest.raises(SettingsError, match=expected):
        connect_exports(ExportSettings(store, options, tmp_path))
