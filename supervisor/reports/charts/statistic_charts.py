"""The other charts of a report: where the time went, how long sessions took, how fast items were done."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from supervisor.reports.charts.chart_canvas import SMALL, Canvas, Size, clipped, short_time, time_ticks
from supervisor.reports.charts.chart_svg import COLOURS
from supervisor.reports.charts.time_axis import TimeAxis, step_for
from supervisor.reports.report_data import PhaseFigures, ReportData
from supervisor.text.human_units import duration, money

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


PARTS = (
    ("working", "passed", None),
    ("gated", "limited", "||||"),
    ("between", "partly", "////"),
    ("stopped", "line", None),
)
"""Where time goes: its key, its colour, its hatch."""
_MOST_ROWS = 14
_BAR_PX, _ROW_PX, _AXIS_PX, _CHART_PX = 16.0, 36.0, 24.0, 56.0


def time_spent(figures: ReportData, size: Size) -> tuple[Figure, dict[str, str]]:
    """A bar for the whole job by the clock, then one for each phase and agent by the hours of sessions."""
    workers = sorted(figures.workers, key=lambda w: -w.working_s)[:_MOST_ROWS]
    names = {phase.summary.id: phase.summary.name for phase in figures.phases}
    kept = [worker for worker in figures.workers if worker in workers]
    row = _ROW_PX + (0 if size.names else 14)
    canvas = Canvas(size, row * (len(kept) + 1) + 34)
    whole = figures.clock
    _share_bar(
        canvas,
        6 + canvas.above,
        "by the clock",
        [whole.working_s, whole.gated_s, whole.between_s, whole.stopped_s],
        whole.total_s,
        duration(whole.total_s),
    )
    canvas.text(0, row + 14, "of all sessions together, by phase and agent", "muted", SMALL)
    most = max((w.working_s + w.gated_s + w.between_s for w in kept), default=0.0)
    for number, worker in enumerate(kept):
        name, note = f"{worker.phase} {names.get(worker.phase, '')}", worker.agent
        if not size.names:
            name = f"{clipped(name, 15)} · {clipped(note, 10)}"
        parts = [worker.working_s, worker.gated_s, worker.between_s, 0.0]
        cost = "" if worker.cost_usd is None else f" · {money(worker.cost_usd)}"
        top = row * (number + 1) + 34 + canvas.above
        _share_bar(canvas, top, name, parts, most, f"{duration(sum(parts))}{cost}", note)
    return canvas.figure, {}


def _share_bar(
    canvas: Canvas, top: float, name: str, parts: Sequence[float], most: float, said: str, note: str = ""
) -> None:
    room = 156.0 if canvas.size.names else 8.0
    axes = canvas.axes(top, _BAR_PX, right=room)
    canvas.name(top, _BAR_PX, name, clipped(note, 22) if canvas.size.names else said)
    if canvas.size.names:
        canvas.text(canvas.size.width - room + 8, top + _BAR_PX / 2, said, "ink", SMALL)
    axes.set_xlim(0, most or 1)
    axes.set_ylim(0, 1)
    start = 0.0
    for (_, colour, hatch), seconds in zip(PARTS, parts, strict=True):
        if seconds > 0:
            axes.barh(
                0.5,
                seconds,
                height=1,
                left=start,
                color=COLOURS[colour],
                edgecolor=COLOURS["paper"],
                hatch=hatch,
                linewidth=0.6,
            )
            start += seconds


def how_long(figures: ReportData, size: Size) -> tuple[Figure, dict[str, str]]:
    """How many sessions of a phase took how long, all phases on one scale."""
    import numpy as np

    took: defaultdict[int, list[float]] = defaultdict(list)
    for session in figures.sessions:
        if session.duration_s is not None:
            took[session.phase].append(max(session.duration_s, 0.001))
    shown = [phase for phase in figures.phases if took[phase.summary.id]]
    every = [seconds for each in took.values() for seconds in each] or [1.0]
    low, high = min(every) * 0.9, max(every) * 1.1
    wide_range = high / low > 8
    count = 56 if size.names else 28
    edges = np.geomspace(low, high, count + 1) if wide_range else np.linspace(low, high, count + 1)
    canvas = Canvas(size, len(shown) * (_CHART_PX + 24 + canvas_above(size)) + _AXIS_PX)
    top = 14.0
    for number, phase in enumerate(shown):
        top += canvas_above(size)
        axes = canvas.axes(top, _CHART_PX)
        axes.set_xscale("log" if wide_range else "linear")
        axes.set_xlim(low, high)
        axes.set_xticks([])
        axes.minorticks_off()
        heights, _ = np.histogram(took[phase.summary.id], bins=edges)
        axes.bar(edges[:-1], heights, width=np.diff(edges) * 0.92, align="edge", color=COLOURS["accent"], linewidth=0)
        axes.set_ylim(0, max(1, heights.max()) * 1.02)
        axes.axhline(0, color=COLOURS["line"], linewidth=1)
        _name_phase(canvas, top, phase, f"{len(took[phase.summary.id]):,} sessions")
        assert phase.durations is not None
        _marks(axes, phase, low, high, wide_range=wide_range)
        if number == len(shown) - 1:
            places = _duration_ticks(low, high, size, wide_range=wide_range)
            axes.set_xticks(places, [short_time(place, place if wide_range else places[0]) for place in places])
        top += _CHART_PX + 24
    return canvas.figure, {}


def _marks(axes: Axes, phase: PhaseFigures, low: float, high: float, *, wide_range: bool) -> None:
    """Lines at the median, and at what 95 of 100 sessions did not exceed."""
    assert phase.durations is not None
    transform = axes.get_xaxis_transform()
    placed: list[float] = []
    for seconds, name, style in (
        (phase.durations.median, "half", "-"),
        (phase.durations.most, "95 %", (0, (3, 2))),
    ):
        axes.axvline(seconds, color=COLOURS["ink"], linewidth=1.1, linestyle=style)
        part = math.log(seconds / low, high / low) if wide_range else (seconds - low) / (high - low)
        near = any(abs(part - other) < 0.2 for other in placed)
        placed.append(part)
        right = part > 0.75 and not near
        axes.annotate(
            f"{name} {duration(seconds)}",
            (seconds, 1.0 if not near else 0.78),
            xycoords=transform,
            xytext=(-4 if right else 4, 4),
            textcoords="offset points",
            ha="right" if right else "left",
            fontsize=SMALL,
            color=COLOURS["ink"],
        )


def _duration_ticks(low: float, high: float, size: Size, *, wide_range: bool) -> list[float]:
    if not wide_range:
        step = step_for(high - low, size.ticks)
        return [number * step for number in range(max(1, math.ceil(low / step)), int(high / step) + 1)]
    usual = (0.001, 0.01, 0.1, 1, 10, 60, 600, 3600, 6 * 3600, 86400) if not size.names else (
        0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 60, 180, 600, 1800, 3600, 3 * 3600, 6 * 3600, 86400
    )  # fmt: skip
    return [place for place in usual if low <= place <= high] or [low]


def throughput(figures: ReportData, axis: TimeAxis, size: Size) -> tuple[Figure, dict[str, str]]:
    """Items of the batches that ended, by phase over time."""
    width = step_for(axis.length, size.bins // 3)
    bins = max(1, math.ceil(axis.length / width))
    per_s = 1 if width < 60 else 60 if width < 3600 else 3600
    unit = {1: "second", 60: "minute", 3600: "hour"}[per_s]
    rates: defaultdict[int, list[float]] = defaultdict(lambda: [0.0] * bins)
    for batch in figures.ended:
        place = min(bins - 1, int(axis.place(batch.at) / width))
        rates[batch.phase][place] += batch.items * per_s / width
    shown = [phase for phase in figures.phases if phase.summary.id in rates]
    canvas = Canvas(size, len(shown) * (_CHART_PX + 18 + canvas_above(size)) + _AXIS_PX)
    top = 6.0
    for number, phase in enumerate(shown):
        top += canvas_above(size)
        axes = canvas.axes(top, _CHART_PX)
        heights = rates[phase.summary.id]
        axes.set_xlim(0, axis.length)
        time_ticks(axes, axis, size, labels=number == len(shown) - 1)
        axes.bar(
            [place * width for place in range(bins)],
            heights,
            width=width * 0.9,
            align="edge",
            color=COLOURS["accent"],
            linewidth=0,
            zorder=2,
        )
        axes.axhline(0, color=COLOURS["line"], linewidth=1)
        axes.set_ylim(0, max(heights) * 1.04 or 1)
        _name_phase(canvas, top, phase, f"up to {_number(max(heights))} a {unit}")
        top += _CHART_PX + 18
    return canvas.figure, {}


def canvas_above(size: Size) -> float:
    """Room for names that stand above their row."""
    return 0.0 if size.names else 18.0


def _name_phase(canvas: Canvas, top: float, phase: PhaseFigures, note: str) -> None:
    canvas.name(top, _CHART_PX, f"{phase.summary.id} {phase.summary.name}", note)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"
