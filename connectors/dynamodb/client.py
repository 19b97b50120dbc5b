"""One client, its errors in our words, and retries of what a batch left over."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from connectors import aws
from connectors.dynamodb.settings import DynamoOptions
from retention.errors import ConcurrentWriteFailure, TerminalFailure, TransientFailure

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_LEFT_OVER_ATTEMPTS: Final = 8
_PAUSE_SECONDS: Final = 0.05


class ItemChanged(ConcurrentWriteFailure):
    """An item is not the one we read any more: someone wrote it in between."""


class TableMissing(TerminalFailure):
    """There is no such table."""


def _changed(doing: str) -> ItemChanged:
    return ItemChanged(f"{doing}: someone else wrote it first", hint="run again")


def _missing(doing: str) -> TableMissing:
    return TableMissing(f"{doing}: there is no such table", hint="compare the data map with `retention datamap check`")


translated = aws.Words(
    meanings={
        **dict.fromkeys(("ConditionalCheckFailedException", "TransactionConflictException"), _changed),
        **dict.fromkeys(("ResourceNotFoundException", "TableNotFoundException"), _missing),
    },
    hint="check permissions and the data map",
    quotes=True,
).translated
"""Raises ItemChanged (a condition did not hold, or another transaction was at the item) and TableMissing beside
what `aws.Words.translated` raises."""


def make_client(options: DynamoOptions) -> DynamoDBClient:
    """Return a client with bounded retries and time-outs; opens no connection yet."""
    # at DEBUG it prints requests and answers, which hold people's keys
    logging.getLogger("botocore").setLevel(max(logging.getLogger("botocore").getEffectiveLevel(), logging.INFO))
    client: DynamoDBClient = aws.make_client("dynamodb", options, attempts=options.attempts)
    return client


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
