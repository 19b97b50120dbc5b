"""One S3 client, and its errors in our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

from connectors.tiles_s3.settings import TilesSettings
from retention.errors import ConcurrentWriteFailure, TerminalFailure, TransientFailure

if TYPE_CHECKING:
    from boto3.session import Session
    from mypy_boto3_s3 import S3Client

_BUSY = frozenset({"OperationAborted", "SlowDown", "Throttling", "RequestTimeout"})
_TAKEN = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})
_SERVER_ERROR = 500
_HINTS = {
    "AccessDenied": "the credentials need s3:GetObject, s3:PutObject and, with a lock, s3:PutObjectRetention",
    "NoSuchBucket": "create it, with Object Lock if `object_lock` is set",
}


class Taken(ConcurrentWriteFailure):
    """A condition failed: the object is there already, or is not the one that was read."""


class Missing(TerminalFailure):
    """There is no such object."""


_MAKING = Lock()
"""A session makes one client at a time; clients may be used by any thread."""


@cache
def _session() -> Session:
    """Return the process's session: it keeps the service's description, which takes 0.15 s to read."""
    import boto3  # noqa: PLC0415 -- heavy; loaded when a bucket is first used

    return boto3.session.Session()


def make_client(settings: TilesSettings) -> S3Client:
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
                retries={"mode": "standard", "total_max_attempts": 4},
                connect_timeout=10,
                read_timeout=60,
                s3={"addressing_style": "path" if settings.endpoint else "auto"},
            ),
        )


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Raise the vendor's errors as ours; `doing` says what was being done to which object.

    Raises:
        Taken: a condition failed.
        Missing: there is no such object.
        TransientFailure: not reached, cut off, busy or a server error.
        TerminalFailure: anything else.

    """
    from botocore import exceptions as vendor  # noqa: PLC0415 -- heavy

    try:
        yield
    except vendor.ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", "?"))
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        raise _failure(doing, code, status) from error
    except (vendor.ConnectionError, vendor.HTTPClientError, vendor.IncompleteReadError) as error:
        raise TransientFailure(
            f"{doing}: the store could not be reached ({type(error).__name__})", hint="run again"
        ) from error
    except vendor.BotoCoreError as error:
        raise TerminalFailure(f"{doing}: the request could not be made ({type(error).__name__})") from error


def _failure(doing: str, code: str, status: int) -> TerminalFailure | TransientFailure:
    if code in _TAKEN:
        return Taken(f"{doing}: someone else wrote it first", hint="run again")
    if code in {"NoSuchKey", "404"}:
        return Missing(f"{doing}: it is not there")
    if status >= _SERVER_ERROR or code in _BUSY:
        return TransientFailure(f"{doing}: the store answered {code}", hint="run again")
    return TerminalFailure(f"{doing}: the store answered {code}", hint=_HINTS.get(code, ""))
