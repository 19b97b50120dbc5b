"""One KMS client, and its errors in our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from connectors.kms.settings import KmsSettings
from retention.errors import KeyGoneFailure, TerminalFailure, TransientFailure

if TYPE_CHECKING:
    from boto3.session import Session
    from mypy_boto3_kms import KMSClient

_SERVER_ERROR = 500
_BUSY = frozenset(
    {"DependencyTimeoutException", "KeyUnavailableException", "LimitExceededException", "ThrottlingException"}
)
_GONE = frozenset(
    {
        "DisabledException",
        "IncorrectKeyException",
        "InvalidCiphertextException",
        "KMSInvalidStateException",
        "NotFoundException",
    }
)
"""The key is not there, must not be used, or did not wrap this."""
_HINTS = {
    "AccessDeniedException": "the credentials need kms:CreateKey, kms:CreateAlias, kms:DescribeKey, kms:Encrypt, "
    "kms:Decrypt and kms:ScheduleKeyDeletion",
}


class AlreadyThere(TerminalFailure):
    """An alias of that name exists."""


@cache
def _session() -> Session:
    """Return the process's session: it keeps the service's description, which takes long to read."""
    import boto3  # noqa: PLC0415 -- heavy; loaded when a key is first used

    return boto3.session.Session()


def make_client(settings: KmsSettings) -> KMSClient:
    """Return a client with bounded retries and time-outs; opens no connection yet."""
    from botocore.config import Config  # noqa: PLC0415 -- heavy; loaded when a key is first used

    return _session().client(
        "kms",
        region_name=settings.region,
        endpoint_url=settings.endpoint,
        aws_access_key_id=settings.access_key,
        aws_secret_access_key=settings.secret_key,
        config=Config(retries={"mode": "standard", "total_max_attempts": 3}, connect_timeout=10, read_timeout=30),
    )


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Raise the vendor's errors as ours; `doing` says what was being done with which key.

    Raises:
        AlreadyThere: an alias of that name exists.
        KeyGoneFailure: the key is not there, disabled or pending deletion, or did not wrap this.
        TransientFailure: not reached, cut off, throttled or a server error.
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
            f"{doing}: KMS could not be reached ({type(error).__name__})", hint="run again"
        ) from error
    except vendor.BotoCoreError as error:
        raise TerminalFailure(f"{doing}: the request could not be made ({type(error).__name__})") from error


def _failure(doing: str, code: str, status: int) -> TerminalFailure | TransientFailure:
    code = code.rpartition("#")[2]
    if code == "AlreadyExistsException":
        return AlreadyThere(f"{doing}: it is there already")
    if code in _GONE:
        return KeyGoneFailure(f"{doing}: KMS answered {code}", hint="the key is gone, or is not to be used")
    if status >= _SERVER_ERROR or code in _BUSY:
        return TransientFailure(f"{doing}: KMS answered {code}", hint="run again")
    return TerminalFailure(f"{doing}: KMS answered {code}", hint=_HINTS.get(code, ""))
