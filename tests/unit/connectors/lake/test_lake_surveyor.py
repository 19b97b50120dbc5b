"""Reading a whole prefix: shapes of files, their columns whatever the format, and what no path covers."""

from __future__ import annotations

import gzip
import importlib.util
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import lake
from connectors.lake.pattern import Pattern
from connectors.lake.shapes import shapes
from retention.errors import TerminalFailure
from retention.model.datamap import ColumnType
from retention.model.ids import SystemId
from retention.ports.connector import SystemSettings


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    """One server for the file."""
    if "s3_server" not in sys.modules:
        path = Path(__file__).parents[3] / "s3" / "server.py"
        spec = importlib.util.spec_from_file_location("s3_server", path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules["s3_server"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["s3_server"])
    running = sys.modules["s3_server"].S3Server()
    yield running
    running.close()


def parquet(rows: list[dict[str, Any]]) -> bytes:
    """Return a Parquet file."""
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), sink)
    return sink.getvalue()


FILES = {
    "viewing/dt=2026-01-01/part-0.parquet": parquet([{"user": "u1", "at": 1, "who": {"mail": "a@mail.example"}}]),
    "viewing/dt=2026-01-02/part-1.parquet": parquet([{"user": "u2", "at": 2, "extra": "x"}]),
    "logs/a1.jsonl.gz": gzip.compress(b'{"ip": "192.0.2.1"}\n{"ip": "192.0.2.2", "ua": "Mozilla/5.0"}\n'),
    "members.csv": "氏名,電話番号\n山田 太郎,090-1234-5678\n".encode("cp932"),
    "export/all.json": b'[{"mail": "b@mail.example"}]',
    "pictures/1.jpeg": b"\xff\xd8",
    "empty/_SUCCESS": b"",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The files in a folder of this machine."""
    root = tmp_path_factory.mktemp("files")
    for key, content in FILES.items():
        (root / key).parent.mkdir(parents=True, exist_ok=True)
        (root / key).write_bytes(content)
    return root


def survey_folder(path: Path):
    """Survey a file or folder."""
    return {live.location: live for live in lake.survey_files(settings_of(path)).survey(100)}


def settings_of(path: Path) -> SystemSettings:
    """Name a path."""
    return SystemSettings(SystemId("files"), "file", {"path": str(path)})


def test_every_format_shows_columns_and_values(server, folder):
    """Parquet, packed JSON Lines, a JSON list and a Shift_JIS CSV; a bucket and a folder look the same."""
    bucket = server.bucket()
    for key, content in FILES.items():
        server.put(bucket, f"in/{key}", content)
    store = lake.connect(server.system(bucket, url=f"s3://{bucket}/in"))
    found = {live.location: live for live in store.surveyor().survey(100)}
    assert found == survey_folder(folder)
    assert set(found) == {
        "viewing/dt=*/*.parquet",
        "logs/*.jsonl.gz",
        "members.csv",
        "export/all.json",
        "pictures/*.jpeg",
    }
    viewing = found["viewing/dt=*/*.parquet"]
    assert viewing.columns == {
        "user": ColumnType.TEXT,
        "at": ColumnType.INTEGER,
        "who": ColumnType.OTHER,
        "extra": ColumnType.TEXT,
    }
    assert viewing.values["who"] == {"a@mail.example"}
    assert found["members.csv"].values["電話番号"] == {"090-1234-5678"}
    assert found["logs/*.jsonl.gz"].values["ip"] == {"192.0.2.1", "192.0.2.2"}
    assert found["pictures/*.jpeg"].columns == {}
    store.close()


def test_what_no_path_covers_lies_beside_old_versions_too(server):
    """A new prefix, a stray file in a mapped folder, and data behind a delete marker; exclusions cover folders."""
    bucket = server.bucket(versioned=True)
    for key in ("seen/a.jsonl", "seen/copy/b.jsonl", "tmp/x/y.jsonl", "exports/u1@mail.example/all.jsonl"):
        server.put(bucket, key, b"{}\n")
    server.put(bucket, "deleted/z1.jsonl", b"{}\n")
    server.direct.delete_object(Bucket=bucket, Key="deleted/z1.jsonl")
    surveyor = lake.connect(server.system(bucket)).surveyor()
    beside = surveyor.beside({"seen/*.jsonl", "tmp/"})
    assert beside == ("deleted/*.jsonl", "exports/*/all.jsonl", "seen/copy/b.jsonl")
    surveyor.close()


def test_a_file_that_is_not_what_it_says_is_told_without_its_name(tmp_path):
    """The shape is named, not the key: it may be somebody's address; nor is the content."""
    (tmp_path / "taro77@mail.example.parquet").write_bytes(b"hanako@mail.example")
    with pytest.raises(TerminalFailure) as failed:
        survey_folder(tmp_path)
    assert "*.parquet" in str(failed.value)
    assert "taro" not in str(failed.value)
    assert "hanako" not in str(failed.value)


KEYS = st.lists(
    st.lists(st.sampled_from(["a", "dt=1", "dt=2", "u7@x", "b"]), max_size=3)
    .map("/".join)
    .flatmap(
        lambda folders: st.sampled_from(["a.csv", "b.csv", "part-1.parquet", "x"]).map(
            lambda name: f"{folders}/{name}" if folders else name
        )
    ),
    unique=True,
)


@given(KEYS)
@settings(max_examples=30)
def test_every_key_has_exactly_one_shape_that_matches_it(keys):
    """No key is lost, and a map that takes over the shapes covers all of them."""
    found = shapes(keys)
    assert sorted(key for those in found.values() for key in those) == sorted(keys)
    assert all(Pattern(shape).matches(key) for shape, those in found.items() for key in those)


def test_very_many_siblings_are_values():
    """Twenty names are names; more are somebody's, and a star stands for them."""
    names = [f"{a}{b}" for a in "abcde" for b in "fghijk"]
    assert set(shapes([f"home/{name}/x.csv" for name in names])) == {"home/*/x.csv"}
    assert set(shapes([f"{name}.csv" for name in names])) == {"*.csv"}
    assert set(shapes(["customers.csv", "orders.csv"])) == {"customers.csv", "orders.csv"}
