"""Publishing a draft in the place of exactly the object it was made from.

A small one is one request. A large one is a multipart upload of which the store copies what stays by itself; it
becomes visible all at once or not at all, and only if nobody wrote in between. One that fails is aborted; what a
process left behind that died is aborted by the next that writes the same object.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from connectors.lake.attributes import attributes
from connectors.lake.client import ObjectChanged
from connectors.lake.draft import Draft
from connectors.lake.objects import Bucket, Stored
from connectors.lake.parts import Copy, Limits, Part, Send, plan_parts
from connectors.lake.pattern import Pattern
from retention.errors import SystemFailure, TerminalFailure

_AT_ONCE = 4
"""Parts under way at the same time: so many are in memory."""
_LARGEST_PUT = 5 << 30


@dataclass(frozen=True, slots=True)
class _Job:
    """One object to be replaced."""

    bucket: Bucket
    read: Stored
    draft: Draft


def publish(bucket: Bucket, read: Stored, draft: Draft, limits: Limits) -> Stored:
    """Put the draft in the place of what was read, with all its attributes; return the new object.

    Raises:
        ObjectChanged: it is another one by now; nothing was written.
        TerminalFailure: the store did not make of it what was sent.

    """
    job = _Job(bucket, read, draft)
    parts = plan_parts(draft.pieces, limits)
    taken_over = attributes(bucket.client, bucket.address(read), read.etag, bucket.title(read))
    written = _put(job, parts, taken_over) if _is_small(parts, limits) else _upload(job, parts, taken_over)
    live = bucket.stat(read.key)
    if live.etag != written or live.size != draft.size:
        raise ObjectChanged(f"{bucket.title(read)}: someone wrote it right after us", hint="run again")
    return live


def _is_small(parts: tuple[Part, ...], limits: Limits) -> bool:
    """Whether one request is enough: nothing to be copied, and no more than fits into memory at once."""
    sent = [part.size for part in parts if isinstance(part, Send)]
    return len(sent) == len(parts) and sum(sent) <= min(_AT_ONCE * limits.sent, _LARGEST_PUT)


# -- one request


def _put(job: _Job, parts: tuple[Part, ...], taken_over: dict[str, Any]) -> str:
    bucket, read = job.bucket, job.read
    content = job.draft.read(0, job.draft.size)
    assert sum(part.size for part in parts if isinstance(part, Send)) == len(content)  # noqa: S101 -- same pieces
    try:
        with bucket.doing("write", read.key):
            answer = bucket.client.put_object(
                Bucket=bucket.name, Key=read.key, Body=content, IfMatch=read.etag, **taken_over
            )
        bucket.meter.count(written=len(content))
    except ObjectChanged:
        live = bucket.stat(read.key)
        if live.size == len(content) and bucket.source(live).read(0, live.size) == content:
            return live.etag  # an answer got lost, and the retried request met our own write
        raise
    return answer["ETag"]


# -- many parts


def _upload(job: _Job, parts: tuple[Part, ...], taken_over: dict[str, Any]) -> str:
    bucket, key = job.bucket, job.read.key
    with _begun(bucket, key, taken_over) as upload_id:
        _abort_left_behind(bucket, key, upload_id)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            waiting = [pool.submit(_send, job, upload_id, number, part) for number, part in enumerate(parts, start=1)]
            try:
                tags = [each.result() for each in waiting]
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        return _complete(job, upload_id, tags)


@contextmanager
def _begun(bucket: Bucket, key: str, taken_over: dict[str, Any]) -> Iterator[str]:
    """Begin an upload, and abort it if anything goes wrong before it is complete."""
    with bucket.doing("begin an upload of", key):
        upload_id = bucket.client.create_multipart_upload(Bucket=bucket.name, Key=key, **taken_over)["UploadId"]
    try:
        yield upload_id
    except BaseException:
        with suppress(SystemFailure):  # the first error counts; the next run aborts what is left
            bucket.abort(key, upload_id)
        raise


def _abort_left_behind(bucket: Bucket, key: str, upload_id: str) -> None:
    """Abort what an earlier process of ours began for this object and never finished: it may hold the rows.

    Ours are those that the same account began. If it was no dead one but another run of ours, its completion
    fails and it starts over on the new version.
    """
    _, uploads = bucket.uploads(Pattern(key))
    mine = next((upload.initiator for upload in uploads if upload.upload_id == upload_id), None)
    for upload in uploads:
        if mine is not None and upload.initiator == mine and upload.upload_id != upload_id:
            bucket.abort(upload.key, upload.upload_id)


def _send(job: _Job, upload_id: str, number: int, part: Part) -> str:
    bucket, key = job.bucket, job.read.key
    whither: dict[str, Any] = {"Bucket": bucket.name, "Key": key, "UploadId": upload_id, "PartNumber": number}
    match part:
        case Copy(start, stop):
            with bucket.doing("copy a part of", key):
                copied = bucket.client.upload_part_copy(
                    **whither,
                    CopySource=_copy_source(bucket, job.read),
                    CopySourceIfMatch=job.read.etag,
                    CopySourceRange=f"bytes={start}-{stop - 1}",
                )
            bucket.meter.count(copied=stop - start)
            return copied["CopyPartResult"]["ETag"]
        case Send():
            content = job.draft.content(part)
            with bucket.doing("write a part of", key):
                tag = bucket.client.upload_part(**whither, Body=content)["ETag"]
            bucket.meter.count(written=len(content))
            return tag


def _copy_source(bucket: Bucket, read: Stored) -> Any:  # noqa: ANN401 -- the vendor's own type has no name
    return bucket.address(read)


def _complete(job: _Job, upload_id: str, tags: list[str]) -> str:
    bucket, key = job.bucket, job.read.key
    numbered: Any = [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(tags, start=1)]
    try:
        with bucket.doing("complete the upload of", key):
            answer = bucket.client.complete_multipart_upload(
                Bucket=bucket.name,
                Key=key,
                UploadId=upload_id,
                MultipartUpload={"Parts": numbered},
                IfMatch=job.read.etag,
            )
    except ObjectChanged:
        live = bucket.stat(key)
        if live.etag.strip('"') == _etag_of(tags) and live.size == job.draft.size:
            return live.etag  # an answer got lost, and the retried request met our own upload
        raise
    if "ETag" not in answer:  # a failure may come with status 200
        raise TerminalFailure(f"{bucket.title(job.read)}: the store did not say what it made of the upload")
    return answer["ETag"]


def _etag_of(tags: list[str]) -> str:
    """Return the entity tag of an object made of parts with these: the MD5 of their MD5s and their number."""
    try:
        digests = b"".join(bytes.fromhex(tag.strip('"')) for tag in tags)
    except ValueError:
        return ""  # encrypted parts have other tags; then a lost answer counts as another writer
    return f"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(tags)}"
