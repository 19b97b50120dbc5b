"""docs/iam is what the recording says, the recording is what the code asks, and no permission is wider than that."""

from __future__ import annotations

import ast
import importlib.util
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import botocore.session
import pytest
from botocore import xform_name

from connectors import exports_s3, lake, sqs, tiles_s3
from retention.model.period import Period
from retention.ports.exports import ExportSettings
from retention.ports.queues import QueueSettings
from retention.ports.tiles import ObjectLock, TileSettings
from tests.iam.__main__ import FOLDER, RECORDING, SUITES, record
from tests.iam.policies import ACTIONS, ANY, permissions, policies
from tests.iam.recording import CONNECTORS, POLICIES, read, recorded, written

CALLS = read(RECORDING.read_text(encoding="utf-8"))
UNLIMITED = {"kms:CreateKey", "dynamodb:ListTables", "dynamodb:ListBackups", "backup:ListLegalHolds"}
"""Actions that AWS does not limit to a resource."""
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def operations() -> dict[str, str]:
    """Return every operation of the services that we use by the name of its method: `put_object` → `PutObject`."""
    session = botocore.session.get_session()
    return {
        xform_name(operation): operation
        for service in ACTIONS
        for operation in session.get_service_model(service).operation_names
    }


def in_code(package: str, known: dict[str, str]) -> Iterator[str]:
    """Yield the operations that stand in a connector's code: methods of a client, names for a paginator or a call."""
    for path in sorted((CONNECTORS / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            of = ast.unparse(node.func.value).rpartition(".")[2]
            if "client" in of and node.func.attr in known:
                yield known[node.func.attr]
            for argument in node.args[:1]:
                if node.func.attr in {"get_paginator", "_call"} and isinstance(argument, ast.Constant):
                    yield from filter(None, [known.get(str(argument.value))])


def test_the_policies_are_what_was_recorded() -> None:
    """Exactly these files, byte for byte; the recording itself is sorted."""
    made = policies(CALLS)
    there = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json") if path != RECORDING}
    assert there == made
    assert written(CALLS) == RECORDING.read_text(encoding="utf-8")
    listed = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert all(f"[{name}]({name})" in listed for name in made)


def test_no_permission_is_a_wildcard() -> None:
    """No action has a star; a resource is a bare star only where AWS knows no other."""
    for text in policies(CALLS).values():
        for statement in json.loads(text)["Statement"]:
            assert not [action for action in statement["Action"] if "*" in action]
            assert ANY not in statement["Resource"] or set(statement["Action"]) <= UNLIMITED


def test_what_stands_in_the_code_was_recorded_and_nothing_else() -> None:
    """A new call needs a new recording (`python -m tests.iam`), and a call that is gone takes its permission along."""
    known = operations()
    code = {path.name: set(in_code(path.name, known)) for path in CONNECTORS.iterdir() if path.is_dir()}
    asked = {name: {operation for _, operation, _ in calls} for name, calls in CALLS.items()}
    assert set(asked) == POLICIES
    for name in POLICIES:
        assert code[name] - asked[name] == set(), name
    everywhere = set().union(*code.values())
    assert {operation for calls in asked.values() for operation in calls} <= everywhere
    assert not [name for name, found in code.items() if found and name not in POLICIES and name != "aws"]


def test_a_call_that_nobody_looked_up_stops_the_program() -> None:
    """No permission is guessed; a version, a lock and tags need actions of their own."""
    with pytest.raises(LookupError, match="s3 DeleteBucket"):
        permissions("s3", "DeleteBucket", ())
    found = [action for action, _ in permissions("s3", "GetObject", ("VersionId",))]
    assert found == ["s3:GetObjectVersion", "s3:ListBucket"]
    assert {action for action, _ in permissions("s3", "PutObject", ("ObjectLockMode", "Tagging"))} == {
        "s3:PutObject",
        "s3:PutObjectRetention",
        "s3:PutObjectTagging",
    }


def test_evidence_can_be_written_and_not_removed() -> None:
    """Who publishes the log may neither delete nor get around a lock; who keeps copies only reads; the doctor, too."""
    actions = defaultdict(set)
    for name, text in policies(CALLS).items():
        for statement in json.loads(text)["Statement"]:
            actions[name.partition("-")[0].removesuffix(".json")] |= set(statement["Action"])
    assert not [action for action in actions["tiles_s3"] if "Delete" in action or "Bypass" in action]
    for reader in ("backups", "health"):
        assert all(action.partition(":")[2].startswith(("Get", "List", "Describe")) for action in actions[reader])


def _server() -> ModuleType:
    if "s3_server" not in sys.modules:
        spec = importlib.util.spec_from_file_location("s3_server", Path(__file__).parents[1] / "s3" / "server.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules["s3_server"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["s3_server"])
    return sys.modules["s3_server"]


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    """Moto behind the strict proxy."""
    running = _server().S3Server()
    yield running
    running.close()


def test_a_small_run_asks_for_nothing_else(server: Any) -> None:
    """Log, exports, lake and queue at work: each call is a connector's and in the recording; the test's own are not."""
    locked, plain = server.bucket(locked=True), server.bucket(versioned=True)
    options = {name: value for name, value in server.settings(plain, "x").items() if name != "url"}
    with recorded() as calls:
        own = {"aws_access_key_id": options["access_key"], "aws_secret_access_key": options["secret_key"]}
        client = boto3.client("sqs", region_name="us-east-1", endpoint_url=server.direct.meta.endpoint_url, **own)
        address = client.create_queue(QueueName="crm")["QueueUrl"]
        client.send_message(QueueUrl=address, MessageBody="x")
        tiles = tiles_s3.connect(TileSettings(f"s3://{locked}/log", ObjectLock.GOVERNANCE, Period(days=1), options))
        tiles.write_once("tile/0/000", b"hashes")
        assert tiles.replace("checkpoint", None, b"1")
        exports = exports_s3.connect(ExportSettings(f"s3://{plain}/sets", options))
        exports.put("group/part", b"x")
        exports.remove("group/part")
        files = lake.connect(server.system(plain))
        assert files.tables() == ()
        files.close()
        queue = sqs.connect(
            QueueSettings("crm", "sqs", {**options, "url": address, "endpoint": server.direct.meta.endpoint_url})
        )
        queue.delete(queue.receive(0))
        queue.close()
    assert set(calls) == {"tiles_s3", "exports_s3", "lake", "sqs"}
    for connector, asked in calls.items():
        assert asked <= CALLS[connector], connector


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a_new_recording_says_the_same() -> None:
    """The tests of all connectors ask for exactly what is committed."""
    assert record(*SUITES) == CALLS
