"""One S3 client, and its errors in our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

from connectors.lake.settings import LakeSettings
from retention.errors import ConcurrentWriteFailure, TerminalFailure, TransientFailure

if TYPE_CHECKING:
    from boto3.session import Session
    from mypy_boto3_s3 import S3Client

_CONNECT_SECONDS = 10
_READ_SECONDS = 60
_SERVER_ERROR = 500
_BUSY = frozenset(
    {"OperationAborted", "SlowDown", "Throttling", "ThrottlingException", "RequestTimeout", "TooManyRequestsException"}
)
_LOST_THE_RACE = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchUpload", "412", "409"})
_MISSING = frozenset({"NoSuchKey", "NoSuchVersion", "404"})


class ObjectChanged(ConcurrentWriteFailure):
    """The object is not the one we read any more: someone wrote it in between."""


class ObjectMissing(ObjectChanged):
    """The object is not there (any more)."""


class AccessRefused(TerminalFailure):
    """The store forbids it: a missing permission, or a lock on the object."""


class HeldByStore(TerminalFailure):
    """A legal hold of the store forbids it, for nobody knows how long."""


_MAKING = Lock()
"""A session makes one client at a time; clients may be used by any thread."""


@cache
def _session() -> Session:
    """Return the process's session: it keeps the service's description, which takes 0.15 s to read."""
    import boto3  # noqa: PLC0415 -- heavy; loaded when a bucket is first used

    return boto3.session.Session()


def make_client(settings: LakeSettings) -> S3Client:
    """Return a client with bounded retries and time-outs; opens no connection yet."""
    from botocore.config import Config  # noqa: PLC0415 -- heavy; loaded when a bucket is first used

    with _MAKING:
        return _session().client(
            "s3",
            region_name=settings.region,
            endpoint_url=settings.endpoint,
            aws_access_key_id=settings.access_key,
            aws_secret_access_key=settings.secret_key,
            config=Config(
                retries={"mode": "adaptive", "total_max_attempts": settings.attempts},
                connect_timeout=_CONNECT_SECONDS,
                read_timeout=_READ_SECONDS,
                s3={"addressing_style": "path" if settings.endpoint else "auto"},
            ),
        )


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
    from botocore import exceptions as vendor  # noqa: PLC0415 -- heavy

    try:
        yield
    except vendor.ClientError as error:
        raise _from_answer(doing, error.response) from error
    except (vendor.ConnectionError, vendor.HTTPClientError, vendor.IncompleteReadError) as error:
        raise TransientFailure(f"{doing}: the store could not be reached ({type(error).__name__})") from error
    except OSError as error:
        message = f"{doing}: the local temporary file failed ({type(error).__name__})"
        raise TransientFailure(message, hint="free disk space, then run again") from error
    except vendor.BotoCoreError as error:
        raise TerminalFailure(f"{doing}: the request could not be made ({type(error).__name__})") from error


def _from_answer(doing: str, answer: object) -> Exception:
    assert isinstance(answer, dict)  # noqa: S101 -- botocore's error response always is
    code = str(answer.get("Error", {}).get("Code", "?"))
    status = int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in _LOST_THE_RACE:
        return ObjectChanged(f"{doing}: someone else wrote it first", hint="run again")
    if code in _MISSING:
        return ObjectMissing(f"{doing}: it is not there")
    if status >= _SERVER_ERROR or code in _BUSY:
        return TransientFailure(f"{doing}: the store answered {code}", hint="run again")
    if code in {"AccessDenied", "403"}:
        return AccessRefused(f"{doing}: the store answered {code}", hint="check the permissions of the credentials")
    return TerminalFailure(f"{doing}: the store answered {code}")
