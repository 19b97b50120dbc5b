"""Many small objects at a time, large ones one by one: memory stays bounded, and waiting overlaps."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from connectors.lake.objects import Stored

_AT_ONCE = 8
_SMALL = 4 << 20

Result = TypeVar("Result")


def side_by_side(work: Callable[[Stored], Result], objects: Iterable[Stored]) -> Iterator[Result]:
    """Yield the work's result for each object, in order; the first error ends it, once what is under way has ended.

    A large object waits until the small ones before it are done, and is then worked on alone.
    """
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        try:
            for stored in objects:
                large = stored.size > _SMALL
                while waiting and (large or len(waiting) >= 2 * _AT_ONCE):
                    yield waiting.popleft().result()
                if large:
                    yield work(stored)
                else:
                    waiting.append(pool.submit(work, stored))
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
