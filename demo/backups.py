"""What the company's operations team runs: a nightly backup, and a restore into fresh systems.

s3://nightly/YYYY-MM-DD/ holds manifest.json, app.dump (`pg_dump`) and lake/KEY. These scripts know
nothing of the product: a restore brings back whoever was in the copy.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

from demo import postgres
from demo.buckets import LAKE, LAKE_RESTORED, NIGHTLY, keys_of, purge, s3_client
from demo.systems import Systems

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client  # types only: not installed with the product


DUMP = "app.dump"


def take(systems: Systems, taken_at: datetime) -> str:
    """Back up the database and every object of the lake as they are; return the copy's date.

    The manifest is written last: a copy without one is not a copy.
    """
    client = s3_client(systems.s3_endpoint)
    copy = taken_at.date().isoformat()
    client.put_object(Bucket=NIGHTLY, Key=f"{copy}/{DUMP}", Body=postgres.dump(systems.app_url))
    for key in keys_of(client, LAKE):
        client.copy_object(Bucket=NIGHTLY, Key=f"{copy}/lake/{key}", CopySource={"Bucket": LAKE, "Key": key})
    manifest = json.dumps({"taken_at": taken_at.isoformat()})
    client.put_object(Bucket=NIGHTLY, Key=f"{copy}/manifest.json", Body=manifest.encode())
    return copy


def restore(systems: Systems, copy: str) -> None:
    """Load the copy into the database `app_restored` and the bucket `lake-restored`, both emptied first."""
    client = s3_client(systems.s3_endpoint)
    postgres.load(systems.app_restored_url, client.get_object(Bucket=NIGHTLY, Key=f"{copy}/{DUMP}")["Body"].read())
    purge(client, LAKE_RESTORED)
    prefix = f"{copy}/lake/"
    for key in keys_of(client, NIGHTLY, prefix):
        client.copy_object(
            Bucket=LAKE_RESTORED, Key=key.removeprefix(prefix), CopySource={"Bucket": NIGHTLY, "Key": key}
        )


def copies(client: S3Client) -> tuple[str, ...]:
    """Return the dates of the copies that have a manifest, oldest first."""
    return tuple(key.split("/")[0] for key in keys_of(client, NIGHTLY) if key.endswith("/manifest.json"))
