"""What all charts have in common: widths, rows with a name, scales, the axis of time."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import NamedTuple

from markupsafe import Markup

from supervisor.reports.charts.chart_svg import box, element, group, path, text
from supervisor.reports.charts.time_axis import TimeAxis, step_for
from supervisor.text.human_units import duration
from supervisor.text.plain_text import plain_line

SMALL, TEXT = 10.5, 11.5
ABOVE_PX = 18.0
"""Room for a name that stands above its row."""
AXIS_PX = 24.0
_NO_LETTERS = re.compile("[\ud800-\udfff\ufffe\uffff]")


class Size(NamedTuple):
    """For which width a chart is drawn, in pixels."""

    name: str
    width: int
    names: int
    """What names at the left take; 0: they stand above."""
    ticks: int
    bins: int
    """Into how many parts time is divided."""

    @property
    def left(self) -> int:
        return self.names or 2

    @property
    def right(self) -> int:
        return self.width - 8

    @property
    def above(self) -> float:
        """Room that a row's name takes above it."""
        return 0 if self.names else ABOVE_PX


WIDE = Size("wide", 920, 150, 10, 230)
NARROW = Size("narrow", 320, 0, 4, 80)
SIZES = (WIDE, NARROW)


class Row(NamedTuple):
    """Where a row is, in pixels from above, and what it is."""

    top: float
    height: float
    name: str
    note: str

    @property
    def floor(self) -> float:
        return self.top + self.height


class Scale(NamedTuple):
    """From seconds to pixels."""

    low: float
    high: float
    left: float
    right: float
    log: bool = False

    def __call__(self, seconds: float) -> float:
        part = (seconds - self.low) / (self.high - self.low)
        if self.log:
            part = math.log(seconds / self.low, self.high / self.low)
        return self.left + part * (self.right - self.left)


class Drawn(NamedTuple):
    """A chart: what is in it, the lowest first."""

    content: Iterable[Markup]
    height: float


def named(size: Size, rows: Iterable[Row], *, raised: float = 0) -> list[Markup]:
    """What rows are, and notes on them: at their left, or above them on a narrow page."""
    names, notes = [], []
    for row in rows:
        if size.names:
            middle = row.top + row.height / 2
            names.append(text(0, middle - 7 if row.note else middle, clipped(row.name, 22)))
            notes.append(text(0, middle + 8, row.note))
        else:
            names.append(text(size.left, row.top - 9 - raised, clipped(row.name, 24)))
            notes.append(text(size.right, row.top - 9 - raised, row.note))
    return [
        group(names, font_size=TEXT, font_weight="bold", fill="var(--ink)"),
        group(notes, font_size=SMALL, fill="var(--muted)", text_anchor=None if size.names else "end"),
    ]


def clipped(words: str, most: int) -> str:
    """A name for a chart: on one line, no longer than there is room for, of letters that XML may hold."""
    return _NO_LETTERS.sub("\ufffd", plain_line(words, most))


def ticks(scale: Scale, places: dict[float, str], floor: float) -> Markup:
    """What is said at some places below a chart; at the ends of the scale it does not stand out."""

    def anchor(x: float) -> str:
        return "start" if x - scale.left < 9 else "end" if scale.right - x < 20 else "middle"

    return group(
        (text(scale(place), floor + 14, words, text_anchor=anchor(scale(place))) for place, words in places.items()),
        font_size=SMALL,
        fill="var(--muted)",
    )


def time_scale(axis: TimeAxis, size: Size) -> Scale:
    """The time that is shown."""
    return Scale(0, axis.length, size.left, size.right)


def ground(axis: TimeAxis, size: Size, floor: float) -> list[Markup]:
    """Lines at usual steps of time, what is said below them, and where pauses are cut out."""
    scale, step = time_scale(axis, size), step_for(axis.length, size.ticks)
    places = [number * step for number in range(int(axis.length / step) + 1)]
    lines = [path([(scale(place), 0), (scale(place), floor)]) for place in places]
    middles = [scale(cut.at + cut.width / 2) for cut in axis.cuts]
    return [
        group(lines, stroke="var(--line)", stroke_width=0.7),
        ticks(scale, {place: short_time(place, step) for place in places}, floor),
        bands(scale, ((cut.at, cut.at + cut.width) for cut in axis.cuts), floor),
        group((path([(x, 0), (x, floor)]) for x in middles), stroke="var(--muted)", stroke_dasharray="1 2"),
    ]


def bands(scale: Scale, spans: Iterable[tuple[float, float]], floor: float) -> Markup:
    """Shaded ground."""
    return group((box(scale(a), scale(b), 0, floor) for a, b in spans), fill="var(--band)")


def columns(scale: Scale, row: Row, heights: dict[tuple[float, float], int]) -> list[Markup]:
    """Columns that stand on a line, the highest as high as the row."""
    px = row.height / max(1, *heights.values())
    boxes = (
        box(scale(a), min(scale(b), scale.right), row.floor - px * many, row.floor)
        for (a, b), many in heights.items()
        if many
    )
    floor = path([(scale.left, row.floor), (scale.right, row.floor)], stroke="var(--line)")
    return [group(boxes, fill="var(--accent)"), floor]


def inlined(drawn: Drawn, size: Size, label: str) -> Markup:
    """A chart as an element of a page."""
    given = {"viewBox": f"0 0 {size.width} {drawn.height:g}", "class": "chart", "role": "img", "aria-label": label}
    return element("svg", given, "".join(drawn.content))


def short_time(seconds: float, step: float) -> str:
    """`0.2 s`, `40 s`, `5 min`, `1:30 h`, `2 d` as far as the step of an axis asks for it."""
    if seconds == 0:
        return "0"
    if step < 1:
        return f"{seconds:g} s" if step >= 0.1 else f"{seconds:.2f} s"
    if step < 60 and seconds < 120:
        return f"{seconds:.0f} s"
    if step >= 86400 / 4:
        return f"{seconds / 86400:g} d"
    if seconds < 3600 and step >= 60:
        return f"{seconds / 60:.0f} min"
    return duration(seconds) if step < 60 else f"{int(seconds // 3600)}:{int(seconds % 3600 // 60):02} h"
