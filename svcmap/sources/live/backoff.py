"""How long to wait before a server that does not answer is asked again: client-go's reflector (tools/cache)."""

from __future__ import annotations

import random
import time

FIRST, LONGEST, FACTOR = 0.8, 30.0, 2.0
RESET = 120.0
"""Seconds of peace after which the next failure counts as the first."""


class Backoff:
    """Doubles from 0.8 to 30 seconds; each wait is up to twice as long by chance, so that clients spread out."""

    def __init__(self) -> None:
        self._next, self._last = FIRST, 0.0

    def wait(self) -> float:
        """Seconds to wait now."""
        now = time.monotonic()
        if now - self._last > RESET:
            self._next = FIRST
        self._last = now
        wait, self._next = self._next, min(self._next * FACTOR, LONGEST)
        return wait * (1 + random.random())
