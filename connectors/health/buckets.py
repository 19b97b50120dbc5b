"""An S3 bucket's settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any

from connectors import aws
from connectors.health.client import clock, make_client, translated
from retention.model.seen import BucketSeen, ServerClock
from retention.ports.examiner import Place

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_NOT_SET = frozenset({"ObjectLockConfigurationNotFoundError", "NoSuchLifecycleConfiguration"})
_DEFAULT_REGION = "us-east-1"


def examine_bucket(place: Place) -> Iterator[BucketSeen | ServerClock]:
    """Yield the settings of the bucket of an address `s3://bucket/prefix`, and the store's clock.

    Raises:
        TransientFailure, TerminalFailure, MissingExtraError: see `client`.

    """
    bucket, _, prefix = place.address.removeprefix("s3://").partition("/")
    with closing(make_client("s3", place)) as client:
        with translated(place, "find the bucket"):
            head = client.head_bucket(Bucket=bucket)
            region = head.get("BucketRegion") or client.meta.region_name or _DEFAULT_REGION
            yield from clock(place, head["ResponseMetadata"]["HTTPHeaders"].get("date"))
        with translated(place, "read its versioning"):
            versioned = client.get_bucket_versioning(Bucket=bucket).get("Status") == "Enabled"
        lock, rules = _lock(client, place, bucket), _rules(client, place, bucket)
        default = lock.get("Rule", {}).get("DefaultRetention", {})
        yield BucketSeen(
            where=place.where,
            region=region,
            versioned=versioned,
            lockable=lock.get("ObjectLockEnabled") == "Enabled",
            lock_default=_said(default) if default else None,
            expires_after=min(_ends(rules, prefix), default=None),
        )


def _lock(client: S3Client, place: Place, bucket: str) -> Mapping[str, Any]:
    with translated(place, "read its Object Lock"):
        try:
            return client.get_object_lock_configuration(Bucket=bucket).get("ObjectLockConfiguration", {})
        except client.exceptions.ClientError as error:
            if aws.code_of(error) not in _NOT_SET:
                raise
            return {}


def _rules(client: S3Client, place: Place, bucket: str) -> list[Mapping[str, Any]]:
    with translated(place, "read its lifecycle"):
        try:
            return [*client.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]]
        except client.exceptions.ClientError as error:
            if aws.code_of(error) not in _NOT_SET:
                raise
            return []


def _ends(rules: list[Mapping[str, Any]], prefix: str) -> Iterator[int]:
    """Yield after how many days each rule in force removes objects under the prefix."""
    for rule in rules:
        condition = rule.get("Filter", {})
        begins = condition.get("Prefix", condition.get("And", {}).get("Prefix", rule.get("Prefix", "")))
        days = rule.get("Expiration", {}).get("Days")
        if rule.get("Status") == "Enabled" and days is not None and prefix.startswith(begins.rstrip("/")):
            yield int(days)


def _said(default: Mapping[str, Any]) -> str:
    time = f"P{default['Days']}D" if "Days" in default else f"P{default.get('Years', 0)}Y"
    return f"{default.get('Mode', '?')} {time}"
