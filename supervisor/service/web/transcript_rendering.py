"""Work that takes a processor for seconds: in threads, a few at once, and with an end to how many wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

from supervisor.service.problem_details import Problem

_Made = TypeVar("_Made")
_RETRY_S = 5


class Rendering:
    """Makes what pages show; the threads are not those in which the store is read."""

    def __init__(self, at_once: int = 2, most_waiting: int = 16) -> None:
        self._threads = CapacityLimiter(at_once)
        self._most_waiting = most_waiting

    @property
    def waiting(self) -> int:
        """How many are not begun yet."""
        return self._threads.statistics().tasks_waiting

    async def run(self, render: Callable[[], _Made]) -> _Made:
        """What `render` gives; a Problem (503) where too many wait already."""
        if self._threads.available_tokens < 1 and self.waiting >= self._most_waiting:
            raise Problem(
                503,
                f"{self._most_waiting} pages wait to be made before this one",
                f"Ask again in {_RETRY_S} s.",
                headers={"Retry-After": str(_RETRY_S)},
            )
        return await to_thread.run_sync(render, limiter=self._threads)
