"""The growth curves as images, from the results of the benchmarks."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.figures import RESULTS
from benchmarks.machine import one_line

FOLDER = Path(__file__).parents[1] / "docs" / "charts"
COLOURS = ("#0b6bcb", "#c2410c", "#4d7c0f", "#7c3aed", "#6b7280", "#0f766e", "#a16207")
INK, GRID = "#1f2937", "#d1d5db"
mpl.rcParams.update(
    {
        "svg.fonttype": "none",
        "svg.hashsalt": "benchmarks",
        "font.family": "sans-serif",
        "font.size": 10,
        **dict.fromkeys(("text.color", "axes.labelcolor", "xtick.color", "ytick.color"), INK),
    }
)


class Curve(NamedTuple):
    """One line of a chart."""

    name: str
    points: list[tuple[float, float]]
    ours: bool = True
    """Drawn through; the others are dashed."""


class Chart(NamedTuple):
    """One image."""

    name: str
    benchmark: str
    title: str
    across: str
    up: str
    curves: Callable[[dict[str, Any]], Iterator[Curve]]
    aims: Callable[[dict[str, Any]], dict[str, float]] = lambda _: {}
    """Name to height of lines that are not to be crossed."""


def _grown(field: str, factor: float = 1.0, *, ours_only: bool = False) -> Callable[[dict[str, Any]], Iterator[Curve]]:
    """A field of `growth` by the number of batches, a curve for each kind of job."""

    def curves(result: dict[str, Any]) -> Iterator[Curve]:
        kinds = dict.fromkeys((row["runner"], row["batch"]) for row in result["rows"])
        for runner, batch in kinds:
            ours = runner == "supervisor"
            rows = [row for row in result["rows"] if (row["runner"], row["batch"]) == (runner, batch)]
            points = [(row["batches"], factor * row[field]) for row in rows if row[field] is not None]
            if ours or not ours_only:
                yield Curve(f"{runner}, batches of {batch}", points, ours)

    return curves


def _resumed(result: dict[str, Any]) -> Iterator[Curve]:
    """Of ours all but one way of asking the status; of the others how long they take to their next session."""
    for command in dict.fromkeys(row["command"] for row in result["rows"]):
        rows = [row for row in result["rows"] if row["command"] == command]
        first, ours = rows[0]["first_s"] is not None, command.startswith("supervisor")
        points = [(row["done"], row["first_s" if first else "wall_s"]) for row in rows]
        if first or (ours and "json" not in command):
            yield Curve(f"{command}: first session" if first else command, points, ours)


def _merged(result: dict[str, Any]) -> Iterator[Curve]:
    rows = [row for row in result["rows"] if row["outputs"] == "one_by_one"]
    yield Curve("99 %", [(row["waiting"], row["p99_ms"]) for row in rows])
    yield Curve("median", [(row["waiting"], row["median_ms"]) for row in rows])
    yield Curve("one disk flush", [(row["waiting"], row["disk_flush_ms"]) for row in rows], ours=False)


def _aims(field: str, *names: str) -> Callable[[dict[str, Any]], dict[str, float]]:
    return lambda result: {f"aim: {name}": result[field][name] for name in names}


CHARTS = [
    Chart("cpu", "growth", "CPU of a batch", "batches in the job", "milliseconds a batch", _grown("cpu_s_each_ms")),
    Chart("written", "growth", "Bytes written for a batch", "batches in the job", "kB a batch",
        _grown("written_each", 1e-3, ours_only=True)),
    Chart("written-ratio", "growth", "Bytes written, to the result's size", "batches in the job", "times the result",
        _grown("written_to_result", ours_only=True), _aims("aims", "written")),
    Chart("memory", "growth", "Peak memory of the main process", "batches in the job", "MB", _grown("main_peak_mb")),
    Chart("resume", "resume", "Going on with many batches done", "batches done", "seconds", _resumed,
        _aims("aims_s", "supervisor run, one batch to do", "supervisor status")),
    Chart("merge-latency", "merge_latency", "From an agent's end to merged",
        "sessions waiting", "milliseconds", _merged, _aims("aims_ms", "median", "p99")),
]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the JSON is")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the images go")
    asked = parser.parse_args()
    missing = sorted({c.benchmark for c in CHARTS if not (asked.results / f"{c.benchmark}.json").exists()})
    asked.folder.mkdir(parents=True, exist_ok=True)
    for chart in CHARTS:
        if chart.benchmark not in missing:
            result = json.loads((asked.results / f"{chart.benchmark}.json").read_text())
            path = asked.folder / f"{chart.name}.svg"
            draw(chart, result).savefig(path, metadata={"Date": None})
            print(path)
    if missing:
        sys.exit(f"no results of {', '.join(missing)} in {asked.results}: `python -m benchmarks NAME` takes them")


def draw(chart: Chart, result: dict[str, Any]) -> Figure:
    """The chart on a light ground of its own, so that it can be read on a dark page, too."""
    figure = Figure(figsize=(8, 5), layout="constrained", facecolor="white")
    axes = figure.subplots()
    there: set[float] = set()
    for number, curve in enumerate(chart.curves(result)):
        points = [point for point in curve.points if point[1] > 0]  # the grain of a short run may leave nothing
        there.update(across for across, _ in points)
        across, up = ([point[part] for point in points] for part in (0, 1))
        colour = COLOURS[number % len(COLOURS)]
        axes.plot(across, up, "o-" if curve.ours else "o--", color=colour, label=curve.name, markersize=4)
    for name, height in chart.aims(result).items():
        axes.axhline(height, color=INK, linewidth=0.8, linestyle=":", label=f"{name} ({height:g})")
    _dress(axes, chart, sorted(there))
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower left", ncols=2, frameon=False, fontsize=8)
    machine = f"{one_line(result['machine'])} · {result['taken'][:10]}"
    axes.annotate(machine, (1, 1), (0, 4), "axes fraction", "offset points", ha="right", fontsize=6, color="#6b7280")
    return figure


def _dress(axes: Axes, chart: Chart, ticks: list[float]) -> None:
    axes.set_title(f"{chart.title}\n", loc="left", fontsize=11)
    axes.set_xlabel(chart.across)
    axes.set_ylabel(chart.up)
    if ticks:  # nothing can be drawn in a scale of powers where there is nothing
        axes.set_xscale("log")
        axes.set_yscale("log")
    axes.set_xticks(ticks)
    axes.set_facecolor("white")
    axes.grid(color=GRID, linewidth=0.5)
    axes.spines[["top", "right"]].set_visible(False)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:,.10g}")
        axis.set_minor_formatter("")


if __name__ == "__main__":
    main()
