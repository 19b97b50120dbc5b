"""Receive in batches with a long poll, delete in batches, look how deep the queue is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from connectors.sqs.client import LONGEST_WAIT, make_client, translated
from connectors.sqs.settings import SqsSettings
from retention.ports.queues import Message

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_BATCH = 10
"""Messages of one call: all that SQS allows."""


class SqsQueue:
    """Implements `retention.ports.queues.Queue`."""

    def __init__(self, settings: SqsSettings) -> None:
        """Open nothing before first use."""
        self._settings = settings

    @cached_property
    def _client(self) -> SQSClient:
        return make_client(self._settings)

    def receive(self, wait_seconds: int) -> Sequence[Message]:
        """Return up to ten messages; they are hidden for the queue's visibility time-out.

        Raises:
            TransientFailure: the queue cannot be reached.
            TerminalFailure: it refused.

        """
        with translated(f"receive from {self._settings.name}"):
            answer = self._client.receive_message(
                QueueUrl=self._settings.url,
                MaxNumberOfMessages=_BATCH,
                WaitTimeSeconds=min(wait_seconds, LONGEST_WAIT),
            )
        found = answer.get("Messages", [])
        return [Message(message["Body"].encode(), message["ReceiptHandle"]) for message in found]

    def delete(self, messages: Sequence[Message]) -> int:
        """Delete messages; a handle whose time was up is refused, and its message comes again.

        Raises:
            TransientFailure, TerminalFailure: as above.

        """
        deleted = 0
        for batch in _batches(messages):
            entries = [{"Id": str(place), "ReceiptHandle": each.handle} for place, each in enumerate(batch)]
            with translated(f"delete messages of {self._settings.name}"):
                answer = self._client.delete_message_batch(
                    QueueUrl=self._settings.url,
                    Entries=entries,  # type: ignore[arg-type]  # a list of dicts is what the stub's own type is
                )
            deleted += len(answer.get("Successful", []))
        return deleted

    def depth(self) -> int:
        """Return about how many messages could be received now.

        Raises:
            TransientFailure, TerminalFailure: as above.

        """
        with translated(f"look at {self._settings.name}"):
            answer = self._client.get_queue_attributes(
                QueueUrl=self._settings.url, AttributeNames=["ApproximateNumberOfMessages"]
            )
        return int(answer.get("Attributes", {}).get("ApproximateNumberOfMessages", 0))

    def close(self) -> None:
        """Give connections back."""
        if "_client" in self.__dict__:
            self._client.close()
            del self.__dict__["_client"]


def _batches(messages: Sequence[Message]) -> Iterator[Sequence[Message]]:
    yield from (messages[start : start + _BATCH] for start in range(0, len(messages), _BATCH))
