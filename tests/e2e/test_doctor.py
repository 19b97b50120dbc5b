"""`retention doctor` on real parts: moto's server, a mail server, SQLite; once well, once with everything wrong."""

from __future__ import annotations

import http.server
import json
import logging
import shutil
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from aiosmtpd.controller import Controller
from moto.server import ThreadedMotoServer

from retention.model.facts import HoldPlaced
from retention.model.ids import HoldId
from retention.wiring.doctor import needs

KEYS = {"access_key": "AKIDEXAMPLE", "secret_key": "not-a-real-secret", "region": "ap-northeast-1"}
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
SECRET = "not-a-real-secret"  # noqa: S105 -- moto's

SETTINGS = """\
ledger: sqlite:///ledger.db
policy: policy.yaml
datamap: datamap.yaml
keys: {{provider: file, path: keys}}
evidence: {{store: "s3://{evidence}/log", origin: shop.example/log, object_lock: governance, retain: P1D, {s3}}}
exports: {{store: "s3://{exports}", {s3}}}
subject_keys:
  members: {{store: "sqlite:///wrapped.db", provider: file, path: keks}}
systems:
  shop: {{connector: sql, url: "file:shop_url"}}
  lake: {{connector: lake, url: "s3://{lake}", {s3}}}
  nightly: {{connector: backups, url: "s3://{nightly}/dumps", kind: folders, copies: [lake], expire: P35D,
    removed_by: store, {s3}}}
events:
  queues:
    crm: {{connector: sqs, url: "{queue}", {s3}}}
letters:
  email: {{carrier: smtp, server: "{mail}", from: privacy@shop.example}}
"""


class Aws:
    """moto's server, with buckets and queues by name."""

    def __init__(self, endpoint: str) -> None:
        known = {"aws_access_key_id": KEYS["access_key"], "aws_secret_access_key": SECRET}
        self.endpoint = endpoint
        self.s3 = boto3.client("s3", region_name=KEYS["region"], endpoint_url=endpoint, **known)
        self.abroad = boto3.client("s3", region_name="eu-west-1", endpoint_url=endpoint, **known)
        self.sqs = boto3.client("sqs", region_name=KEYS["region"], endpoint_url=endpoint, **known)

    def bucket(self, name: str, *, lock: str | None = None, days: int | None = None, abroad: bool = False) -> str:
        """Make a bucket; `lock`: "" for Object Lock without a default, or the default's mode."""
        place: Any = {"LocationConstraint": "eu-west-1" if abroad else KEYS["region"]}
        client, locked = self.abroad if abroad else self.s3, lock is not None
        client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=locked, CreateBucketConfiguration=place)
        if lock:
            default: Any = {"Mode": lock, "Days": 30}
            self.s3.put_object_lock_configuration(
                Bucket=name,
                ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": default}},
            )
        if days:
            rule: Any = {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": days}}
            self.s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": [rule]})
        return name

    def queue(self, name: str, **attributes: Any) -> str:
        """Make a queue; return its address."""
        return str(self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    """One server for the file."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # moto's own access log
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield Aws(f"http://{host}:{port}")
    server.stop()


@pytest.fixture(scope="module")
def mail() -> Iterator[str]:
    """A mail server on this machine."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    controller = Controller(object(), hostname="127.0.0.1", port=port)
    controller.start()
    yield f"127.0.0.1:{port}"
    controller.stop()


@pytest.fixture(autouse=True)
def _roomy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the disk of the machine that tests, here there is room."""
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1 << 40))


def written(shop: Any, aws: Aws, **places: str) -> None:
    """Write retention.yaml with these places, guarded as it should be."""
    s3 = ", ".join(f'{name}: "{value}"' for name, value in {**KEYS, "endpoint": aws.endpoint}.items())
    (shop.folder / "retention.yaml").write_text(SETTINGS.format(s3=s3, **places), encoding="utf-8")
    for path in shop.folder.iterdir():
        path.chmod(0o600)


def test_a_sound_workspace_is_well(shop: Any, aws: Aws, mail: str, cli: Any) -> None:
    """Buckets, queue, mail, ledger, keys and log are what they should be: exit 0; and nothing was changed."""
    places = {
        "evidence": aws.bucket("log-well", lock=""),
        "exports": aws.bucket("exports-well"),
        "lake": aws.bucket("lake-well"),
        "nightly": aws.bucket("nightly-well", days=35),
    }
    written(shop, aws, queue=aws.queue("well"), mail=mail, **places)
    assert cli("doctor", folder=shop.folder).code == 0
    assert not (shop.folder / "ledger.db").exists()
    with shop.app() as app:
        app.context.record(None, HoldPlaced(HoldId("H-1"), "dispute"), NOW)
    waiting = cli("doctor", folder=shop.folder)
    assert (waiting.code, "log: evidence: expected all 1 entries published, found 0" in waiting.out) == (1, True)
    assert cli("evidence", "publish", folder=shop.folder).code == 0
    said = cli("doctor", "--json", folder=shop.folder)
    found = json.loads(said.out)
    assert (said.code, found["well"]) == (0, True), found
    looked = {check["check"] for check in found["checks"] if check["looked_at"]}
    assert looked >= {"software", "files", "disk", "clock", "buckets", "queues", "ledger", "keys", "log", "letters"}


def test_everything_that_is_wrong_is_named_at_once(
    shop: Any, aws: Aws, cli: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each fault of real parts has its line, with what to do; no secret and nobody's key is in any."""
    places = {
        "evidence": aws.bucket("log-ill", days=90),
        "exports": aws.bucket("exports-ill", lock="GOVERNANCE"),
        "lake": aws.bucket("lake-ill", lock="COMPLIANCE", abroad=True),
        "nightly": "no-such-bucket",
    }
    dead = aws.queue("dead")
    aws.sqs.send_message(QueueUrl=dead, MessageBody="user_id=c1")
    arn = aws.sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
    queue = aws.queue("ill", VisibilityTimeout="5", MessageRetentionPeriod="3600", RedrivePolicy=redrive)
    written(shop, aws, queue=queue, mail="127.0.0.1:9", **places)
    policy = (shop.folder / "policy.yaml").read_text(encoding="utf-8")
    title = "title: {ja: 位置, en: Place}"
    policy = policy.replace("rules:\n", f"  place: {{{title}, purposes: [P1]}}\nrules:\n", 1).replace(
        "  - id: billing\n",
        "  - id: place\n    category: place\n    effective: {from: 2020-01-01}\n"
        "    keep: {for: P30D, after: account.closed}\n    then: erase\n    source: policy\n  - id: billing\n",
    )
    (shop.folder / "policy.yaml").write_text(policy, encoding="utf-8")
    (shop.folder / "policy.yaml").chmod(0o666)
    (shop.folder / "shop_url").chmod(0o644)
    monkeypatch.setattr(needs, "_is_installed", lambda package: package != "great-expectations")
    (shop.folder / "dags").mkdir()
    monkeypatch.setenv("AIRFLOW__CORE__DAGS_FOLDER", str(shop.folder / "dags"))
    said = cli("doctor", "--json", folder=shop.folder)
    assert said.code == 1
    found = json.loads(said.out)["checks"]
    wrong = {(check["check"], each["where"]) for check in found for each in check["findings"]}
    assert wrong == {
        ("software", "retention verify"),
        ("files", "policy.yaml"),
        ("files", "shop_url"),
        ("coverage", "policy categories.place"),
        ("buckets", "systems.lake"),
        ("buckets", "evidence"),
        ("buckets", "exports"),
        ("buckets", "systems.nightly"),
        ("queues", "events.queues.crm"),
        ("letters", "letters.email"),
        ("airflow", "airflow dags_folder"),
    }
    counted = {check["check"]: len(check["findings"]) for check in found}
    assert (counted["buckets"], counted["queues"]) == (6, 4)  # lake and log have two each
    assert all(each["hint"] for check in found for each in check["findings"])
    assert not {word for word in (SECRET, "c1", "sqlite:///") if word in said.all}


def test_a_file_that_is_wrong_keeps_nothing_else_from_being_looked_at(shop: Any, cli: Any) -> None:
    """Every problem of the policy is told with its line, and the rest is judged; no retention.yaml is said, too."""
    (shop.folder / "policy.yaml").write_text("policy: shop\nrules: 7\n", encoding="utf-8")
    said = cli("doctor", folder=shop.folder)
    assert said.code == 1
    assert "workspace: policy.yaml:2 rules" in said.out
    assert "files: shop_url: expected a file that only its owner can read" in said.out
    (shop.folder / "retention.yaml").unlink()
    said = cli("doctor", folder=shop.folder)
    assert (said.code, "retention.yaml does not exist" in said.out) == (1, True)


def test_a_ledger_that_was_put_back_or_lost_its_key_is_seen(shop: Any, cli: Any) -> None:
    """An older ledger under a newer log, tables of another version, a lost key: each is said, nothing is mended."""
    folder = shop.folder
    with shop.app() as app:
        app.publish(NOW)
    before = (folder / "ledger.db").read_bytes()
    with shop.app() as app:
        app.place_hold("user_id=c1", "dispute", NOW)
        app.publish(NOW)
    for path in folder.glob("ledger.db*"):
        path.unlink()
    (folder / "ledger.db").write_bytes(before)
    assert "restored from an older backup" in cli("doctor", folder=folder).out
    (folder / "keys" / "signing.key").rename(folder / "signing.key")
    assert "keys signing: expected the key: it has been used" in cli("doctor", folder=folder).out
    with closing(sqlite3.connect(folder / "ledger.db")) as connection, connection:
        connection.execute("UPDATE ledger_version SET version_num = '9999'")
    assert "ledger: expected tables of version" in cli("doctor", folder=folder).out


class _Airflow(http.server.BaseHTTPRequestHandler):
    """Answers as Airflow 3's REST API does, to whoever has the token."""

    def do_GET(self) -> None:
        """Tell health and pools."""
        health = {name: {"status": "healthy"} for name in ("metadatabase", "scheduler", "dag_processor")}
        health["triggerer"] = {"status": "unhealthy"}
        pools = {"pools": [{"name": "default_pool"}, {"name": "retention_requests"}]}
        known = self.headers.get("Authorization") == "Bearer secret-token"
        body = json.dumps(pools if "pools" in self.path else health).encode()
        self.send_response(200 if known or "health" in self.path else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Stay quiet."""


def test_airflow_is_asked_where_the_environment_says_it_is(
    shop: Any, cli: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A part without a heart beat and a missing pool are named; the token is never printed."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Airflow)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", f"http://127.0.0.1:{server.server_address[1]}")
    monkeypatch.setenv("AIRFLOW__CORE__DAGS_FOLDER", str(Path(__file__).parents[2] / "dags"))
    monkeypatch.setenv("RETENTION_AIRFLOW_TOKEN", "secret-token")
    said = cli("doctor", folder=shop.folder)
    assert "airflow triggerer: expected healthy, found unhealthy" in said.out
    assert "the pool retention_sweeps" in said.out
    assert "dags_folder" not in said.out
    monkeypatch.setenv("RETENTION_AIRFLOW_TOKEN", "wrong-token")
    said = cli("doctor", folder=shop.folder)
    assert "answered 401; RETENTION_AIRFLOW_TOKEN" in said.out.replace("(", "; ")
    assert "-token" not in said.all.replace("RETENTION_AIRFLOW_TOKEN must be a valid token", "")
    server.shutdown()
    server.server_close()


def test_packages_are_found_missing_by_what_is_installed() -> None:
    """What an extra of ours demands is asked of the installation, extras of extras included."""
    assert needs.missing("s3") == ()
    assert needs.installed("no-such-package-of-anybody") is None
    assert needs.missing("fictional", "retention") == ()
