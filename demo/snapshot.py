"""Keep what the S3 simulator holds: it lives in memory, and people want to look around afterwards.

Only current objects are kept. The simulator has no inventory of the past to save: noncurrent
versions end with it.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from demo.buckets import keys_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client  # types only: not installed with the product


def save(client: S3Client, buckets: tuple[str, ...], folder: Path) -> int:
    """Write every current object below `folder`, replacing what was there; return how many."""
    fresh = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    saved = 0
    for bucket in buckets:
        for key in keys_of(client, bucket):
            target = fresh / bucket / key
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(client.get_object(Bucket=bucket, Key=key)["Body"].read())
            saved += 1
    fresh.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)
    return saved


def load(client: S3Client, folder: Path) -> int:
    """Put every saved object back; return how many."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in files:
        bucket, _, key = path.relative_to(folder).as_posix().partition("/")
        client.put_object(Bucket=bucket, Key=key, Body=path.read_bytes())
    return len(files)
