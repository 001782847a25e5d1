"""Whether a batch costs the same in a large job as in a small one: CPU, wall time and bytes written."""

from __future__ import annotations

import argparse
from statistics import median
from typing import NamedTuple

from benchmarks.cost import Cost, run
from benchmarks.figures import save, table
from benchmarks.scratch import Scratch, scratch_folder

AIM = 1.2
"""The ratio of the largest to the smallest below which the cost counts as flat."""
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
            if plan[1] == 1 or turn < _REPEATS.get(plan[1], 1):
                samples[plan].append(_measure(*plan, jobs=options.jobs))
    rows, figures = [], []
    for batch_size, counts in _plans(options.sizes).items():
        start = samples[batch_size, 1]
        start_cpu, start_wall = median(s.cost.cpu_s for s in start), median(s.cost.wall_s for s in start)
        smallest: tuple[float, float, float] | None = None
        for batches in counts[1:]:
            taken = samples[batch_size, batches]
            cpu = 1000 * (median(s.cost.cpu_s for s in taken) - start_cpu) / (batches - 1)
            main_ms = 1000 * (median(s.cost.main_s for s in taken) - median(s.cost.main_s for s in start)) / (batches - 1)
            wall = 1000 * (median(s.cost.wall_s for s in taken) - start_wall) / (batches - 1)
            smallest = smallest or (cpu, wall, main_ms)
            written, to_disk, result = taken[-1].cost.written, taken[-1].cost.to_disk, taken[-1].result_bytes
            first, last = taken[-1].tenths_ms[0], taken[-1].tenths_ms[-1]
            rows.append(
                [
                    f"{batches:,} batches of {batch_size}",
                    f"{cpu:.2f}",
                    f"{cpu / smallest[0]:.2f}",
                    f"{main_ms:.2f}",
                    f"{main_ms / smallest[2]:.2f}",
                    f"{wall:.2f}",
                    f"{wall / smallest[1]:.2f}",
                    f"{first:.2f}",
                    f"{last:.2f}",
                    f"{result / 1000:,.0f}",
                    *(["", ""] if written is None else [f"{written / batches / 1000:,.1f}"]),
                    *([] if to_disk is None else [f"{to_disk / batches / 1000:,.1f}"]),
                ]
            )
            figures.append(
                {
                    "batches": batches,
                    "batch_size": batch_size,
                    "cpu_ms": cpu,
                    "cpu_ratio": cpu / smallest[0],
                    "main_cpu_ms": main_ms,
                    "wall_ms": wall,
                    "wall_ratio": wall / smallest[1],
                    "tenths_wall_ms": taken[-1].tenths_ms,
                    "result_bytes": result,
                    "written_bytes": written,
                    "to_disk_bytes": to_disk,
                    "runs": [s.cost._asdict() for s in taken],
                }
            )
    table(
        f"Cost of a batch by the size of its job, -j {options.jobs}, milliseconds less start-up (aim: ratios"
        f" below {AIM})",
        ["job", "CPU", "ratio", "main CPU", "ratio", "wall", "ratio", "first tenth", "last tenth"]
        + ["result kB", "kB written", "kB to disk"],
        rows,
        "Main CPU: of the supervisor's own process. First and last tenth: wall time of a batch within the job."
        "\nWritten: bytes in write calls of the whole tree, per batch; to disk: the pages these touched, whole pages"
        "\neach time, workspaces and the store's journal included.",
    )
    save("growth", {"aim": AIM, "rows": figures})


def _plans(sizes: list[int]) -> dict[int, list[int]]:
    """Batch size to numbers of batches; one batch alone tells what start-up costs."""
    return {1: [1, *sizes], 20: [1, *(size for size in sizes if size <= 1000)]}


def _measure(batch_size: int, batches: int, *, jobs: int) -> Sample:
    with scratch_folder() as root:
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
