"""The demo's buckets in the S3 simulator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client  # types only: not installed with the product

REGION: Final = "ap-northeast-1"
LAKE = "lake"
LAKE_RESTORED = "lake-restored"
NIGHTLY = "nightly"
EXPORTS = "exports"
BUCKETS = (LAKE, LAKE_RESTORED, NIGHTLY, EXPORTS)
VERSIONED = (LAKE, LAKE_RESTORED, EXPORTS)

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "demo",
    "AWS_SECRET_ACCESS_KEY": "demo",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""The simulator takes any credentials; these are no secret."""


def s3_client(endpoint: str) -> S3Client:
    """Return a client of the simulator."""
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        config=Config(retries={"max_attempts": 3, "mode": "standard"}, s3={"addressing_style": "path"}),
    )


def make_buckets(client: S3Client) -> None:
    """Make the buckets; those of the lake and of exports keep old versions."""
    for bucket in BUCKETS:
        client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    for bucket in VERSIONED:
        client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})


def keys_of(client: S3Client, bucket: str, prefix: str = "") -> Iterator[str]:
    """Yield the keys of all current objects below the prefix, in order."""
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from (entry["Key"] for entry in page.get("Contents", ()))


def purge(client: S3Client, bucket: str) -> None:
    """Remove every object with all its versions and delete markers."""
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for version in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
            client.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
