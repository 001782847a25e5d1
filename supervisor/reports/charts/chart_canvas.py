"""Figures laid out in pixels, and what all charts have in common."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from supervisor.reports.charts.chart_svg import COLOURS
from supervisor.reports.charts.time_axis import TimeAxis, step_for
from supervisor.text.human_units import duration
from supervisor.text.plain_text import plain_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


SMALL, TEXT = 10.5, 11.5
_NO_LETTERS = re.compile("[\ud800-\udfff\ufffe\uffff]")
HATCHES = {"partly": "////", "failed": "xxxx", "limited": "||||", "stalled": "++++", "cut": "\\\\\\\\", "running": "--"}
"""What tells outcomes apart besides their colour."""


class Size(NamedTuple):
    """For which width a chart is drawn, in pixels."""

    name: str
    width: int
    names: int
    """What names at the left take; 0: they stand above."""
    ticks: int
    bins: int
    """Into how many parts time is divided."""


WIDE = Size("wide", 920, 150, 10, 230)
NARROW = Size("narrow", 320, 0, 4, 80)
SIZES = (WIDE, NARROW)


class Canvas:
    """A figure that axes are put on by pixels from its upper left corner."""

    def __init__(self, size: Size, height: float) -> None:
        from matplotlib.figure import Figure

        self.size = size
        self.height = max(height, 1.0)
        self.figure: Figure = Figure(figsize=(size.width / 72, self.height / 72), dpi=72)
        self.figure.patch.set_visible(False)

    def axes(self, top: float, height: float, *, right: float = 8) -> Axes:
        """Axes without a frame, beside the place for names."""
        left = float(self.size.names or 2)
        width = self.size.width - left - right
        box = (left / self.size.width, 1 - (top + height) / self.height, width / self.size.width, height / self.height)
        axes = self.figure.add_axes(box)
        axes.patch.set_visible(False)
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0, labelsize=SMALL, labelcolor=COLOURS["muted"], pad=4)
        axes.set_yticks([])
        axes.set_xticks([])
        return axes

    def name(self, top: float, height: float, name: str, note: str = "") -> None:
        """What a row is, and a note on it: at its left, or above it on a narrow page."""
        if self.size.names:
            self.text(0, top + height / 2 - (7 if note else 0), clipped(name, 22), "ink", weight="bold")
            if note:
                self.text(0, top + height / 2 + 8, note, "muted", SMALL)
        else:
            self.text(2, top - 9, clipped(name, 24), "ink", weight="bold")
            self.text(self.size.width - 8, top - 9, note, "muted", SMALL, across="right")

    def text(
        self, x: float, y: float, text: str, colour: str, size: float = TEXT, *, across: str = "left", weight: str = ""
    ) -> None:
        """A line of text, its middle at `y`."""
        self.figure.text(
            x / self.size.width,
            1 - y / self.height,
            text,
            color=COLOURS[colour],
            fontsize=size,
            ha=across,
            va="center",
            fontweight=weight or "normal",
        )

    @property
    def above(self) -> float:
        """Room that a row's name takes above it."""
        return 0 if self.size.names else 18


def clipped(text: str, most: int) -> str:
    """A name for a chart: on one line, no longer than there is room for, of letters that XML may hold."""
    return _NO_LETTERS.sub("\ufffd", plain_line(text, most))


def time_ticks(axes: Axes, axis: TimeAxis, size: Size, *, labels: bool = True) -> None:
    """Lines at usual steps of the time that is shown, and where a pause is cut out."""
    step = step_for(axis.length, size.ticks)
    places = [number * step for number in range(int(axis.length / step) + 1)]
    for place in places:
        axes.axvline(place, color=COLOURS["line"], linewidth=0.7, zorder=0)
    for cut in axis.cuts:
        axes.axvspan(cut.at, cut.at + cut.width, facecolor=COLOURS["band"], edgecolor="none", zorder=0.5)
        axes.axvline(cut.at + cut.width / 2, color=COLOURS["muted"], linewidth=1, linestyle=(0, (1, 2)), zorder=0.6)
    if labels:
        axes.set_xticks(places, [short_time(place, step) for place in places])
        for number, label in enumerate(axes.get_xticklabels()):
            if number == 0:
                label.set_horizontalalignment("left")
            elif places[number] > axis.length * 0.97:
                label.set_horizontalalignment("right")


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


def steps(edges: Sequence[float], heights: Sequence[float]) -> tuple[list[float], list[float]]:
    """The outline of bars that stand side by side."""
    across = [edge for pair in itertools.pairwise(edges) for edge in pair]
    return across, [height for height in heights for _ in range(2)]


Draw = Callable[[Size], tuple["Figure", dict[str, str]]]
