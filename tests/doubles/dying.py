"""Processes that die: before and after the writes of an object, or right after a write of the ledger."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from retention.store.engine import Database


class Died(BaseException):
    """The process is no more."""


class Life:
    """Counts moments before and after writes, and ends at one of them."""

    def __init__(self, moments: int) -> None:
        """Live so many moments."""
        self.left = moments

    def spent(self) -> bool:
        """Whether this moment is the last."""
        self.left -= 1
        return self.left == 0


class Dying:
    """Passes calls on, also of its parts; dies before or after the n-th write."""

    def __init__(self, inner: Any, life: Life, writes: Collection[str], parts: Collection[str] = ()) -> None:
        """Stand before the object; `writes` names the calls that count, `parts` attributes that have such calls too."""
        self._inner, self._life, self._writes, self._parts = inner, life, writes, parts

    def __getattr__(self, name: str) -> Any:
        """Return the attribute, or a write that may be the last."""
        found = getattr(self._inner, name)
        if name in self._parts:
            return Dying(found, self._life, self._writes)
        return self._write(found) if name in self._writes else found

    def _write(self, whole: Callable[..., Any]) -> Callable[..., Any]:
        def write(*arguments: Any) -> Any:
            if self._life.spent():
                raise Died
            made = whole(*arguments)
            if self._life.spent():
                raise Died
            return made

        return write


@contextmanager
def dying_ledger(monkeypatch: pytest.MonkeyPatch, writes: int) -> Iterator[list[int]]:
    """Die right after the given write to the ledger (which is before the next one); the list counts them."""
    whole, seen = Database.writing, [0]

    @contextmanager
    def writing(self: Database, *arguments: Any, **more: Any) -> Iterator[Any]:
        seen[0] += 1
        with whole(self, *arguments, **more) as connection:
            yield connection
        if seen[0] == writes:
            raise Died

    with monkeypatch.context() as patched:
        patched.setattr(Database, "writing", writing)
        yield seen
