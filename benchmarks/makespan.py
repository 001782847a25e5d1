"""How long three overlapping phases take, next to what is possible, to one phase after the other, and to make."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import peers
from benchmarks.cost import run
from benchmarks.figures import either, options, save, spread, table
from benchmarks.optimum import optimum
from benchmarks.outside import work_for
from benchmarks.schedule import PHASES, Durations, Kind, durations, list_schedule, lower_bound, needs
from benchmarks.scratch import PhasePlan, Scratch, scratch_folder

OURS, MAKE = "supervisor", "make -j"
AIM = 1.03
SEEDS = 30
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
Case = tuple[int, Kind, str]
"""Slots, what waits for what, and the runner."""


def main(argv: Sequence[str] | None = None) -> None:
    asked = _options().parse_args(argv)
    taken = durations(asked.batches, median_s=asked.median, sigma=asked.sigma, seed=asked.seed)
    runners = [OURS, *([MAKE] if asked.peers and shutil.which("make") else [])]
    seconds: dict[Case, list[float]] = {}
    for _ in range(asked.repeat):
        for slots in asked.slots:
            for kind in PIPELINES:
                seconds.setdefault((slots, kind, OURS), []).append(_supervised(kind, taken, slots, asked))
                if MAKE in runners and kind != "barriers":
                    seconds.setdefault((slots, kind, MAKE), []).append(_made(kind, taken, slots, asked))
    rows = [_figures(case, each, taken, asked) for case, each in seconds.items()]
    table(
        f"{PHASES} phases of {asked.batches} batches of {asked.batch_size}, sessions of {asked.median:g} s (lognormal,"
        f" sigma {asked.sigma:g}, {sum(taken.values()):.1f} s in all), in seconds, median of {asked.repeat} (aim:"
        f" below {AIM:g} times the bound)",
        ["slots: runner, phases", "took", "lowest..highest", "bound", "ratio", "best found", "ratio", "ideal", "ratio"],
        [
            [
                f"{row['slots']}: {row['runner']}, {TITLES[row['kind']]}",
                f"{row['took_s']:.2f}",
                spread(row["took_s_each"], 2),
                f"{row['bound_s']:.2f}",
                f"{row['took_s'] / row['bound_s']:.3f}",
                either(row["optimum"] and row["optimum"]["best_s"], ".2f"),
                either(row["optimum"] and row["took_s"] / row["optimum"]["best_s"], ".3f"),
                f"{row['ideal_s']:.2f}",
                f"{row['took_s'] / row['ideal_s']:.3f}",
            ]
            for row in rows
        ],
        "Took: from the job's first event to its last (the sum of the three for one after the other). Bound: what no"
        "\nscheduler can beat though it knows all durations. Best found: the shortest schedule that a solver finds that"
        f"\nknows them, in {asked.solve:g} s. Ideal: a simulation of our policy, which does not know them, without any"
        f"\noverhead; with {SEEDS} seeds it is, to the bound, lowest, median and highest: "
        + "; ".join(
            f"{row['slots']} slots, {TITLES[row['kind']]}: {', '.join(f'{ratio:.2f}' for ratio in seeds)}"
            for row in rows
            if (seeds := row["ideal_to_bound_of_seeds"])
        )
        + ".\nLeft out: the other peers: they have no dependencies, or take seconds to start."
        + ("" if peers.has("ortools") else "\nLeft out: the solver: not installed; `make bench-peers` installs it."),
    )
    given = {name: value for name, value in vars(asked).items() if name != "results"}
    save("makespan", asked.results, {"options": given, "aim": AIM, "work_s": sum(taken.values()), "rows": rows})


def _figures(case: Case, each: list[float], taken: Durations, asked: argparse.Namespace) -> dict[str, Any]:
    slots, kind, runner = case
    free: Kind = "one_to_one" if kind == "barriers" else kind  # barriers are a scheduler's choice
    solved = optimum(taken, slots, free, asked.solve) if asked.peers and runner == OURS else None
    return {
        "slots": slots,
        "kind": kind,
        "runner": runner,
        "took_s": median(each),
        "took_s_each": each,
        "bound_s": lower_bound(taken, slots, free),
        "optimum": solved and solved._asdict(),
        "ideal_s": list_schedule(taken, slots, kind),
        "ideal_to_bound_of_seeds": _other_seeds(slots, kind, asked) if runner == OURS and kind == free else None,
    }


def _other_seeds(slots: int, kind: Kind, asked: argparse.Namespace) -> list[float]:
    """The ideal schedule to the bound with other durations of the same kind: lowest, median, highest."""
    found = []
    for seed in range(asked.seed, asked.seed + SEEDS):
        taken = durations(asked.batches, median_s=asked.median, sigma=asked.sigma, seed=seed)
        found.append(list_schedule(taken, slots, kind) / lower_bound(taken, slots, kind))
    return [min(found), median(found), max(found)]


def _project(taken: Durations, asked: argparse.Namespace) -> Scratch:
    scratch = Scratch(scratch_folder(), "work.sh", batches=asked.batches, batch_size=asked.batch_size, phases=PHASES)
    for batch, seconds in taken.items():
        (scratch.answers / f"{_output(*batch)}.seconds").write_text(f"{seconds:.4f}\n")
    return scratch


def _supervised(kind: Kind, taken: Durations, slots: int, asked: argparse.Namespace) -> float:
    scratch = _project(taken, asked)
    for name, phases in PIPELINES[kind]:
        scratch.add_pipeline(name, phases)
        run(scratch.command(name, slots), scratch.root / "log")
        for phase in phases:
            scratch.check_merged(name, phase.id)
    return scratch.job_seconds()


def _made(kind: Kind, taken: Durations, slots: int, asked: argparse.Namespace) -> float:
    scratch = _project(taken, asked)
    work = work_for(MAKE, scratch, len(scratch.outputs), slots)
    rules = [f"all: {' '.join(_output(PHASES, n) for n in range(1, asked.batches + 1))}"]
    for batch in taken:
        before = " ".join(_output(*other) for other in needs(batch, asked.batches, kind))
        rules.append(f"{_output(*batch)}: {before}\n\t{work.agent} {work.answers} $@")
    rules_file = work.folder / "Makefile"
    rules_file.write_text("\n".join(rules) + "\n")
    made: Path = work.folder / "out"
    cost = run(["make", "-s", f"-j{slots}", "-C", str(made), "-f", str(rules_file)], work.folder / "log")
    if len(list(made.iterdir())) != len(taken):
        raise RuntimeError("make did not make all outputs")
    return cost.wall_s


def _output(phase: int, number: int) -> str:
    return f"phase{phase}_batch_{number}.json"


def _options() -> argparse.ArgumentParser:
    parser = options(__doc__)
    parser.add_argument("--batches", type=int, default=34)
    parser.add_argument("--batch-size", type=int, default=20)
    parser.add_argument("--slots", type=int, nargs="+", default=[16, 200])
    parser.add_argument("--median", type=float, default=3.0, help="seconds of a session")
    parser.add_argument("--sigma", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--solve", type=float, default=20.0, help="seconds for the solver, for each case")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--peers", action=argparse.BooleanOptionalAction, default=True)
    return parser


if __name__ == "__main__":
    main()
