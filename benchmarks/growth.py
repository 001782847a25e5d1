"""Whether a batch costs the same in a large job as in a small one: CPU, wall time and bytes written."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from statistics import median
from typing import Any, NamedTuple

from benchmarks.cost import Cost, run
from benchmarks.figures import save, table
from benchmarks.scratch import Scratch, scratch_folder

AIM = 1.2
"""The ratio of the largest to the smallest below which the cost counts as flat."""
HEADS = ("job", "CPU", "ratio", "main", "ratio", "wall", "ratio", "first tenth", "last tenth", "result kB", "kB each")
_START = 10
"""Batches of the run that tells what start-up costs: enough to start every process that a larger one starts, too."""
_REPEATS = {100: 5, 1000: 3}


class Sample(NamedTuple):
    """One run."""

    cost: Cost
    result_bytes: int
    tenths_ms: list[float]
    """Milliseconds of a batch in each tenth of the run."""


def main() -> None:
    options = _options()
    plans = [(size, batches) for size, counts in _plans(options.sizes).items() for batches in counts]
    samples: dict[tuple[int, int], list[Sample]] = {plan: [] for plan in plans}
    for turn in range(max(_REPEATS.values())):
        for plan in plans:
            if plan[1] == _START or turn < _REPEATS.get(plan[1], 1):
                samples[plan].append(_measure(*plan, jobs=options.jobs))
    figures = [
        figure
        for batch_size, counts in _plans(options.sizes).items()
        for figure in _figures(batch_size, counts, samples)
    ]
    table(
        f"Cost of a batch by the size of its job, -j {options.jobs}, milliseconds less start-up (aim: ratios"
        f" below {AIM})",
        HEADS,
        [_row(figure) for figure in figures],
        "Main: CPU of the supervisor's own process. First and last tenth: wall time of a batch within the job."
        "\nWritten, per batch: bytes in write calls of the whole tree / bytes of pages that these touched, whole pages"
        "\neach time; workspaces, the store and its journal, logs and main files are all in it.",
    )
    save("growth", {"aim": AIM, "rows": figures})


def _figures(
    batch_size: int, counts: list[int], samples: dict[tuple[int, int], list[Sample]]
) -> Iterator[dict[str, Any]]:
    """What a batch costs in jobs of each size, the first of them setting the ratios."""
    start = samples[batch_size, counts[0]]
    smallest: dict[str, float] = {}
    for batches in counts[1:]:
        taken = samples[batch_size, batches]
        figure: dict[str, Any] = {"batches": batches, "batch_size": batch_size}
        for part in ("cpu_s", "main_s", "wall_s"):
            whole, began = (median(getattr(sample.cost, part) for sample in runs) for runs in (taken, start))
            each_ms = 1000 * (whole - began) / (batches - counts[0])
            figure |= {f"{part}_each_ms": each_ms, f"{part}_ratio": each_ms / smallest.setdefault(part, each_ms)}
        last = taken[-1]
        yield figure | {
            "tenths_wall_ms": last.tenths_ms,
            "result_bytes": last.result_bytes,
            "written_bytes": last.cost.written,
            "to_disk_bytes": last.cost.to_disk,
            "runs": [sample.cost._asdict() for sample in taken],
        }


def _row(figure: dict[str, Any]) -> list[str]:
    cells = [f"{figure['batches']:,} batches of {figure['batch_size']}"]
    for part in ("cpu_s", "main_s", "wall_s"):
        cells += [f"{figure[f'{part}_each_ms']:.2f}", f"{figure[f'{part}_ratio']:.2f}"]
    cells += [f"{figure['tenths_wall_ms'][n]:.2f}" for n in (0, -1)]
    cells.append(f"{figure['result_bytes'] / 1000:,.0f}")
    written = [figure[f"{kind}_bytes"] for kind in ("written", "to_disk")]
    cells.append(" / ".join("?" if total is None else f"{total / figure['batches'] / 1000:.1f}" for total in written))
    return cells


def _plans(sizes: list[int]) -> dict[int, list[int]]:
    """Batch size to numbers of batches; the first of them tells what start-up costs."""
    return {size: [_START, *(n for n in sizes if size == 1 or n <= 1000)] for size in (1, 20)}


def _measure(batch_size: int, batches: int, *, jobs: int) -> Sample:
    root = scratch_folder()
    scratch = Scratch(root, "copy.sh", batches=batches, batch_size=batch_size)
    scratch.add_pipeline("facts")
    cost = run(scratch.command("facts", jobs), root / "log")
    result = scratch.check_merged("facts", 1)
    ends = [row[0] for row in scratch.rows("SELECT at FROM events WHERE kind = 'batch_ended' ORDER BY id")]
    tenth = len(ends) // 10
    cuts = [ends[n * tenth : (n + 1) * tenth + 1] for n in range(10)] if tenth else []
    return Sample(cost, result, [1000 * (c[-1] - c[0]) / max(1, len(c) - 1) for c in cuts])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1000, 10_000], help="batches, smallest first")
    parser.add_argument("--jobs", "-j", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    main()
