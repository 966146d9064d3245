"""Several requests at a time, in threads that end with the program.

Those of concurrent.futures are waited for: whoever leaves would wait for a list that nobody wants any more.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def at_once(function: Callable[[Item], Result], items: Iterable[Item], limit: int) -> list[Result]:
    """The results in the order of their items, `limit` of them worked out at a time. Raises the first error."""
    waiting = deque(enumerate(items))
    results: dict[int, Result] = {}
    errors: list[BaseException] = []

    def run() -> None:
        while not errors:
            try:
                index, item = waiting.popleft()
            except IndexError:
                return
            try:
                results[index] = function(item)
            except BaseException as error:  # noqa: BLE001 - it goes on in the thread that asked
                errors.append(error)

    threads = [threading.Thread(target=run, daemon=True) for _ in range(min(limit, len(waiting)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return [results[index] for index in sorted(results)]
