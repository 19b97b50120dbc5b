"""What the lake does to objects besides their rows, on moto's server behind our strict proxy."""

from __future__ import annotations

import importlib.util
import io
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors import lake
from retention.errors import TerminalFailure
from retention.model.datamap import ColumnType, Dataset
from retention.model.ids import DatasetId, KeySetId, SystemId
from retention.model.predicate import Among, Everything, Selection
from retention.model.subject import KeySet


def _load() -> ModuleType:
    if "s3_server" not in sys.modules:
        path = Path(__file__).parents[3] / "s3" / "server.py"
        spec = importlib.util.spec_from_file_location("s3_server", path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules["s3_server"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["s3_server"])
    return sys.modules["s3_server"]


GONE = Selection(Among("user", KeySet(KeySetId("k"), 1, "")), {KeySetId("k"): frozenset({"gone"})})
TWO = b'{"user":"gone"}\n{"user":"stays"}\n'


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    """One server for the file."""
    running = _load().S3Server()
    yield running
    running.close()


def dataset(location: str) -> Dataset:
    """Return a dataset at the location."""
    return Dataset(DatasetId("lake.seen"), SystemId("lake"), location, (), {"user": "user"}, (), (), {}, {}, {})


def test_a_rewritten_object_keeps_its_attributes(server: Any) -> None:
    """Type, user metadata, tags, storage class, caching and encryption are those of the object before."""
    bucket = server.bucket()
    server.put(
        bucket,
        "seen/a.jsonl",
        TWO,
        ContentType="application/x-ndjson",
        CacheControl="no-store",
        Metadata={"job": "7"},
        Tagging="team=lake&cost=a%3Db",
        StorageClass="STANDARD_IA",
        ServerSideEncryption="AES256",
    )
    lake.connect(server.system(bucket)).eraser().erase_rows(dataset("seen/*.jsonl"), GONE)
    head = server.direct.head_object(Bucket=bucket, Key="seen/a.jsonl")
    tags = server.direct.get_object_tagging(Bucket=bucket, Key="seen/a.jsonl")["TagSet"]
    assert head["ContentLength"] == len(b'{"user":"stays"}\n')
    assert (head["ContentType"], head["CacheControl"]) == ("application/x-ndjson", "no-store")
    assert (head["Metadata"], head["StorageClass"], head["ServerSideEncryption"]) == (
        {"job": "7"},
        "STANDARD_IA",
        "AES256",
    )
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"team": "lake", "cost": "a=b"}


def test_objects_without_the_person_are_not_written(server: Any) -> None:
    """Neither other datasets' objects nor clean ones get a new version."""
    bucket = server.bucket(versioned=True)
    server.put(bucket, "seen/clean.jsonl", b'{"user":"stays"}\n')
    server.put(bucket, "seen/below/a.jsonl", TWO)
    server.put(bucket, "other/a.jsonl", TWO)
    before = server.versions(bucket)
    assert lake.connect(server.system(bucket)).eraser().erase_rows(dataset("seen/*.jsonl"), GONE).rows == 0
    assert server.versions(bucket) == before


def test_the_prefix_of_the_url_is_the_root(server: Any) -> None:
    """Datasets and tables are relative to it, and nothing beside it is seen."""
    bucket = server.bucket()
    for key in ("in/seen/a.jsonl", "in/loose.csv", "out/seen/a.jsonl"):
        server.put(bucket, key, TWO)
    store = lake.connect(server.system(bucket, url=f"s3://{bucket}/in"))
    assert store.tables() == ("loose.csv", "seen/")
    assert store.finder().count(dataset("seen/*.jsonl"), GONE) == 1


def test_a_folder_of_old_versions_only_is_still_a_table(server: Any) -> None:
    """Data behind delete markers is data that nobody mapped."""
    bucket = server.bucket(versioned=True)
    server.put(bucket, "forgotten/a.jsonl", TWO)
    server.direct.delete_object(Bucket=bucket, Key="forgotten/a.jsonl")
    store = lake.connect(server.system(bucket))
    assert store.tables() == ("forgotten/",)
    assert [row for batch in store.inspector().scan(dataset("forgotten/*.jsonl")) for row in batch.to_pylist()] == []
    past = [row for batch in store.inspector().past(dataset("forgotten/*.jsonl")) for row in batch.to_pylist()]
    assert past == [{"user": "gone"}, {"user": "stays"}]


def test_columns_of_all_objects_are_described(server: Any) -> None:
    """A column of one old object is seen; objects that disagree about a type make it OTHER."""
    bucket = server.bucket()
    server.put(bucket, "seen/a.jsonl", b'{"user":"x","old":1,"n":1}\n')
    server.put(bucket, "seen/b.jsonl", b'{"user":"x","n":"1"}\n')
    found = lake.connect(server.system(bucket)).finder().describe(dataset("seen/*.jsonl"))
    assert found == {"user": ColumnType.TEXT, "old": ColumnType.INTEGER, "n": ColumnType.OTHER}


def test_an_object_of_unknown_format_is_not_skipped(server: Any) -> None:
    """A file that matches the path and cannot be read stops it."""
    bucket = server.bucket()
    server.put(bucket, "seen/a.avro", b"x")
    with pytest.raises(TerminalFailure, match=r"a\.avro"):
        lake.connect(server.system(bucket)).finder().count(dataset("seen/*"), Selection(Everything()))


def test_a_small_object_is_one_request(server: Any) -> None:
    """To know that nobody is in a small file takes one request, of Parquet and of lines.

    A larger one takes two for its footer; the first of all is asked for its columns before.
    """
    bucket = server.bucket()
    small = pa.table({"user": [f"name {n}" for n in range(50)]})
    large = pa.table({"user": [f"a longer name {n * n}" for n in range(40_000)]})
    for key, table in (("seen/small.parquet", small), ("seen/large.parquet", large)):
        sink = io.BytesIO()
        pq.write_table(table, sink)
        server.put(bucket, key, sink.getvalue())
    server.put(bucket, "seen/lines.jsonl", TWO.replace(b"gone", b"else"))
    asked: Counter[str] = Counter()
    with closing(lake.connect(server.system(bucket))) as store:
        client = store.finder()._bucket.client
        client.meta.events.register(
            "provide-client-params.s3.GetObject", lambda params, **_: asked.update([params["Key"]])
        )
        assert store.finder().count(dataset("seen/*"), GONE) == 0
    assert asked == {"seen/small.parquet": 1, "seen/lines.jsonl": 1, "seen/large.parquet": 2 + 2}
