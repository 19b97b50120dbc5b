"""One client, its errors in our words, and retries of what a batch left over."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from connectors.dynamodb.settings import DynamoOptions
from retention.errors import ConcurrentWriteFailure, TerminalFailure, TransientFailure

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_CONNECT_SECONDS: Final = 10
_READ_SECONDS: Final = 60
_SERVER_ERROR: Final = 500
_BUSY: Final = frozenset(
    {
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "TransactionInProgressException",
    }
)
_LOST_THE_RACE: Final = frozenset({"ConditionalCheckFailedException", "TransactionConflictException"})
_LEFT_OVER_ATTEMPTS: Final = 8
_PAUSE_SECONDS: Final = 0.05


class ItemChanged(ConcurrentWriteFailure):
    """An item is not the one we read any more: someone wrote it in between."""


class TableMissing(TerminalFailure):
    """There is no such table."""


def make_client(options: DynamoOptions) -> DynamoDBClient:
    """Return a client with bounded retries and time-outs; opens no connection yet."""
    import boto3  # noqa: PLC0415 -- heavy; loaded when a table is first used
    from botocore.config import Config  # noqa: PLC0415 -- same

    # at DEBUG it prints requests and answers, which hold people's keys
    logging.getLogger("botocore").setLevel(max(logging.getLogger("botocore").getEffectiveLevel(), logging.INFO))
    return boto3.session.Session().client(
        "dynamodb",
        region_name=options.region,
        endpoint_url=options.endpoint,
        aws_access_key_id=options.access_key,
        aws_secret_access_key=options.secret_key,
        config=Config(
            retries={"mode": "standard", "total_max_attempts": options.attempts},
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
        ),
    )


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Raise the vendor's errors as ours; what the vendor says may quote keys, so none of it goes further.

    Raises:
        ItemChanged: a condition did not hold, or another transaction was at the item.
        TableMissing: there is no such table.
        TransientFailure: not reached, cut off, busy or a server error.
        TerminalFailure: anything else.

    """
    from botocore import exceptions as vendor  # noqa: PLC0415 -- heavy

    try:
        yield
    except vendor.ClientError as error:
        raise _from_answer(doing, error.response) from None
    except (vendor.ConnectionError, vendor.HTTPClientError, vendor.IncompleteReadError) as error:
        raise TransientFailure(f"{doing}: the store could not be reached ({type(error).__name__})") from None
    except vendor.BotoCoreError as error:
        raise TerminalFailure(f"{doing}: the request could not be made ({type(error).__name__})") from None


def left_over(doing: str) -> Iterator[int]:
    """Yield attempts for what a batch did not process, each after a longer pause (full jitter).

    Raises:
        TransientFailure: something is left over after the last attempt.

    """
    for attempt in range(_LEFT_OVER_ATTEMPTS):
        if attempt:
            time.sleep(random.uniform(0, _PAUSE_SECONDS * 2**attempt))  # noqa: S311 -- a pause, not a secret
        yield attempt
    raise TransientFailure(f"{doing}: the store left items over each time", hint="run again when it is less busy")


def _from_answer(doing: str, answer: Mapping[str, Any]) -> Exception:
    code = str(answer.get("Error", {}).get("Code", "?"))
    status = int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in _LOST_THE_RACE:
        return ItemChanged(f"{doing}: someone else wrote it first", hint="run again")
    if code in {"ResourceNotFoundException", "TableNotFoundException"}:
        return TableMissing(
            f"{doing}: there is no such table", hint="compare the data map with `retention datamap check`"
        )
    if status >= _SERVER_ERROR or code in _BUSY:
        return TransientFailure(f"{doing}: the store answered {code}", hint="run again")
    return TerminalFailure(f"{doing}: the store answered {code}", hint="check permissions and the data map")
