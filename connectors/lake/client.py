"""One S3 client, and its errors in our words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from connectors import aws
from connectors.lake.settings import LakeSettings
from retention.errors import ConcurrentWriteFailure, TerminalFailure, TransientFailure

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class ObjectChanged(ConcurrentWriteFailure):
    """The object is not the one we read any more: someone wrote it in between."""


class ObjectMissing(ObjectChanged):
    """The object is not there (any more)."""


class AccessRefused(TerminalFailure):
    """The store forbids it: a missing permission, or a lock on the object."""


class HeldByStore(TerminalFailure):
    """A legal hold of the store forbids it, for nobody knows how long."""


def _changed(doing: str) -> ObjectChanged:
    return ObjectChanged(f"{doing}: someone else wrote it first", hint="run again")


def _missing(doing: str) -> ObjectMissing:
    return ObjectMissing(f"{doing}: it is not there")


def _refused(code: str) -> Callable[[str], AccessRefused]:
    return lambda doing: AccessRefused(
        f"{doing}: the store answered {code}", hint="check the permissions of the credentials"
    )


_WORDS = aws.Words(
    meanings={
        **dict.fromkeys(("PreconditionFailed", "ConditionalRequestConflict", "NoSuchUpload", "412", "409"), _changed),
        **dict.fromkeys(("NoSuchKey", "NoSuchVersion", "404"), _missing),
        **{code: _refused(code) for code in ("AccessDenied", "403")},
    }
)


def make_client(settings: LakeSettings) -> S3Client:
    """Return a client with bounded retries and time-outs; opens no connection yet."""
    client: S3Client = aws.make_client("s3", settings, attempts=settings.attempts, adaptive=True)
    return client


def connected(settings: LakeSettings) -> S3Client:
    """Return a client once it is known that the bucket lies in the region that retention.yaml pins.

    Raises:
        TerminalFailure: it lies elsewhere; nothing was read.

    """
    client = make_client(settings)
    if settings.region:
        with translated(f"look at the bucket of {settings.url}"):
            where = client.head_bucket(Bucket=settings.bucket).get("BucketRegion", settings.region)
        if where != settings.region:
            raise TerminalFailure(
                f"{settings.url}: expected a bucket in {settings.region}, found one in {where}; nothing was read",
                hint="data must not leave its region: correct `region` in retention.yaml, or run there",
            )
    return client


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Raise the vendor's errors as ours; `doing` says what was being done to which object.

    Raises:
        ObjectChanged: a conditional request met another version.
        ObjectMissing: there is no such object or version.
        AccessRefused: 403.
        TransientFailure: not reached, cut off, busy or a server error.
        TerminalFailure: anything else.

    """
    try:
        with _WORDS.translated(doing):
            yield
    except OSError as error:
        message = f"{doing}: the local temporary file failed ({type(error).__name__})"
        raise TransientFailure(message, hint="free disk space, then run again") from error
