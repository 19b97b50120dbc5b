"""What every queue does: one in memory, and SQS on moto's real server over HTTP.

moto forgets no message and gives any that is not hidden; a real queue may keep some back for a while.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from connectors.sqs import connect
from retention.errors import SettingsError, TerminalFailure, TransientFailure
from retention.ports.queues import Queue, QueueSettings
from tests.doubles.queue import MemoryQueue

KEYS = {"access_key": "AKIDEXAMPLE", "secret_key": "not-a-real-secret", "region": "us-east-1"}
BODIES = {f"body {number} ありがとう" for number in range(13)}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # moto's own access log
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def sqs(endpoint: str, url: str, **more: str) -> Queue:
    """Return our connector's queue."""
    return connect(QueueSettings("crm", "sqs", {"url": url, "endpoint": endpoint, **KEYS, **more}))


@pytest.fixture(params=["memory", "sqs"])
def made(request: Any, endpoint: str) -> Iterator[tuple[Queue, Callable[[], int]]]:
    """A queue with thirteen messages, and how to count what is left of them, hidden or not."""
    if request.param == "memory":
        memory = MemoryQueue(*(body.encode() for body in BODIES))
        yield memory, lambda: len(memory.visible) + len(memory.hidden)
        return
    known_by = {"aws_access_key_id": KEYS["access_key"], "aws_secret_access_key": KEYS["secret_key"]}
    client = boto3.client("sqs", region_name=KEYS["region"], endpoint_url=endpoint, **known_by)
    url = client.create_queue(QueueName="crm")["QueueUrl"]
    for body in BODIES:
        client.send_message(QueueUrl=url, MessageBody=body)
    names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    queue = sqs(endpoint, url)
    yield (
        queue,
        lambda: sum(map(int, client.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"].values())),
    )
    queue.close()


def test_messages_are_there_until_they_are_deleted(made: tuple[Queue, Callable[[], int]]) -> None:
    """Looking takes nothing; what was received is hidden, not gone; deleting twice harms nobody."""
    queue, left = made
    assert (queue.depth(), left()) == (13, 13)
    received = []
    while some := queue.receive(0):
        received += some
    assert {message.body.decode() for message in received} == BODIES
    assert (queue.depth(), left()) == (0, 13)
    assert queue.delete(received[:12]) == 12
    assert left() == 1
    queue.delete(received)
    assert left() == 0
    assert "body" not in repr(received[0])


def test_what_is_not_there_is_said_in_our_words(endpoint: str) -> None:
    """A queue that does not exist is terminal, a server that does not answer is not."""
    with pytest.raises(TerminalFailure, match="NonExistentQueue"):
        sqs(endpoint, f"{endpoint}/123456789012/none").depth()
    with pytest.raises(TransientFailure, match="could not be reached"):
        sqs("http://127.0.0.1:9", "http://127.0.0.1:9/1/crm").receive(0)


def test_a_wrong_entry_is_refused_with_every_problem() -> None:
    """No address, an unknown option, half a pair of keys."""
    with pytest.raises(SettingsError) as refused:
        connect(QueueSettings("crm", "sqs", {"ur": "x", "access_key": "a"}))
    assert [problem.where for problem in refused.value.problems] == [
        "events.queues.crm.ur",
        "events.queues.crm.url",
        "events.queues.crm.access_key",
    ]
