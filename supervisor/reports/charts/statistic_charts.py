"""The other charts of a report: where the time went, how long sessions took, how fast items were done."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import accumulate, pairwise

from markupsafe import Markup

from supervisor.reports.charts.chart_canvas import (
    AXIS_PX,
    SMALL,
    Drawn,
    Row,
    Scale,
    Size,
    clipped,
    columns,
    ground,
    named,
    short_time,
    ticks,
    time_scale,
)
from supervisor.reports.charts.chart_svg import box, group, path, text
from supervisor.reports.charts.time_axis import TimeAxis, step_for
from supervisor.reports.report_data import Durations, ReportData
from supervisor.text.human_units import duration, money

PARTS = {
    "working": "var(--passed)",
    "gated": "url(#hatch-limited)",
    "between": "url(#hatch-partly)",
    "stopped": "var(--line)",
}
"""Where time goes, and what stands for it."""
_MOST_ROWS = 14
_BAR_PX, _ROW_PX, _CHART_PX = 16.0, 36.0, 56.0
_SAID_PX, _LABEL_PX = 148.0, 75.0
"""Room for what is said of a bar, and of a line."""


def time_spent(figures: ReportData, size: Size) -> Drawn:
    """A bar for the whole job by the clock, then one for each phase and agent by the hours of sessions."""
    names = {phase.summary.id: phase.summary.name for phase in figures.phases}
    most = sorted(figures.workers, key=lambda w: -w.working_s)[:_MOST_ROWS]
    workers = [worker for worker in figures.workers if worker in most]
    longest = max((w.working_s + w.gated_s + w.between_s for w in workers), default=0.0)
    step, total = _ROW_PX + (0 if size.names else 14), figures.clock.total_s
    right = size.right - (_SAID_PX if size.names else 0)
    rows = [Row(6 + size.above, _BAR_PX, "by the clock", "" if size.names else duration(total))]
    said = [duration(total)]
    bars = _shares(rows[0], figures.clock, Scale(0, total or 1, size.left, right))
    for number, worker in enumerate(workers, 1):
        parts = (worker.working_s, worker.gated_s, worker.between_s, 0.0)
        cost = "" if worker.cost_usd is None else f" · {money(worker.cost_usd)}"
        said.append(f"{duration(sum(parts))}{cost}")
        name, note = f"{worker.phase} {names.get(worker.phase, '')}", clipped(worker.agent, 22)
        if not size.names:
            name, note = f"{clipped(name, 15)} · {clipped(note, 10)}", said[-1]
        rows.append(Row(step * number + 34 + size.above, _BAR_PX, name, note))
        bars += _shares(rows[-1], parts, Scale(0, longest or 1, size.left, right))
    content = [
        group(bars, stroke="var(--paper)", stroke_width=0.6),
        *named(size, rows),
        text(0, step + 14, "of all sessions together, by phase and agent", font_size=SMALL, fill="var(--muted)"),
    ]
    if size.names:
        ends = (text(right + 8, row.top + _BAR_PX / 2, words) for words, row in zip(said, rows, strict=True))
        content.append(group(ends, font_size=SMALL, fill="var(--ink)"))
    return Drawn(content, rows[-1].floor + 14)


def _shares(row: Row, parts: tuple[float, ...], scale: Scale) -> list[Markup]:
    """Parts of a bar side by side."""
    ends = [0.0, *accumulate(parts)]
    return [
        box(scale(start), scale(end), row.top, row.floor, fill=fill)
        for fill, (start, end) in zip(PARTS.values(), pairwise(ends), strict=True)
        if end > start
    ]


def how_long(figures: ReportData, size: Size) -> Drawn:
    """How many sessions of a phase took how long, all phases on one scale."""
    took: defaultdict[int, list[float]] = defaultdict(list)
    for session in figures.sessions:
        if session.duration_s is not None:
            took[session.phase].append(max(session.duration_s, 0.001))
    every = [seconds for each in took.values() for seconds in each]
    low, high = min(every) * 0.9, max(every) * 1.1
    log, count = high / low > 8, 56 if size.names else 28
    edges = [low * (high / low) ** (n / count) if log else low + (high - low) * n / count for n in range(count + 1)]
    scale = Scale(low, high, size.left, size.right, log)
    rows: list[Row] = []
    content: list[Markup] = []
    top = 28 + size.above
    for phase in figures.phases:
        if own := took[phase.summary.id]:
            name = f"{phase.summary.id} {phase.summary.name}"
            rows.append(row := Row(top, _CHART_PX, name, f"{len(own):,} sessions"))
            counts = Counter(bisect_right(edges, seconds) - 1 for seconds in own)
            heights = {(a, a + 0.92 * (b - a)): counts[n] for n, (a, b) in enumerate(pairwise(edges))}
            content += columns(scale, row, heights)
            assert phase.durations is not None
            content += _lines(row, phase.durations, scale)
            top += _CHART_PX + 28 + size.above
    below = ticks(scale, _duration_ticks(low, high, size, log=log), rows[-1].floor)
    return Drawn([*content, below, *named(size, rows, raised=24)], rows[-1].floor + AXIS_PX)


def _lines(row: Row, took: Durations, scale: Scale) -> Iterator[Markup]:
    """Lines at the median, and at what 95 of 100 sessions did not exceed; what they say keeps clear of the edges."""
    half, most = scale(took.median), scale(took.most)
    left, right = half > scale.left + _LABEL_PX, most > scale.right - _LABEL_PX
    raised = 12 if left == right and most - half < _LABEL_PX else 0
    for x, words, dash, ends, y in (
        (half, f"half {duration(took.median)}", None, left, row.top - 7),
        (most, f"95 % {duration(took.most)}", "3 2", right, row.top - 7 - raised),
    ):
        yield path([(x, row.top), (x, row.floor)], stroke="var(--ink)", stroke_width=1.1, stroke_dasharray=dash)
        at, anchor = (x - 2, "end") if ends else (x + 2, "start")
        yield text(at, y, words, text_anchor=anchor, font_size=SMALL, fill="var(--ink)")


def _duration_ticks(low: float, high: float, size: Size, *, log: bool) -> dict[float, str]:
    if not log:
        step = step_for(high - low, size.ticks)
        places = [number * step for number in range(max(1, math.ceil(low / step)), int(high / step) + 1)]
        return {place: short_time(place, step) for place in places}
    usual = (0.001, 0.01, 0.1, 1, 10, 60, 600, 3600, 6 * 3600, 86400) if not size.names else (
        0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 60, 180, 600, 1800, 3600, 3 * 3600, 6 * 3600, 86400
    )  # fmt: skip
    return {place: short_time(place, place) for place in usual if low <= place <= high} or {low: short_time(low, low)}


def throughput(figures: ReportData, axis: TimeAxis, size: Size) -> Drawn:
    """Items of the batches that ended, by phase over time."""
    width = step_for(axis.length, size.bins // 3)
    bins = max(1, math.ceil(axis.length / width))
    per_s = 1 if width < 60 else 60 if width < 3600 else 3600
    unit = {1: "second", 60: "minute", 3600: "hour"}[per_s]
    done: defaultdict[int, Counter[int]] = defaultdict(Counter)
    for batch in figures.ended:
        done[batch.phase][min(bins - 1, int(axis.place(batch.at) / width))] += batch.items
    rows: list[Row] = []
    content: list[Markup] = []
    top = 6 + size.above
    for phase in figures.phases:
        if own := done[phase.summary.id]:
            name, note = f"{phase.summary.id} {phase.summary.name}", _number(max(own.values()) * per_s / width)
            rows.append(row := Row(top, _CHART_PX, name, f"up to {note} a {unit}"))
            heights = {(n * width, (n + 0.9) * width): items for n, items in own.items()}
            content += columns(time_scale(axis, size), row, heights)
            top += _CHART_PX + 18 + size.above
    return Drawn([*ground(axis, size, rows[-1].floor), *content, *named(size, rows)], rows[-1].floor + AXIS_PX)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"
