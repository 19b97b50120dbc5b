"""What an object is besides its content: headers, metadata, tags, storage class, encryption, access list, lock."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

from connectors.lake.client import translated
from retention.errors import TerminalFailure

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_KEPT = (
    "ContentType",
    "ContentEncoding",
    "ContentDisposition",
    "ContentLanguage",
    "CacheControl",
    "Expires",
    "WebsiteRedirectLocation",
    "Metadata",
    "StorageClass",
    "ServerSideEncryption",
    "SSEKMSKeyId",
    "BucketKeyEnabled",
    "ObjectLockMode",
    "ObjectLockRetainUntilDate",
    "ObjectLockLegalHoldStatus",
)
"""Named alike in the answer to a look and in a request to write."""

_GRANTS = {
    "FULL_CONTROL": "GrantFullControl",
    "READ": "GrantRead",
    "READ_ACP": "GrantReadACP",
    "WRITE_ACP": "GrantWriteACP",
}
_ASLEEP = frozenset({"GLACIER", "DEEP_ARCHIVE"})


def attributes(client: S3Client, address: dict[str, Any], etag: str, title: str) -> dict[str, Any]:
    """Return what a replacement takes over, as arguments of `put_object` and `create_multipart_upload` alike.

    A lock goes along: the new version is held as long as the old one would have been, and no longer.

    Raises:
        ObjectChanged: it is another object by now.
        TerminalFailure: its access list has something that a write cannot set.

    """
    with translated(f"look at {title}"):
        head = cast("dict[str, Any]", client.head_object(**address, IfMatch=etag))
    with translated(f"read the tags of {title}"):
        tags = client.get_object_tagging(**address)["TagSet"]
    with translated(f"read the access list of {title}"):
        access = cast("dict[str, Any]", client.get_object_acl(**address))
    kept = {name: head[name] for name in _KEPT if name in head}
    kept |= {"Tagging": urlencode({tag["Key"]: tag["Value"] for tag in tags})} if tags else {}
    return kept | _grants(access, title)


def refuse_asleep(storage_class: str, title: str) -> None:
    """Refuse an object that has to be restored before it can be read.

    Raises:
        TerminalFailure: its storage class is an archive.

    """
    if storage_class in _ASLEEP:
        raise TerminalFailure(
            f"{title}: lies in the archive {storage_class} and cannot be read",
            hint="restore it (RestoreObject) and run again, or let its lifecycle rule end it",
        )


def _grants(access: dict[str, Any], title: str) -> dict[str, str]:
    """Return the access list as headers; none for the usual one, which every new object has."""
    owner = access.get("Owner", {}).get("ID")
    headers: dict[str, list[str]] = defaultdict(list)
    for grant in access.get("Grants", ()):
        name = _GRANTS.get(grant["Permission"])
        if name is None:
            raise TerminalFailure(f"{title}: its access list grants {grant['Permission']}, which no write can set")
        headers[name].append(_grantee(grant["Grantee"]))
    if dict(headers) == {"GrantFullControl": [f'id="{owner}"']}:
        return {}
    return {name: ", ".join(grantees) for name, grantees in headers.items()}


def _grantee(grantee: dict[str, str]) -> str:
    if "URI" in grantee:
        return f'uri="{grantee["URI"]}"'
    return f'id="{grantee["ID"]}"'
