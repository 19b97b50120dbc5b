"""What the lake received since when, on moto's server."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors import lake
from retention.model.datamap import Dataset
from retention.model.ids import DatasetId, SystemId


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


def test_only_objects_written_since_then_are_read(server: Any) -> None:
    """At the very instant counts; what is older is not opened, not even if it cannot be read."""
    seen = Dataset(DatasetId("lake.seen"), SystemId("lake"), "seen/*.jsonl", (), {"user": "user"}, (), (), {}, {}, {})
    bucket = server.bucket()
    server.put(bucket, "seen/a.jsonl", b'{"user":"c1"}\n{"user":"c2"}\n{"user":"c1"}\n')
    server.put(bucket, "elsewhere/b.jsonl", b'{"user":"c9"}\n')
    store = lake.connect(server.system(bucket))
    assert store.capabilities.receives
    at = server.direct.head_object(Bucket=bucket, Key="seen/a.jsonl")["LastModified"]
    found = [(when, sorted(rows)) for when, rows in store.arrivals().arrived(seen, ["user"], at)]
    assert found == [(at, [("c1",), ("c2",)])]
    server.put(bucket, "seen/a.jsonl", b"not JSON\n")
    assert list(store.arrivals().arrived(seen, ["user"], at + timedelta(days=1))) == []
    store.close()
