"""An iterator that is worked off ahead of its reader, a bounded number of items at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def ahead(items: Iterable[T], depth: int) -> Generator[T, None, None]:
    """The items in order, taken in a thread of their own, at most ``depth`` before they are asked for.

    What taking an item raises is raised where the item was due.
    """
    source, end = iter(items), object()
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="ahead") as pool:
        waiting: deque[Future[Any]] = deque(pool.submit(next, source, end) for _ in range(max(1, depth)))
        try:
            while (item := waiting.popleft().result()) is not end:
                waiting.append(pool.submit(next, source, end))
                yield item
        finally:
            for future in waiting:
                future.cancel()
