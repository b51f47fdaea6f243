"""Work on many files, ahead of its use and in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Done = TypeVar("Done")

AHEAD = 8
"""Items worked on or waiting at a time: enough to keep the threads busy, and no more of them is held in memory."""


def ahead(
    function: Callable[[Item], Done], items: Iterable[Item], *, workers: int
) -> Iterator[tuple[Item, Future[Done]]]:
    """Call a function on each item in threads, while the results of earlier items are used.

    Args:
        function: takes one item.
        items: in the order in which they come back.
        workers: threads.

    Yields:
        Each item, and the future of its result: `result()` waits for it, and raises what the function raised.
    """
    waiting: deque[tuple[Item, Future[Done]]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for item in items:
            waiting.append((item, pool.submit(function, item)))
            if len(waiting) > AHEAD:
                yield waiting.popleft()
        while waiting:
            yield waiting.popleft()
