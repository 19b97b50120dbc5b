"""Events from a queue of Amazon SQS.

connect   settings → the queue; the entry point
settings  an entry of `events.queues` in retention.yaml
queue     receive in batches with a long poll, delete in batches, look how deep it is
client    boto3 and its errors in our words
"""

from __future__ import annotations

from connectors.sqs.connect import connect
from connectors.sqs.queue import SqsQueue

__all__ = ["SqsQueue", "connect"]
