"""Threads that queue for the same transaction share one: whoever comes first does the work of all who wait.

A commit is a wait for the disk. Callers who come during one are served together by the next
(group commit); each is answered only when the transaction that holds its own request is durable.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


@dataclass(slots=True, eq=False)
class _Turn(Generic[Asked, Answer]):
    asked: Asked
    answer: Future[Answer] = field(default_factory=Future)


class Turns(Generic[Asked, Answer]):
    """Serves requests of many threads of this process; several at once where they came at once."""

    def __init__(self, serve: Callable[[Sequence[Asked]], Sequence[Answer]]) -> None:
        """Serve by this: all requests or none, in one transaction, answers in their order."""
        self._serve = serve
        self._waiting: deque[_Turn[Asked, Answer]] = deque()
        self._lock = Lock()

    def take(self, asked: Asked) -> Answer:
        """Wait for the request's turn and return its answer; raises what `serve` raises for it alone."""
        turn = _Turn[Asked, Answer](asked)
        self._waiting.append(turn)
        with self._lock:
            if not turn.answer.done():
                self._serve_waiting()
        return turn.answer.result()

    def _serve_waiting(self) -> None:
        turns = [self._waiting.popleft() for _ in range(len(self._waiting))]
        try:
            self._together(turns)
        finally:  # interrupted: who has no answer yet waits on, and serves the others
            self._waiting.extendleft(turn for turn in reversed(turns) if not turn.answer.done())

    def _together(self, turns: Sequence[_Turn[Asked, Answer]]) -> None:
        try:
            answers = self._serve([turn.asked for turn in turns])
        except Exception as error:  # noqa: BLE001 -- it is the asker's, not ours
            if len(turns) == 1:
                turns[0].answer.set_exception(error)
            else:  # one of them may be at fault, and only that one is to learn of it
                for turn in turns:
                    self._together([turn])
            return
        for turn, answer in zip(turns, answers, strict=True):
            turn.answer.set_result(answer)
