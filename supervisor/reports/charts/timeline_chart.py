"""The timeline: every session as a bar in a lane; very many of them as how many ran at once, by outcome."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from supervisor.reports.charts.chart_canvas import HATCHES, Canvas, Size, clipped, steps, time_ticks
from supervisor.reports.charts.chart_svg import COLOURS
from supervisor.reports.charts.time_axis import TimeAxis
from supervisor.reports.report_data import PhaseFigures, ReportData
from supervisor.reports.session_history import KINDS, Session
from supervisor.text.human_units import duration
from supervisor.text.plain_text import plain_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


MARKERS = {"partly": "D", "failed": "X", "limited": "v", "stalled": "s", "running": ">"}
_MOST_BARS = 1500
_BAR_PX = 4.0
"""Narrower than this on the average, bars would not be seen one by one."""
_MOST_LANES = 80
_MARK_PX = 6.0
"""Marks that are nearer to each other would hide each other, and the bars."""
_AREA_PX = 76.0
_GAP_PX = 22.0
_AXIS_PX = 24.0


def draw(figures: ReportData, axis: TimeAxis, size: Size) -> tuple[Figure, dict[str, str]]:
    """The chart, and what its bars say when pointed at."""
    own = {phase.summary.id: [s for s in figures.sessions if s.phase == phase.summary.id] for phase in figures.phases}
    shown = [phase for phase in figures.phases if own[phase.summary.id]]
    one_by_one = bars_fit(figures, size)
    lanes = sum(phase.at_once for phase in shown)
    lane_px = min(15.0, max(4.0, 420 / max(1, lanes)))
    heights = [lane_px * phase.at_once if one_by_one else _AREA_PX for phase in shown]
    heights = [max(height, 26.0) for height in heights]
    canvas = Canvas(size, sum(heights) + len(shown) * canvas_gap(size) - _GAP_PX + 4 + _AXIS_PX)
    titles: dict[str, str] = {}
    top = 4.0
    for number, (phase, height) in enumerate(zip(shown, heights, strict=True)):
        top += 0 if size.names else 18
        axes = canvas.axes(top, height)
        canvas.name(top, height, f"{phase.summary.id} {phase.summary.name}", f"at most {phase.at_once} at once")
        axes.set_xlim(0, axis.length)
        time_ticks(axes, axis, size, labels=number == len(shown) - 1)
        for closing in figures.closings:
            start, end = axis.place(closing.start), axis.place(closing.end)
            axes.axvspan(start, end, facecolor=COLOURS["band"], edgecolor="none", zorder=0.4)
        if one_by_one:
            _bars(axes, phase, own[phase.summary.id], axis, lane_px, size, titles)
        else:
            _areas(axes, own[phase.summary.id], axis, size)
        top += height + (_GAP_PX if size.names else _GAP_PX - 8)
    return canvas.figure, titles


def canvas_gap(size: Size) -> float:
    """Room between two phases, the names that stand above included."""
    return _GAP_PX if size.names else _GAP_PX + 10


def bars_fit(figures: ReportData, size: Size) -> bool:
    """Whether every session can be a bar of its own."""
    lanes = sum(phase.at_once for phase in figures.phases)
    count = len(figures.sessions)
    room = (size.width - size.names) * max(1, lanes) / _BAR_PX
    return count <= min(_MOST_BARS, room) and lanes <= _MOST_LANES


def lanes_of(sessions: Sequence[Session]) -> list[int]:
    """A lane for each session, the lowest that is free; sessions are in the order in which they began."""
    free: list[int] = []
    busy: list[tuple[float, int]] = []
    found: list[int] = []
    for session in sessions:
        while busy and busy[0][0] <= session.start:
            heapq.heappush(free, heapq.heappop(busy)[1])
        lane = heapq.heappop(free) if free else len(busy)
        heapq.heappush(busy, (session.end, lane))
        found.append(lane)
    return found


def _bars(
    axes: Axes,
    phase: PhaseFigures,
    sessions: Sequence[Session],
    axis: TimeAxis,
    lane_px: float,
    size: Size,
    titles: dict[str, str],
) -> None:
    from matplotlib.patches import Rectangle

    lanes = lanes_of(sessions)
    axes.set_ylim(max(max(lanes) + 1, phase.at_once), 0)
    least = axis.length / 400
    for session, lane in zip(sessions, lanes, strict=True):
        start, end = axis.place(session.start), axis.place(session.end)
        colour, hollow = COLOURS[session.kind.key], session.kind.key == "cut"
        identity = f"s{len(titles)}"
        bar = Rectangle(
            (start, lane + 0.14),
            max(end - start, least),
            0.72,
            facecolor="none" if hollow else colour,
            edgecolor=colour if hollow else COLOURS["paper"],
            linewidth=1.0 if hollow else 0.6,
            zorder=2,
            gid=identity,
        )
        axes.add_patch(bar)
        titles[identity] = _title(session)
    for kind in KINDS:
        if kind.key in MARKERS:
            own = [(s, lane) for s, lane in zip(sessions, lanes, strict=True) if s.kind is kind]
            ends = [(max(axis.place(s.end), axis.place(s.start) + least), lane) for s, lane in own]
            ends = _apart(ends, axis.length * _MARK_PX / (size.width - size.names))
            axes.plot(
                [end for end, _ in ends],
                [lane + 0.5 for _, lane in ends],
                MARKERS[kind.key],
                markersize=min(8.5, lane_px * 0.72),
                markerfacecolor=COLOURS[kind.key],
                markeredgecolor=COLOURS["paper"],
                markeredgewidth=0.9,
                clip_on=False,
                zorder=3,
            )


def _apart(ends: Sequence[tuple[float, int]], least: float) -> list[tuple[float, int]]:
    """Those ends of bars that are not right after another of their lane."""
    last: dict[int, float] = {}
    found: list[tuple[float, int]] = []
    for end, lane in sorted(ends):
        if end - last.get(lane, float("-inf")) >= least:
            last[lane] = end
            found.append((end, lane))
    return found


def _title(session: Session) -> str:
    outcome = session.kind.name if session.outcome in ("passed", "partly", "failed", "running") else session.outcome
    agent = clipped(session.agent, 60)
    took = "" if session.duration_s is None else f", {duration(session.duration_s)}"
    return plain_line(f"{session.name} by {agent}: {outcome.replace('_', ' ')}{took}")


def _areas(axes: Axes, sessions: Sequence[Session], axis: TimeAxis, size: Size) -> None:
    """How many sessions ran at once, the outcomes on top of each other."""
    edges = [axis.length * number / size.bins for number in range(size.bins + 1)]
    below = [0.0] * size.bins
    for kind in KINDS:
        own = [(axis.place(s.start), axis.place(s.end)) for s in sessions if s.kind is kind]
        if not own:
            continue
        busy = _busy_until(own, edges)
        part = [(b - a) / (edges[1] - edges[0]) for a, b in pairwise(busy)]
        above = [low + high for low, high in zip(below, part, strict=True)]
        across, floor = steps(edges, below)
        axes.fill_between(
            across,
            floor,
            steps(edges, above)[1],
            facecolor=COLOURS[kind.key],
            edgecolor=COLOURS["paper"],
            hatch=HATCHES.get(kind.key),
            linewidth=0.0,
            zorder=2,
        )
        below = above
    axes.set_ylim(0, max(below, default=0) * 1.05 or 1)


def _busy_until(spans: Sequence[tuple[float, float]], edges: Sequence[float]) -> list[float]:
    """Seconds in which sessions ran, of all together, from the beginning to each edge."""
    import numpy as np

    grown = np.zeros(len(edges))
    for index, sign in ((0, 1.0), (1, -1.0)):
        ordered = sorted(span[index] for span in spans)
        sums = np.asarray([0.0, *accumulate(ordered)])
        many = np.searchsorted(ordered, edges, side="right")
        grown += sign * (many * np.asarray(edges) - sums[many])
    return [float(value) for value in grown]
