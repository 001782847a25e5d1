"""How many sessions run at once: overall, and of each job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable


class Slots:
    """Counts sessions against their limits, and wakes those that wait when one ends."""

    def __init__(self, overall: int) -> None:
        self._overall = overall
        self._taken: Counter[int] = Counter()
        self._waiting: list[Callable[[], None]] = []

    def take(self, job: int, limit: int) -> bool:
        """Take a slot for a job; False where none is free."""
        if self._taken.total() >= max(self._overall, limit) or self._taken[job] >= limit:
            return False
        self._taken[job] += 1
        return True

    def give(self, job: int) -> None:
        """Give a slot back."""
        self._taken[job] -= 1
        for wake in self._waiting:
            wake()

    def on_free(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Have `wake` called whenever a slot becomes free, until the returned function is called."""
        self._waiting.append(wake)
        return lambda: self._waiting.remove(wake)
