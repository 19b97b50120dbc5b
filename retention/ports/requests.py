"""What is remembered of people's requests: their moves, which are only ever added."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Protocol

from retention.model.case import Case
from retention.model.ids import CaseId
from retention.model.promises import Promise
from retention.model.request_moves import Move


class Requests(Protocol):
    """Moves by case and number; marks by which a second copy of a request is known."""

    def begin(self, case: Case, move: Move, marks: Sequence[str]) -> CaseId:
        """Keep a case, its first move and its marks, all or none; return its number.

        If one of the marks is known, nothing is kept, and the case that has it is returned.
        """
        ...

    def add(self, case_id: CaseId, number: int, move: Move) -> None:
        """Keep the move under its number (the first is 0); raises ConcurrentWriteFailure if another has it."""
        ...

    def mark(self, case_id: CaseId, mark: str) -> CaseId:
        """Keep one more mark of the case; return the case that has it, which may be another."""
        ...

    def marked(self, mark: str) -> CaseId | None:
        """Return the case that has the mark."""
        ...

    def moves(self, case_id: CaseId) -> tuple[Move, ...]:
        """Return the moves in their order; empty if the case is no person's request."""
        ...

    def all(self) -> Iterator[tuple[CaseId, tuple[Move, ...]]]:
        """Yield every request with its moves, by case number."""
        ...


class Promises(Protocol):
    """What was promised to people in place of what was refused: keyed digests."""

    def keep(self, promises: Iterable[Promise]) -> None:
        """Keep them; one a case, key name and digest."""
        ...

    def open(self) -> tuple[Promise, ...]:
        """Return those that are not kept yet, earliest day first."""
        ...

    def mark_kept(self, keys: Collection[tuple[str, str]], at: datetime) -> None:
        """Note that nothing of the people with these keys (name, digest) is there any more."""
        ...
