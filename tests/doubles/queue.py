"""A queue in memory that behaves as SQS promises: at least once, in any order, hidden until deleted."""

from __future__ import annotations

import random
from collections.abc import Sequence

from retention.ports.queues import Message


class MemoryQueue:
    """Implements `ports.queues.Queue`."""

    def __init__(self, *bodies: bytes, seed: int = 0) -> None:
        """Begin with these messages."""
        self._luck = random.Random(seed)  # noqa: S311 -- an order, not a secret
        self._handles = 0
        self.visible = list(bodies)
        self.hidden: dict[str, bytes] = {}

    def send(self, *bodies: bytes) -> None:
        """Put messages in."""
        self.visible += bodies

    def receive(self, wait_seconds: int) -> Sequence[Message]:
        """Return up to three, in any order."""
        del wait_seconds
        self._luck.shuffle(self.visible)
        batch, self.visible = self.visible[:3], self.visible[3:]
        messages = []
        for body in batch:
            self._handles += 1
            self.hidden[str(self._handles)] = body
            messages.append(Message(body, str(self._handles)))
        return messages

    def delete(self, messages: Sequence[Message]) -> int:
        """Forget them; a handle whose time was up is refused."""
        return sum(self.hidden.pop(message.handle, None) is not None for message in messages)

    def time_is_up(self) -> None:
        """Show again what was received and not deleted."""
        self.visible += self.hidden.values()
        self.hidden.clear()

    def depth(self) -> int:
        """Return how many are visible."""
        return len(self.visible)

    def close(self) -> None:
        """Nothing is open."""
