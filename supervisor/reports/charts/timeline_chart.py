"""The timeline: every session as a bar in a lane; very many of them as how many ran at once, by outcome."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

from markupsafe import Markup

from supervisor.reports.charts.chart_canvas import (
    AXIS_PX,
    Drawn,
    Row,
    Scale,
    Size,
    bands,
    clipped,
    ground,
    named,
    time_scale,
)
from supervisor.reports.charts.chart_svg import box, element, group, path
from supervisor.reports.charts.time_axis import TimeAxis
from supervisor.reports.intervals import Span
from supervisor.reports.report_data import ReportData
from supervisor.reports.session_history import KINDS, Session, lanes_of
from supervisor.text.human_units import duration
from supervisor.text.plain_text import plain_line

MARKS = {
    "partly": "M0-5l5 5-5 5-5-5z",
    "failed": "M-5-3l2-2 3 3 3-3 2 2-3 3 3 3-2 2-3-3-3 3-2-2 3-3z",
    "limited": "M-5-4h10l-5 9z",
    "stalled": "M-4-4h8v8h-8z",
    "running": "M-3-5l7 5-7 5z",
}
"""What tells outcomes apart besides their colour."""
HATCHES = {
    "partly": "M-2 2l4-4M0 8l8-8M6 10l4-4",
    "failed": "M0 8l8-8M0 0l8 8",
    "limited": "M2 0v8M6 0v8",
    "stalled": "M4 0v8M0 4h8",
    "cut": "M-2 6l4 4M0 0l8 8M6-2l4 4",
    "running": "M0 4h8",
}
"""The same where there are areas: lines of a square of eight pixels, which the page makes a pattern of."""
_MOST_BARS = 1500
_BAR_PX = 4.0
"""Narrower than this on the average, bars would not be seen one by one."""
_MOST_LANES = 80
_MARK_PX = 6.0
"""Marks that are nearer to each other would hide each other, and the bars."""
_AREA_PX, _GAP_PX = 76.0, 22.0


def draw(figures: ReportData, axis: TimeAxis, size: Size) -> Drawn:
    """The chart; its bars say what they are when pointed at."""
    scale, one_by_one = time_scale(axis, size), bars_fit(figures, size)
    lane_px = min(15.0, max(4.0, 420 / max(1, sum(phase.at_once for phase in figures.phases))))
    rows: list[Row] = []
    content: list[Markup] = []
    top = 4 + size.above
    for phase in figures.phases:
        if sessions := [s for s in figures.sessions if s.phase == phase.summary.id]:
            height = max(lane_px * phase.at_once if one_by_one else _AREA_PX, 26.0)
            name = f"{phase.summary.id} {phase.summary.name}"
            rows.append(row := Row(top, height, name, f"at most {phase.at_once} at once"))
            spans = [(axis.place(session.start), axis.place(session.end)) for session in sessions]
            if one_by_one:
                content += _bars(sessions, spans, scale, row, height / phase.at_once)
            else:
                content += _areas(sessions, spans, scale, row, size.bins)
            top += height + (_GAP_PX if size.names else _GAP_PX + 10)
    floor = rows[-1].floor
    closed = [(axis.place(each.start), axis.place(each.end)) for each in figures.closings]
    below = [*ground(axis, size, floor), bands(scale, closed, floor)]
    return Drawn([*below, *content, *named(size, rows)], floor + AXIS_PX)


def bars_fit(figures: ReportData, size: Size) -> bool:
    """Whether every session can be a bar of its own."""
    lanes = sum(phase.at_once for phase in figures.phases)
    count = len(figures.sessions)
    room = (size.width - size.names) * max(1, lanes) / _BAR_PX
    return count <= min(_MOST_BARS, room) and lanes <= _MOST_LANES


def _bars(
    sessions: Sequence[Session], spans: Sequence[Span], scale: Scale, row: Row, lane_px: float
) -> Iterator[Markup]:
    bars: defaultdict[str, list[Markup]] = defaultdict(list)
    ends: defaultdict[str, list[Markup]] = defaultdict(list)
    last: dict[int, float] = {}
    mark = round(min(1.0, lane_px / 12), 2)
    for session, span, lane in zip(sessions, spans, lanes_of(sessions), strict=True):
        key, top = session.kind.key, row.top + lane_px * (lane + 0.14)
        start, end = scale(span[0]), max(scale(span[1]), scale(span[0]) + 2)
        bars[key].append(box(start, end, top, top + lane_px * 0.72, _title(session)))
        if key in MARKS and end - last.get(lane, -_MARK_PX) >= _MARK_PX:
            last[lane] = end
            at = {"x": end / mark, "y": (top + lane_px * 0.36) / mark}
            ends[key].append(element("use", {"href": f"#mark-{key}", **at}))
    for key, drawn in bars.items():
        fill, edge = ("none", "var(--cut)") if key == "cut" else (f"var(--{key})", "var(--paper)")
        yield group(drawn, fill=fill, stroke=edge, stroke_width=0.8)
    for key, drawn in ends.items():
        yield group(drawn, transform=f"scale({mark})", fill=f"var(--{key})", stroke="var(--paper)")


def _title(session: Session) -> str:
    outcome = session.kind.name if session.outcome in ("passed", "partly", "failed", "running") else session.outcome
    agent = clipped(session.agent, 60)
    took = "" if session.duration_s is None else f", {duration(session.duration_s)}"
    return plain_line(f"{session.name} by {agent}: {outcome.replace('_', ' ')}{took}")


def _areas(sessions: Sequence[Session], spans: Sequence[Span], scale: Scale, row: Row, bins: int) -> Iterator[Markup]:
    """How many sessions ran at once, the outcomes on top of each other."""
    edges = [scale.high * number / bins for number in range(bins + 1)]
    below, tops = [0.0] * bins, {}
    for kind in KINDS:
        own = [span for session, span in zip(sessions, spans, strict=True) if session.kind is kind]
        busy = [(b - a) / edges[1] for a, b in pairwise(_busy_until(own, edges))]
        tops[kind.key] = below = [low + high for low, high in zip(below, busy, strict=True)]
    px = row.height / 1.05 / (max(below) or 1)
    floor = outline = _steps(edges, [0.0] * bins)
    for key, heights in tops.items():
        floor, outline = outline, _steps(edges, heights)
        if floor != outline:
            points = [(scale(x), row.floor - px * y) for x, y in [*outline, *reversed(floor)]]
            yield path(points, fill=f"url(#hatch-{key})" if key in HATCHES else f"var(--{key})")


def _steps(edges: Sequence[float], heights: Sequence[float]) -> list[tuple[float, float]]:
    """The corners of columns that stand side by side."""
    corners = [(edges[0], heights[0])]
    for edge, (before, after) in zip(edges[1:-1], pairwise(heights), strict=True):
        if before != after:
            corners += [(edge, before), (edge, after)]
    return [*corners, (edges[-1], heights[-1])]


def _busy_until(spans: Sequence[tuple[float, float]], edges: Sequence[float]) -> list[float]:
    """Seconds in which sessions ran, of all together, from the beginning to each edge."""
    grown = [0.0] * len(edges)
    for index, sign in ((0, 1.0), (1, -1.0)):
        ordered = sorted(span[index] for span in spans)
        sums = [0.0, *accumulate(ordered)]
        for number, edge in enumerate(edges):
            many = bisect_right(ordered, edge)
            grown[number] += sign * (many * edge - sums[many])
    return grown
