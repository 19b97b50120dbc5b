"""Places where copies lie, for tests: buckets and RDS on moto's real server, folders, and AWS Backup.

moto answers AWS Backup's calls on recovery points with 404, so `VaultServer` is a small simulator of
ours: it speaks, over HTTP and behind boto3's `endpoint_url`, the four calls that the keeper uses
(DescribeBackupVault, ListRecoveryPointsByBackupVault, ListLegalHolds, ListRecoveryPointsByLegalHold), in
pages of two. moto knows no past: what it keeps is given its age in its own memory.

Loaded by path, since tests are no package.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import threading
import uuid
from datetime import UTC, date, datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import boto3
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends

_PAGE = 2
REGION = "us-east-1"
TAKEN = time(3, tzinfo=UTC)
"""When copies of the tests are taken."""


def _load_s3() -> ModuleType:
    if "s3_server" not in sys.modules:
        path = Path(__file__).parent.parent / "s3" / "server.py"
        spec = importlib.util.spec_from_file_location("s3_server", path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules["s3_server"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["s3_server"])
    return sys.modules["s3_server"]


def _rds() -> Any:
    """Return moto's memory of RDS."""
    from moto.rds.models import rds_backends  # noqa: PLC0415 -- heavy: the whole of EC2, in every worker that collects

    return rds_backends[DEFAULT_ACCOUNT_ID][REGION]


class VaultServer:
    """AWS Backup, as far as it is asked."""

    def __init__(self) -> None:
        """Listen on a free port; one vault, `main`."""
        self.points: dict[str, dict[str, Any]] = {}
        """ARN → what the service says of the recovery point."""
        self.vault: dict[str, Any] = {"BackupVaultName": "main"}
        self.holds: dict[str, list[str]] = {}
        """Legal hold in force → ARNs."""
        self.fail_after: int | None = None
        """From this request (by number) on, answers are 500."""
        self.throttled = 0
        """So many requests are answered ThrottlingException."""
        self.asked = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("_Bound", (_Handler,), {"owner": self}))
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}"

    def put(self, made: datetime, days: int | None, name: str | None = None, region: str = REGION) -> str:
        """Make a recovery point that its plan deletes after so many days; return its ARN."""
        arn = f"arn:aws:backup:{region}:{DEFAULT_ACCOUNT_ID}:recovery-point:{name or str(uuid.uuid4()).upper()}"
        told: dict[str, Any] = {"RecoveryPointArn": arn, "Status": "COMPLETED", "CreationDate": made.timestamp()}
        if days is not None:
            told["Lifecycle"] = {"DeleteAfterDays": days}
            told["CalculatedLifecycle"] = {"DeleteAt": (made + timedelta(days=days)).timestamp()}
        self.points[arn] = told
        return arn

    def answer(self, path: str, token: str) -> dict[str, Any] | None:
        """Answer one call; None is 404."""
        parts = [unquote(part) for part in path.strip("/").split("/")]
        match parts:
            case ["backup-vaults", "main"]:
                return self.vault
            case ["backup-vaults", "main", "recovery-points"]:
                return self._page("RecoveryPoints", [self.points[arn] for arn in sorted(self.points)], token)
            case ["legal-holds"]:
                holds = [{"LegalHoldId": name, "Status": "ACTIVE"} for name in sorted(self.holds)]
                return self._page("LegalHolds", holds, token)
            case ["legal-holds", name, "recovery-points"]:
                return self._page("RecoveryPoints", [{"RecoveryPointArn": arn} for arn in self.holds[name]], token)
        return None

    def _page(self, name: str, items: list[Any], token: str) -> dict[str, Any]:
        start = int(token or 0)
        more = {"NextToken": str(start + _PAGE)} if start + _PAGE < len(items) else {}
        return {name: items[start : start + _PAGE], **more}

    def close(self) -> None:
        """Stop it."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    owner: VaultServer

    def do_GET(self) -> None:
        """Answer in JSON."""
        address, owner = urlsplit(self.path), self.owner
        owner.asked += 1
        if owner.throttled > 0:
            owner.throttled -= 1
            self._send(429, {"message": "slow down"}, "ThrottlingException")
        elif owner.fail_after is not None and owner.asked > owner.fail_after:
            self._send(500, {"message": "broken"}, "ServiceUnavailableException")
        else:
            query = parse_qs(address.query)
            found = owner.answer(address.path, query.get("nextToken", [""])[0])
            if found is None:
                self._send(404, {"message": "not found"}, "ResourceNotFoundException")
            else:
                self._send(200, found, None)

    def _send(self, status: int, body: dict[str, Any], error: str | None) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        if error:
            self.send_header("x-amzn-errortype", error)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Stay quiet."""


class Cloud:
    """One moto (S3 and RDS) and one AWS Backup, for a module of tests."""

    def __init__(self) -> None:
        """Start both."""
        self.s3 = _load_s3().S3Server()
        self.backup = VaultServer()
        keys = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "not-a-real-secret"}
        direct = self.s3.direct.meta.endpoint_url
        self.rds = boto3.client("rds", region_name=REGION, endpoint_url=direct, **keys)

    def options(self, kind: str, url: str, **more: str) -> dict[str, str]:
        """Return a system's options as retention.yaml has them."""
        endpoint = self.backup.endpoint if kind == "aws-backup" else self.s3.endpoint
        local = url.startswith("folder:")
        reached = {"endpoint": endpoint, "access_key": "AKIDEXAMPLE", "secret_key": "not-a-real-secret"}
        return {"kind": kind, "url": url, "region": REGION, **({} if local else reached), **more}

    def close(self) -> None:
        """Stop both."""
        self.s3.close()
        self.backup.close()

    def age(self, bucket: str, key: str, at: datetime) -> None:
        """Let every version and marker of an object, so far written now, be written then."""
        kept = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets[bucket]
        for entry in kept.keys.getlist(key):
            if entry.last_modified.replace(tzinfo=UTC) > datetime.now(UTC) - timedelta(hours=1):
                entry.last_modified = at.replace(tzinfo=None)

    def age_snapshot(self, name: str, at: datetime) -> None:
        """Let a snapshot be taken then."""
        snapshot = _rds().database_snapshots[name]
        snapshot.created = snapshot.original_snapshot_create_time = at

    def rule(self, bucket: str, **more: Any) -> None:
        """Give the bucket one lifecycle rule."""
        rule = {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}, **more}
        self.s3.direct.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})


def at(day: date) -> datetime:
    """Return when the day's copy was taken."""
    return datetime.combine(day, TAKEN)


class Place:
    """One system of copies: how it is written in retention.yaml, and copies put in and taken out around it."""

    kind: str

    def __init__(self, cloud: Cloud, folder: Path, name: str, expire: int = 35) -> None:
        """Make it, empty; its store removes copies after so many days."""
        self.cloud, self.folder, self.name, self.days = cloud, folder, name, expire
        self.make()

    def make(self) -> None:
        """Make the place."""

    def options(self, **more: str) -> dict[str, str]:
        """Return its options."""
        return self.cloud.options(self.kind, self.url(), **{"expire": f"P{self.days}D", **more})

    def url(self) -> str:
        """Return its address."""
        raise NotImplementedError

    def put(self, day: date) -> str:
        """Take a copy on that day; return its id."""
        raise NotImplementedError

    def remove(self, copy_id: str) -> None:
        """Remove the copy for good."""
        raise NotImplementedError


class Folders(Place):
    """Dated folders in a versioned bucket with a lifecycle rule."""

    kind = "folders"
    prefix = "db/"

    def make(self) -> None:
        """Make the bucket and its rule."""
        self.bucket = self.cloud.s3.bucket(versioned=True)
        self.lifecycle(self.days - 2)

    def lifecycle(self, days: int, **more: Any) -> None:
        """Let objects expire; their versions follow two midnights later."""
        noncurrent = {"NoncurrentDays": 1}
        self.cloud.rule(self.bucket, Expiration={"Days": days}, NoncurrentVersionExpiration=noncurrent, **more)

    def url(self) -> str:
        """Return the bucket and prefix."""
        return f"s3://{self.bucket}/{self.prefix}"

    def put(self, day: date) -> str:
        """Write two objects."""
        for part in ("a", "b"):
            self._write(f"{self.prefix}{day}/{part}", day)
        return f"{self.name}/{day}"

    def _write(self, key: str, day: date) -> None:
        self.cloud.s3.put(self.bucket, key, b"x")
        self.cloud.age(self.bucket, key, at(day))

    def remove(self, copy_id: str) -> None:
        """Remove every version below the copy's name."""
        self._remove(f"{self.prefix}{copy_id.partition('/')[2]}")

    def _remove(self, prefix: str) -> None:
        listing = self.cloud.s3.direct.list_object_versions(Bucket=self.bucket, Prefix=prefix)
        for entry in (*listing.get("Versions", ()), *listing.get("DeleteMarkers", ())):
            self.cloud.s3.direct.delete_object(Bucket=self.bucket, Key=entry["Key"], VersionId=entry["VersionId"])


class RuledFolders(Folders):
    """The same, removed by the bucket's own rule."""

    def options(self, **more: str) -> dict[str, str]:
        """Say that the store removes copies."""
        return super().options(**{"removed_by": "store", **more})


class Replica(Folders):
    """The same in a bucket that another one is replicated to."""

    kind = "replica"


class BucketDumps(Folders):
    """Dumps as objects, removed by a program of ours."""

    kind = "dumps"

    def put(self, day: date) -> str:
        """Write a dump of one object."""
        self._write(f"{self.prefix}shop-{day}.dump", day)
        return f"{self.name}/shop-{day}.dump"


class Versions(Folders):
    """A live bucket whose objects' earlier versions stay for a while."""

    kind = "versions"
    prefix = ""

    def make(self) -> None:
        """Make the bucket; its rule removes noncurrent versions alone."""
        self.bucket = self.cloud.s3.bucket(versioned=True)
        self.cloud.rule(self.bucket, NoncurrentVersionExpiration={"NoncurrentDays": self.days})

    def put(self, day: date) -> str:
        """Replace an object's version on that day."""
        key = f"doc-{day}"
        self._write(key, day - timedelta(days=100))
        self._write(key, day)
        return f"{self.name}/{day}"

    def remove(self, copy_id: str) -> None:
        """Remove what became noncurrent on the day."""
        self._remove(f"doc-{copy_id.partition('/')[2]}")


class FolderDumps(Place):
    """Dumps as files."""

    kind = "dumps"

    def make(self) -> None:
        """Make the folder."""
        (self.folder / self.name).mkdir()

    def url(self) -> str:
        """Return the folder, from the workspace."""
        return f"folder:{self.name}"

    def put(self, day: date) -> str:
        """Write a dump."""
        (self.folder / self.name / f"shop-{day:%Y%m%d}.dump").write_bytes(b"x")
        return f"{self.name}/shop-{day:%Y%m%d}.dump"

    def remove(self, copy_id: str) -> None:
        """Remove the file."""
        (self.folder / copy_id).unlink()


class Window(FolderDumps):
    """A write-ahead archive: segments by when they were written."""

    kind = "window"

    def put(self, day: date) -> str:
        """Archive two segments."""
        for number in (1, 2):
            path = self.folder / self.name / f"{day:%m%d}{number:016d}"
            path.write_bytes(b"x")
            os.utime(path, (at(day).timestamp(), at(day).timestamp()))
        return f"{self.name}/{day}"

    def remove(self, copy_id: str) -> None:
        """Remove the day's segments."""
        day = date.fromisoformat(copy_id.partition("/")[2])
        for path in (self.folder / self.name).glob(f"{day:%m%d}*"):
            path.unlink()


class Snapshots(Place):
    """Automated snapshots of an RDS instance."""

    kind = "rds"

    def make(self) -> None:
        """Make the instance; its first automated snapshot is removed."""
        self.instance = f"db-{uuid.uuid4().hex[:8]}"
        self.cloud.rds.create_db_instance(
            DBInstanceIdentifier=self.instance,
            DBInstanceClass="db.t3.micro",
            Engine="postgres",
            BackupRetentionPeriod=self.days,
        )
        kept = self.backend().database_snapshots
        for name in [name for name, each in kept.items() if each.database.db_instance_identifier == self.instance]:
            del kept[name]

    def backend(self) -> Any:
        """Return moto's memory."""
        return _rds()

    def url(self) -> str:
        """Return the instance."""
        return f"rds:{self.instance}"

    def put(self, day: date) -> str:
        """Let RDS take its snapshot."""
        name = f"rds:{self.instance}-{day}-03-00"
        self.backend().create_auto_snapshot(self.instance, name)
        self.cloud.age_snapshot(name, at(day))
        return f"{self.name}/{name}"

    def manual(self, day: date) -> str:
        """Take one by hand."""
        name = f"{self.instance}-by-hand-{day}"
        self.cloud.rds.create_db_snapshot(DBInstanceIdentifier=self.instance, DBSnapshotIdentifier=name)
        self.cloud.age_snapshot(name, at(day))
        return f"{self.name}/{name}"

    def remove(self, copy_id: str) -> None:
        """Let it expire."""
        del self.backend().database_snapshots[copy_id.partition("/")[2]]


class Vault(Place):
    """Recovery points of AWS Backup."""

    kind = "aws-backup"

    def make(self) -> None:
        """Empty the simulator."""
        backup = self.cloud.backup
        backup.points.clear()
        backup.holds.clear()
        backup.vault = {"BackupVaultName": "main"}
        backup.throttled, backup.fail_after = 0, None

    def url(self) -> str:
        """Return the vault."""
        return "backup:main"

    def put(self, day: date) -> str:
        """Make a recovery point that its plan removes."""
        arn = self.cloud.backup.put(at(day), self.days)
        return f"{self.name}/{arn.split(':', 5)[5]}"

    def arn(self, copy_id: str) -> str:
        """Return a copy's ARN."""
        return next(arn for arn in self.cloud.backup.points if arn.endswith(copy_id.partition("/")[2]))

    def remove(self, copy_id: str) -> None:
        """Let it be deleted."""
        del self.cloud.backup.points[self.arn(copy_id)]


PLACES: tuple[type[Place], ...] = (
    *(Folders, RuledFolders, Replica, Versions, BucketDumps, FolderDumps, Window),
    *(Snapshots, Vault),
)
