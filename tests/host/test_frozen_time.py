"""Time in which the process did not run is told apart from time in which nothing happened."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from supervisor.host.frozen_time import LATE_S, LOOK_EVERY_S, FrozenTime


class Timers:
    """A clock that is set by hand; its timers are called when `run` comes to them."""

    def __init__(self) -> None:
        self.now = 100.0
        self.due: list[tuple[float, Timer]] = []

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Callable[[], None]) -> Timer:
        timer = Timer(callback)
        self.due.append((when, timer))
        return timer

    def run(self, seconds: float) -> None:
        """Time in which the process runs."""
        end = self.now + seconds
        while due := [each for each in self.due if each[0] <= end and not each[1].cancelled]:
            when, timer = min(due, key=lambda each: each[0])
            self.due.remove((when, timer))
            self.now = max(self.now, when)
            timer.callback()
        self.now = max(self.now, end)

    @property
    def waiting(self) -> int:
        return sum(not timer.cancelled for _, timer in self.due)


class Timer:
    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


def watched() -> tuple[Timers, FrozenTime, Callable[[], None]]:
    timers = Timers()
    frozen = FrozenTime(timers)  # type: ignore[arg-type]
    return timers, frozen, frozen.watch()


def test_time_in_which_it_runs_is_not_lost() -> None:
    timers, frozen, _ = watched()
    timers.run(3600)
    assert frozen.lost_s() == 0


@pytest.mark.parametrize("asked_first", [True, False], ids=["asked", "by its timer"])
def test_time_in_which_it_does_not_run_is_lost(*, asked_first: bool) -> None:
    timers, frozen, _ = watched()
    for _ in range(2):
        timers.run(10.5)
        timers.now += 14
        if asked_first:
            frozen.lost_s()
        timers.run(60)
    assert 2 * (14 - LOOK_EVERY_S) <= frozen.lost_s() <= 2 * 14


def test_a_busy_machine_loses_nothing() -> None:
    timers, frozen, _ = watched()
    timers.run(10)
    timers.now += LATE_S
    timers.run(10)
    assert frozen.lost_s() == 0


def test_there_is_no_timer_while_nobody_watches() -> None:
    timers, frozen, stop = watched()
    another = frozen.watch()
    stop()
    stop()
    assert timers.waiting == 1
    another()
    assert timers.waiting == 0
    timers.now += 100
    assert frozen.lost_s() == 0
    frozen.watch()
    timers.run(10)
    assert (timers.waiting, frozen.lost_s()) == (1, 0)
