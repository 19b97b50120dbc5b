"""An SQS queue's settings; no message is received."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

from connectors.health.client import clock, make_client, translated
from retention.errors import TerminalFailure
from retention.model.seen import QueueSeen, ServerClock
from retention.ports.examiner import Place

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_DEFAULT_HIDDEN, _DEFAULT_KEPT = 30, 345_600
"""Seconds: what SQS does if nobody says otherwise."""


def examine_queue(place: Place) -> Iterator[QueueSeen | ServerClock]:
    """Yield the settings of the queue at an address, and the service's clock.

    Raises:
        TransientFailure, TerminalFailure, MissingExtraError: see `client`.

    """
    with closing(make_client("sqs", place)) as client:
        with translated(place, "look at the queue"):
            answer = client.get_queue_attributes(QueueUrl=place.address, AttributeNames=["All"])
            yield from clock(place, answer["ResponseMetadata"]["HTTPHeaders"].get("date"))
        found = answer.get("Attributes", {})
        redrive = json.loads(found.get("RedrivePolicy") or "{}")
        yield QueueSeen(
            where=place.where,
            waiting=int(found.get("ApproximateNumberOfMessages", 0)),
            hidden_for=timedelta(seconds=int(found.get("VisibilityTimeout", _DEFAULT_HIDDEN))),
            kept_for=timedelta(seconds=int(found.get("MessageRetentionPeriod", _DEFAULT_KEPT))),
            tries=int(redrive["maxReceiveCount"]) if "maxReceiveCount" in redrive else None,
            dead=_dead(client, place, redrive.get("deadLetterTargetArn")),
        )


def _dead(client: SQSClient, place: Place, arn: str | None) -> int | None:
    """Count the messages of the dead-letter queue; None where we may not look."""
    if arn is None:
        return None
    try:
        with translated(place, "look at its dead-letter queue"):
            url = client.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]
            names = client.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    except TerminalFailure:
        return None
    return int(names.get("Attributes", {}).get("ApproximateNumberOfMessages", 0))
