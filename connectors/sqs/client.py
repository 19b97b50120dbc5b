"""One SQS client, and its errors in our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from connectors.sqs.settings import SqsSettings
from retention.errors import TerminalFailure, TransientFailure

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

LONGEST_WAIT = 20
"""Seconds: the longest poll that SQS allows."""
_BUSY = frozenset({"RequestThrottled", "ThrottlingException", "OverLimit", "ServiceUnavailable"})
_SERVER_ERROR = 500
_HINTS = {
    "AccessDenied": "the credentials need sqs:ReceiveMessage, sqs:DeleteMessage and sqs:GetQueueAttributes",
    "AWS.SimpleQueueService.NonExistentQueue": "create it, or correct `url`",
}


def make_client(settings: SqsSettings) -> SQSClient:
    """Return a client with bounded retries and time-outs; opens no connection yet."""
    import boto3  # noqa: PLC0415 -- heavy; loaded when a queue is first used
    from botocore.config import Config  # noqa: PLC0415 -- same

    return boto3.session.Session().client(
        "sqs",
        region_name=settings.region,
        endpoint_url=settings.endpoint,
        aws_access_key_id=settings.access_key,
        aws_secret_access_key=settings.secret_key,
        config=Config(
            retries={"mode": "standard", "total_max_attempts": 4}, connect_timeout=10, read_timeout=LONGEST_WAIT + 10
        ),
    )


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Raise the vendor's errors as ours; `doing` says what was being done to which queue.

    Raises:
        TransientFailure: not reached, cut off, busy or a server error.
        TerminalFailure: anything else.

    """
    from botocore import exceptions as vendor  # noqa: PLC0415 -- heavy

    try:
        yield
    except vendor.ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", "?"))
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        message, hint = f"{doing}: the queue answered {code}", _HINTS.get(code, "")
        if status >= _SERVER_ERROR or code in _BUSY:
            raise TransientFailure(message, hint="run again") from error
        raise TerminalFailure(message, hint=hint) from error
    except (vendor.ConnectionError, vendor.HTTPClientError) as error:
        raise TransientFailure(
            f"{doing}: the queue could not be reached ({type(error).__name__})", hint="run again"
        ) from error
    except vendor.BotoCoreError as error:
        raise TerminalFailure(f"{doing}: the request could not be made ({type(error).__name__})") from error
