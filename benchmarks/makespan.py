"""How long three overlapping phases take, next to what is possible, and to one phase after the other."""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import median

from benchmarks.cost import run
from benchmarks.figures import save, spread, table
from benchmarks.schedule import PHASES, Durations, Kind, durations, list_schedule, lower_bound
from benchmarks.scratch import PhasePlan, Scratch, scratch_folder

TITLES: dict[Kind, str] = {
    "one_to_one": "phases overlap, 1:1",
    "expanded": "phases overlap, the last by a function",
    "barriers": "one phase after the other",
}
FIRST = '"vfs/items.jsonl"'
PIPELINES: dict[Kind, list[tuple[str, list[PhasePlan]]]] = {
    "one_to_one": [("facts", [PhasePlan(1, FIRST), PhasePlan(2, "{ phase = 1 }"), PhasePlan(3, "{ phase = 2 }")])],
    "expanded": [
        (
            "facts",
            [PhasePlan(1, FIRST), PhasePlan(2, "{ phase = 1 }"), PhasePlan(3, '{ phase = 2, by = "expand.py" }')],
        )
    ],
    "barriers": [(f"facts{phase}", [PhasePlan(phase, FIRST)]) for phase in range(1, PHASES + 1)],
}


def main() -> None:
    options = _options()
    taken = durations(options.batches, median_s=options.median, sigma=options.sigma, seed=options.seed)
    measured: dict[Kind, list[tuple[float, float]]] = {kind: [] for kind in PIPELINES}
    for _ in range(options.repeat):
        for kind, runs in measured.items():
            runs.append(_measure(kind, taken, options))
    rows, figures = [], []
    for kind, runs in measured.items():
        jobs = [job_s for job_s, _ in runs]
        bound = lower_bound(taken, options.slots, "one_to_one" if kind == "barriers" else kind)
        ideal = list_schedule(taken, options.slots, kind)
        job_s, wall_s = median(jobs), median(wall for _, wall in runs)
        rows.append(
            [
                TITLES[kind],
                f"{job_s:.2f}",
                spread(jobs, 2),
                f"{bound:.2f}",
                f"{job_s / bound:.3f}",
                f"{ideal:.2f}",
                f"{job_s / ideal:.3f}",
                f"{wall_s:.2f}",
            ]
        )
        figures.append(
            {"kind": kind, "job_s": jobs, "bound_s": bound, "ideal_s": ideal, "wall_s": [wall for _, wall in runs]}
        )
    table(
        f"{PHASES} phases of {options.batches} batches of {options.batch_size}, {options.slots} slots, sessions of"
        f" {options.median:g} s (lognormal, sigma {options.sigma:g}, {sum(taken.values()):.1f} s in all), in seconds",
        ["", "took", "lowest..highest", "bound", "ratio", "ideal", "ratio", "with start-up"],
        rows,
        "Took: from the job's first event to its last (the sum of the three for one after the other). Bound: all work"
        "\nover all slots, or the longest chain, which no scheduler can beat. Ideal: a simulation of the same policy"
        "\nwithout any overhead; without knowledge of the durations no scheduler reaches the bound.",
    )
    save("makespan", {"options": vars(options), "work_s": sum(taken.values()), "rows": figures})


def _measure(kind: Kind, taken: Durations, options: argparse.Namespace) -> tuple[float, float]:
    """Seconds of the jobs, and of the commands as a whole."""
    root = scratch_folder()
    scratch = Scratch(root, "work.sh", batches=options.batches, batch_size=options.batch_size, phases=PHASES)
    _write_durations(scratch.answers, taken)
    wall_s = 0.0
    for name, phases in PIPELINES[kind]:
        scratch.add_pipeline(name, phases)
        wall_s += run(scratch.command(name, options.slots), root / "log").wall_s
        for phase in phases:
            scratch.check_merged(name, phase.id)
    return scratch.job_seconds(), wall_s


def _write_durations(answers: Path, taken: Durations) -> None:
    for (phase, number), seconds in taken.items():
        (answers / f"phase{phase}_batch_{number}.json.seconds").write_text(f"{seconds:.4f}\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=34)
    parser.add_argument("--batch-size", type=int, default=20)
    parser.add_argument("--slots", type=int, default=16)
    parser.add_argument("--median", type=float, default=0.5, help="seconds of a session")
    parser.add_argument("--sigma", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    main()
