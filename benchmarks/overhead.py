"""What one session costs from spawn to merged, CPU and wall, next to starting the same agent by other means."""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path
from statistics import median

from benchmarks import rivals
from benchmarks.cost import Cost, run
from benchmarks.figures import save, spread, table
from benchmarks.scratch import Scratch, c_agent, scratch_folder

OURS = "supervisor"
BASELINE = "GNU parallel"
UNVALIDATED = "supervisor, no validator"
PARTS = ("main", "spawner", "sessions", "workers")
HEADS = ("agent: runner", "CPU", "lowest..highest", "wall", "CPU less start", "wall less start", "CPU ratio", *PARTS)


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        built, reason = c_agent(Path(folder))
        agents = {"sh": "copy.sh"} | ({"static C": str(built)} if built else {})
        rows = []
        for name, agent in agents.items():
            rows += _measure(name, agent, options)
        figures = {"batches": options.batches, "batch_size": options.batch_size, "rows": rows}
        _show(rows, options, "" if built else f"The agent in C was left out: {reason}.")
        save("overhead", figures)


def _measure(agent_name: str, agent: str, options: argparse.Namespace) -> list[dict[str, object]]:
    taken: dict[str, list[Cost]] = {}
    begun: dict[str, list[Cost]] = {}
    for _ in range(options.repeat):
        for batches, kept in ((1, begun), (options.batches, taken)):
            for name, cost in _once(agent, batches, options.batch_size, options.jobs).items():
                kept.setdefault(name, []).append(cost)
    rows = []
    for name, costs in taken.items():
        n, start = options.batches, begun[name]
        cpu, wall = median(c.cpu_s for c in costs), median(c.wall_s for c in costs)
        rows.append(
            {
                "agent": agent_name,
                "runner": name,
                "cpu_ms": 1000 * cpu / n,
                "cpu_ms_each": [1000 * c.cpu_s / n for c in costs],
                "wall_ms": 1000 * wall / n,
                "start_cpu_s": median(c.cpu_s for c in start),
                "start_wall_s": median(c.wall_s for c in start),
                "cpu_ms_less_start": 1000 * (cpu - median(c.cpu_s for c in start)) / (n - 1),
                "wall_ms_less_start": 1000 * (wall - median(c.wall_s for c in start)) / (n - 1),
                "split_ms": {part: 1000 * median(getattr(c, f"{part}_s") for c in costs) / n for part in PARTS},
            }
        )
    return rows


def _once(agent: str, batches: int, batch_size: int, jobs: int) -> dict[str, Cost]:
    """One round: every runner in turn on work of its own."""
    costs = {}
    root = scratch_folder()
    scratch = Scratch(root, agent, batches=batches, batch_size=batch_size)
    scratch.add_pipeline("facts")
    scratch.add_pipeline("bare", validated=False)
    log = root / "log"
    for name, argv in rivals.commands(scratch, jobs, root / "rival").items():
        shutil.rmtree(root / "rival" / "out")
        (root / "rival" / "out").mkdir()
        costs[name] = run(argv, log)
        if len(list((root / "rival" / "out").iterdir())) != batches:
            raise RuntimeError(f"{name} did not make all outputs")
    for name, pipeline in ((UNVALIDATED, "bare"), (OURS, "facts")):
        costs[name] = run(scratch.command(pipeline, jobs), log)
        scratch.check_merged(pipeline, 1)
    return costs


def _show(rows: list[dict[str, object]], options: argparse.Namespace, note: str) -> None:
    shown = []
    for row in rows:
        same = [r for r in rows if r["agent"] == row["agent"]]
        base = next((r for r in same if r["runner"] == BASELINE), same[0])
        split = row["split_ms"]
        ours = str(row["runner"]).startswith(OURS)
        assert isinstance(split, dict)
        shown.append(
            [
                f"{row['agent']}: {row['runner']}",
                f"{row['cpu_ms']:.2f}",
                spread(row["cpu_ms_each"]),  # type: ignore[arg-type]
                f"{row['wall_ms']:.2f}",
                f"{row['cpu_ms_less_start']:.2f}",
                f"{row['wall_ms_less_start']:.2f}",
                f"{row['cpu_ms'] / base['cpu_ms']:.1f}",  # type: ignore[operator]
                *([f"{split[part]:.2f}" for part in split] if ours else ["", "", "", ""]),
            ]
        )
    table(
        f"Cost of a session from spawn to merged: {options.batches} batches of {options.batch_size},"
        f" -j {options.jobs}, milliseconds per session, median of {options.repeat}",
        HEADS,
        shown,
        "CPU is user and system time of the whole process tree; start-up is a run of one batch. The last four columns"
        "\nsay in which processes it is spent; the agent's own work is in `sessions`." + (f"\n{note}" if note else ""),
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=1000)
    parser.add_argument("--batch-size", type=int, default=1, help="try 20, too")
    parser.add_argument("--jobs", "-j", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    main()
