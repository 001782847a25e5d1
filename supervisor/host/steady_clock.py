"""Clock time for deleting what is old: one that is set forward under way makes nothing older than it is."""

from __future__ import annotations

import time
from collections.abc import Callable


class SteadyClock:
    """Clock time as it was at first, and the seconds since."""

    def __init__(self, clock: Callable[[], float] = time.time, seconds: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seconds = seconds
        self._offset = clock() - seconds()

    def now(self) -> float:
        """Clock time, never further on than the seconds that went by."""
        return min(self._clock(), self._seconds() + self._offset)
