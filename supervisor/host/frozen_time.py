"""Time that this process lost, since it was stopped or the machine slept: nobody's, it moves deadlines on.

No clock tells of a process that was stopped (SIGSTOP) with all that it started. So while something has a deadline, a
timer is due every two seconds, and how late it comes is what was lost; while nothing has one, there is no timer.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from typing import Protocol

LOOK_EVERY_S = 2.0
LATE_S = 1.0
"""What a busy machine may be late by; more than that is lost time."""


class Clock(Protocol):
    """What is needed of a loop."""

    def time(self) -> float: ...

    def call_at(self, when: float, callback: Callable[[], None]) -> asyncio.TimerHandle: ...


class FrozenTime:
    """The time that a loop lost; short of at most two seconds of each time that it was stopped."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lost_s = 0.0
        self._watchers = 0
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def watch(self) -> Callable[[], None]:
        """Something has a deadline, until the returned function is called: lost time is noticed."""
        self._watchers += 1
        if self._timer is None:
            self._look_later()
        stopped = False

        def stop() -> None:
            nonlocal stopped
            if not stopped:
                stopped = True
                self._watchers -= 1
                if not self._watchers and self._timer is not None:
                    self._timer.cancel()
                    self._timer = None

        return stop

    def lost_s(self) -> float:
        """Seconds lost so far: what they are more than at a beginning, the deadline that was set then moves on by."""
        late_s = self._clock.time() - self._due
        if self._timer is not None and late_s > LATE_S:
            self._timer.cancel()
            self._lost_s += late_s
            self._look_later()
        return self._lost_s

    def _look_later(self) -> None:
        self._due = self._clock.time() + LOOK_EVERY_S
        self._timer = self._clock.call_at(self._due, self._look)

    def _look(self) -> None:
        if self._timer is not None:
            before = self._due
            self.lost_s()
            if self._due == before:
                self._look_later()


@functools.lru_cache(maxsize=1)
def _of(loop: asyncio.AbstractEventLoop) -> FrozenTime:
    return FrozenTime(loop)


def frozen_time() -> FrozenTime:
    """That of the loop that runs."""
    return _of(asyncio.get_running_loop())
