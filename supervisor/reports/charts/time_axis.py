"""Time as charts show it: from the first start on, with long pauses cut short."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from supervisor.reports.intervals import Span

_LONG = 0.08
"""A pause is cut that is longer than this part of all else, which would be pressed together beside it."""
_SHOWN = 0.012
"""Which part of the axis a cut takes."""
_MOST_CUTS = 12
STEPS_S = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800)
_DAY_S = 86400


class Cut(NamedTuple):
    """A pause that is shown shorter than it was."""

    at: float
    """Where it begins on the axis."""
    width: float
    lasted_s: float


class TimeAxis:
    """Where a clock time is on the axis, in seconds that are shown."""

    def __init__(self, start: float, end: float, pauses: Sequence[Span]) -> None:
        end = max(end, start + 0.01)
        inside = sorted(pauses, key=lambda pause: pause[0] - pause[1])
        left = end - start
        chosen: list[Span] = []
        for pause in inside[:_MOST_CUTS]:
            rest = left - (pause[1] - pause[0])
            if pause[1] - pause[0] <= _LONG * max(rest, 1.0):
                break
            chosen.append(pause)
            left = rest
        width = _SHOWN * max(left, 0.01)
        self.cuts: list[Cut] = []
        self._clock, self._shown = [start], [0.0]
        for pause in sorted(chosen):
            at = self._shown[-1] + pause[0] - self._clock[-1]
            self.cuts.append(Cut(at, width, pause[1] - pause[0]))
            self._clock += [pause[0], pause[1]]
            self._shown += [at, at + width]
        self.length = self._shown[-1] + end - self._clock[-1]
        self._clock.append(end)
        self._shown.append(self.length)

    def place(self, at: float) -> float:
        """Where a clock time is, from 0 to `length`."""
        number = min(max(bisect_right(self._clock, at), 1), len(self._clock) - 1)
        clock, shown = self._clock[number - 1 : number + 1], self._shown[number - 1 : number + 1]
        part = (at - clock[0]) / (clock[1] - clock[0]) if clock[1] > clock[0] else 0.0
        return shown[0] + min(max(part, 0.0), 1.0) * (shown[1] - shown[0])


def step_for(length_s: float, most: int) -> float:
    """The shortest usual step of time of which no more than `most` are in a length."""
    for step in STEPS_S:
        if length_s / step <= most:
            return float(step)
    days = 1
    while length_s / (days * 21600) > most:
        days *= 2
    return float(days * 21600)
