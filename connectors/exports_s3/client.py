"""One S3 client, and its errors in our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from connectors.exports_s3.settings import BucketSettings
from retention.errors import TerminalFailure, TransientFailure

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_BUSY = frozenset({"OperationAborted", "SlowDown", "Throttling", "RequestTimeout"})
_SERVER_ERROR = 500
_HINTS = {
    "AccessDenied": "the credentials need s3:GetObject, s3:PutObject, s3:ListBucketVersions, s3:DeleteObjectVersion",
    "NoSuchBucket": "create it",
}


class Missing(TerminalFailure):
    """There is no such object."""


def make_client(settings: BucketSettings) -> S3Client:
    """Return a client with bounded retries and time-outs; opens no connection yet."""
    import boto3  # noqa: PLC0415 -- heavy; loaded when a bucket is first used
    from botocore.config import Config  # noqa: PLC0415 -- same

    return boto3.session.Session().client(
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
    if code in {"NoSuchKey", "404"}:
        return Missing(f"{doing}: it is not there")
    if status >= _SERVER_ERROR or code in _BUSY:
        return TransientFailure(f"{doing}: the store answered {code}", hint="run again")
    return TerminalFailure(f"{doing}: the store answered {code}", hint=_HINTS.get(code, ""))
