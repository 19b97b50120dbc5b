"""From what was asked to the permissions that it needs, one policy for each connector and service.

Actions and resources: AWS, Service Authorization Reference, pages of Amazon S3, SQS, KMS, DynamoDB, RDS and AWS
Backup. In capitals stands what an operator fills in.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator

from tests.iam.recording import Recording

BUCKET, OBJECTS, SOURCE = "arn:aws:s3:::BUCKET", "arn:aws:s3:::BUCKET/PREFIX*", "arn:aws:s3:::BUCKET/PREFIX*"
KEY, ALIAS = "arn:aws:kms:REGION:ACCOUNT:key/*", "arn:aws:kms:REGION:ACCOUNT:alias/retention/*"
QUEUE, TABLE = "arn:aws:sqs:REGION:ACCOUNT:QUEUE", "arn:aws:dynamodb:REGION:ACCOUNT:table/TABLE"
INSTANCE, SNAPSHOTS = "arn:aws:rds:REGION:ACCOUNT:db:INSTANCE", "arn:aws:rds:REGION:ACCOUNT:snapshot:*"
VAULT = "arn:aws:backup:REGION:ACCOUNT:backup-vault:VAULT"
HOLDS, POINTS = "arn:aws:backup:REGION:ACCOUNT:legal-hold:*", "arn:aws:backup:REGION:ACCOUNT:recovery-point:*"
ANY = "*"
"""For the actions that AWS does not limit to a resource."""

Permission = tuple[str, str]
"""Action and resource."""
Flags = tuple[str, ...]


def _versioned(plain: str, version: str) -> Callable[[Flags], Iterator[Permission]]:
    def permissions(flags: Flags) -> Iterator[Permission]:
        yield f"s3:{version if 'VersionId' in flags else plain}", OBJECTS
        if "BypassGovernanceRetention" in flags:
            yield "s3:BypassGovernanceRetention", OBJECTS

    return permissions


def _present(flags: Flags) -> Iterator[Permission]:
    """Read an object that may not be there: who may not list the bucket is told 403 in place of 404."""
    yield from _versioned("GetObject", "GetObjectVersion")(flags)
    yield "s3:ListBucket", BUCKET


def _put(flags: Flags) -> Iterator[Permission]:
    yield "s3:PutObject", OBJECTS
    extra = dict.fromkeys(("ACL", "GrantFullControl", "GrantRead", "GrantReadACP", "GrantWriteACP"), "PutObjectAcl")
    extra |= {"Tagging": "PutObjectTagging", "ObjectLockMode": "PutObjectRetention"}
    extra |= {"ObjectLockLegalHoldStatus": "PutObjectLegalHold"}
    yield from ((f"s3:{action}", OBJECTS) for flag, action in extra.items() if flag in flags)
    if "CopySource" in flags:
        yield ("s3:GetObjectVersion" if "CopySource.VersionId" in flags else "s3:GetObject"), SOURCE


def _plain(action: str, *resources: str) -> Callable[[Flags], Iterator[Permission]]:
    return lambda _: ((action, resource) for resource in resources)


def _indexed(action: str) -> Callable[[Flags], Iterator[Permission]]:
    def permissions(flags: Flags) -> Iterator[Permission]:
        yield action, f"{TABLE}/index/*" if "IndexName" in flags else TABLE

    return permissions


def _create_key(flags: Flags) -> Iterator[Permission]:
    yield "kms:CreateKey", ANY
    if "Tags" in flags:
        yield "kms:TagResource", KEY


_OF_TABLE = ("BatchGetItem", "BatchWriteItem", "DeleteItem", "DescribeContinuousBackups", "DescribeTable")
_OF_TABLE += ("DescribeTimeToLive", "GetItem", "PutItem", "UpdateItem")

ACTIONS: dict[str, dict[str, Callable[[Flags], Iterator[Permission]]]] = {
    "s3": {
        "AbortMultipartUpload": _plain("s3:AbortMultipartUpload", OBJECTS),
        "CompleteMultipartUpload": _put,
        "CreateMultipartUpload": _put,
        "DeleteObject": _versioned("DeleteObject", "DeleteObjectVersion"),
        "GetBucketLifecycleConfiguration": _plain("s3:GetLifecycleConfiguration", BUCKET),
        "GetBucketLocation": _plain("s3:GetBucketLocation", BUCKET),
        "GetBucketReplication": _plain("s3:GetReplicationConfiguration", BUCKET),
        "GetBucketVersioning": _plain("s3:GetBucketVersioning", BUCKET),
        "GetObject": _present,
        "GetObjectAcl": _versioned("GetObjectAcl", "GetObjectVersionAcl"),
        "GetObjectLockConfiguration": _plain("s3:GetBucketObjectLockConfiguration", BUCKET),
        "GetObjectTagging": _versioned("GetObjectTagging", "GetObjectVersionTagging"),
        "HeadBucket": _plain("s3:ListBucket", BUCKET),
        "HeadObject": _present,
        "ListMultipartUploads": _plain("s3:ListBucketMultipartUploads", BUCKET),
        "ListObjectVersions": _plain("s3:ListBucketVersions", BUCKET),
        "ListObjectsV2": _plain("s3:ListBucket", BUCKET),
        "PutObject": _put,
        "UploadPart": _put,
        "UploadPartCopy": _put,
    },
    "sqs": {
        "DeleteMessageBatch": _plain("sqs:DeleteMessage", QUEUE),
        "GetQueueAttributes": _plain("sqs:GetQueueAttributes", QUEUE),
        "GetQueueUrl": _plain("sqs:GetQueueUrl", QUEUE),
        "ReceiveMessage": _plain("sqs:ReceiveMessage", QUEUE),
    },
    "kms": {
        "CreateAlias": _plain("kms:CreateAlias", KEY, ALIAS),
        "CreateKey": _create_key,
        **{name: _plain(f"kms:{name}", KEY) for name in ("Decrypt", "DescribeKey", "Encrypt", "ScheduleKeyDeletion")},
    },
    "dynamodb": {
        **{name: _plain(f"dynamodb:{name}", TABLE) for name in _OF_TABLE},
        "ListBackups": _plain("dynamodb:ListBackups", ANY),
        "ListTables": _plain("dynamodb:ListTables", ANY),
        "Query": _indexed("dynamodb:Query"),
        "Scan": _indexed("dynamodb:Scan"),
    },
    "rds": {
        "DescribeDBInstances": _plain("rds:DescribeDBInstances", INSTANCE),
        "DescribeDBSnapshotAttributes": _plain("rds:DescribeDBSnapshotAttributes", SNAPSHOTS),
        "DescribeDBSnapshots": _plain("rds:DescribeDBSnapshots", INSTANCE, SNAPSHOTS),
    },
    "backup": {
        "DescribeBackupVault": _plain("backup:DescribeBackupVault", VAULT),
        "ListLegalHolds": _plain("backup:ListLegalHolds", ANY),
        "ListRecoveryPointsByBackupVault": _plain("backup:ListRecoveryPointsByBackupVault", VAULT),
        "ListRecoveryPointsByLegalHold": _plain("backup:ListRecoveryPointsByLegalHold", HOLDS),
    },
}
"""Service → operation → what it needs. A call that is not here stops the program: nobody guesses."""


def permissions(service: str, operation: str, flags: Flags) -> list[Permission]:
    """Return what one call needs.

    Raises:
        LookupError: nobody has looked it up.

    """
    try:
        return list(ACTIONS[service][operation](flags))
    except KeyError:
        message = f"{service} {operation}: look its permission up and add it to ACTIONS"
        raise LookupError(message) from None


def policies(calls: Recording) -> dict[str, str]:
    """Return every policy as JSON, by file name: `lake.json`, `backups-rds.json`."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for connector, asked in calls.items():
        services = {service for service, _, _ in asked}
        for service, operation, flags in asked:
            name = connector if len(services) == 1 else f"{connector}-{service}"
            for action, resource in permissions(service, operation, flags):
                found[f"{name}.json"][resource].add(action)
    return {name: _document(found[name]) for name in sorted(found)}


def _document(by_resource: dict[str, set[str]]) -> str:
    by_actions: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for resource in sorted(by_resource):
        by_actions[tuple(sorted(by_resource[resource]))].append(resource)
    statements = [
        {"Effect": "Allow", "Action": list(actions), "Resource": resources}
        for actions, resources in sorted(by_actions.items(), key=lambda entry: entry[1])
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2) + "\n"
