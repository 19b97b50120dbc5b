"""Threads that queue for the same transaction share one: whoever comes first does the work of all who wait.

A commit is a wait for the disk. Callers who come during one are served together by the next
(group commit); each is answered only when the transaction that holds its own request is durable.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


@dataclass(slots=True, eq=False)
class _Turn(Generic[Asked, Answer]):
    asked: Asked
    answer: Future[Answer] = field(default_factory=Future)
    woken: Event = field(default_factory=Event)
    """Set when it is answered, or when it is to serve all who wait."""


class Turns(Generic[Asked, Answer]):
    """Serves requests of many threads of this process; several at once where they came at once."""

    def __init__(self, serve: Callable[[Sequence[Asked]], Sequence[Answer]]) -> None:
        """Serve by this: all requests or none, in one transaction, answers in their order."""
        self._serve = serve
        self._waiting: deque[_Turn[Asked, Answer]] = deque()
        self._lock = Lock()
        self._served = False  # by somebody, at this moment

    def take(self, asked: Asked) -> Answer:
        """Wait for the request's turn and return its answer; raises what `serve` raises for it alone."""
        turn = _Turn[Asked, Answer](asked)
        with self._lock:
            self._waiting.append(turn)
            others_serve, self._served = self._served, True
        if others_serve:
            try:
                turn.woken.wait()
            except BaseException:  # an interrupt: nobody may wait for who does not wait any more
                self._leave(turn)
                raise
        if not turn.answer.done():
            self._serve_waiting()
        return turn.answer.result()

    def _serve_waiting(self) -> None:
        with self._lock:
            turns = [self._waiting.popleft() for _ in range(len(self._waiting))]
        try:
            self._together(turns)
        finally:
            with self._lock:  # interrupted: who has no answer yet is served by the next
                self._waiting.extendleft(each for each in reversed(turns[1:]) if not each.answer.done())
                self._wake_next()
            for each in turns:
                if each.answer.done():
                    each.woken.set()

    def _wake_next(self) -> None:
        self._served = bool(self._waiting)
        if self._served:
            self._waiting[0].woken.set()

    def _leave(self, turn: _Turn[Asked, Answer]) -> None:
        with self._lock:
            if turn in self._waiting:
                self._waiting.remove(turn)
                if turn.woken.is_set():
                    self._wake_next()

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
