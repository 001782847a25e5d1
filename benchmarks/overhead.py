"""What one session costs from spawn to merged, in each sandbox, next to the least that it can cost, and to starting the
same agent by other means: CPU, wall time (so throughput, too) and memory."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from benchmarks import limit, peers
from benchmarks.cost import Cost, run
from benchmarks.figures import either, options, save, spread, table
from benchmarks.outside import by_limit, by_peer
from benchmarks.sandbox import missing
from benchmarks.scratch import Scratch, c_agent, scratch_folder
from supervisor.model.isolation import Level

SANDBOXED: tuple[Level, ...] = ("landlock", "bubblewrap")
OURS: dict[str, tuple[str, Level]] = {
    "supervisor, no validator": ("bare", "workspace"),
    "supervisor": ("facts", "workspace"),
    **{f"supervisor, {level}": (level, level) for level in SANDBOXED},
}
"""What each of our rows runs: a pipeline of its own, and in which sandbox."""
LIMIT = "limit: pexpect"
PARALLEL = "GNU parallel"
PARTS = ("main", "spawner", "sessions", "workers")
HEADS = ("agent: runner", "batches", "CPU", "lowest..highest", "wall", "a second", "MB", "CPU/limit", "CPU/parallel",
         "wall/parallel", *PARTS)  # fmt: skip


class Pair(NamedTuple):
    """A run of one batch, and one of many right after it."""

    start: Cost
    whole: Cost
    batches: int

    def each_ms(self, part: str) -> float:
        """Milliseconds of a session, start-up taken off."""
        taken: float = getattr(self.whole, part) - getattr(self.start, part)
        return 1000 * taken / (self.batches - 1)


def main(argv: Sequence[str] | None = None) -> None:
    asked = _options().parse_args(argv)
    left_out = peers.left_out() if asked.peers else {"the peers": "not asked for"}
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        agents = {"sh": "copy.sh"}
        if "c" in asked.agents:
            built, reason = c_agent(Path(folder))
            agents |= {"static C": str(built)} if built else {}
            left_out |= {} if built else {"the agent in C": reason}
        left_out |= {f"supervisor, {level}": why for level in SANDBOXED if (why := missing(level)) is not None}
        rows = []
        for name, agent in agents.items():
            taken: dict[str, list[Pair]] = {}
            for _ in range(asked.repeat):
                for runner, pair in _turn(agent, asked, with_packages=name == "sh"):
                    taken.setdefault(runner, []).append(pair)
            rows += [_figures(name, runner, pairs) for runner, pairs in taken.items()]
    _show(rows, asked, left_out)
    save(
        "overhead",
        asked.results,
        {
            "jobs": asked.jobs,
            "batch_size": asked.batch_size,
            "repeat": asked.repeat,
            "left_out": left_out,
            "rows": rows,
        },
    )


def _turn(agent: str, asked: argparse.Namespace, *, with_packages: bool) -> Iterator[tuple[str, Pair]]:
    """Every runner in turn, each on one batch and on all."""
    one, all_of_them = (
        Scratch(scratch_folder(), agent, batches=n, batch_size=asked.batch_size) for n in (1, asked.batches)
    )
    for method in limit.METHODS:
        begun, whole = (by_limit(method, scratch, scratch.batches, asked.jobs) for scratch in (one, all_of_them))
        yield f"limit: {method}", Pair(begun, whole, asked.batches)
    for peer in peers.PEERS if asked.peers else []:
        if peer.missing() is None and (with_packages or not peer.package):
            most = min(asked.batches, peer.most)
            begun, whole = (by_peer(peer, scratch, n, asked.jobs) for scratch, n in ((one, 1), (all_of_them, most)))
            yield peer.name, Pair(begun, whole, most)
    for name, (pipeline, level) in OURS.items():
        if missing(level) is None:
            begun, whole = (_supervised(scratch, pipeline, level, asked.jobs) for scratch in (one, all_of_them))
            yield name, Pair(begun, whole, asked.batches)


def _supervised(scratch: Scratch, pipeline: str, level: Level, jobs: int) -> Cost:
    scratch.add_pipeline(pipeline, validated=pipeline != "bare")
    cost = run([*scratch.command(pipeline, jobs), "--sandbox", level], scratch.root / "log")
    scratch.check_merged(pipeline, 1)
    return cost


def _figures(agent: str, runner: str, pairs: list[Pair]) -> dict[str, Any]:
    cpu, wall = ([pair.each_ms(part) for pair in pairs] for part in ("cpu_s", "wall_s"))
    peaks = [pair.whole.peak_mb for pair in pairs if pair.whole.peak_mb is not None]
    return {
        "agent": agent,
        "runner": runner,
        "batches": pairs[0].batches,
        "cpu_ms": median(cpu),
        "cpu_ms_each": cpu,
        "wall_ms": median(wall),
        "wall_ms_each": wall,
        "start_cpu_s": median(pair.start.cpu_s for pair in pairs),
        "start_wall_s": median(pair.start.wall_s for pair in pairs),
        "peak_mb": median(peaks) if peaks else None,
        "split_ms": {part: median(pair.each_ms(f"{part}_s") for pair in pairs) for part in PARTS},
    }


def _show(rows: list[dict[str, Any]], asked: argparse.Namespace, left_out: dict[str, str]) -> None:
    shown = []
    for row in rows:
        same = {other["runner"]: other for other in rows if other["agent"] == row["agent"]}
        against = [(LIMIT, "cpu_ms"), (PARALLEL, "cpu_ms"), (PARALLEL, "wall_ms")]
        for base, part in against:
            limit_ms = same[base][part] if base in same else 0.0
            row[f"{part}_to_{base}"] = row[part] / limit_ms if limit_ms > 0 else None
        ours = row["runner"] in OURS
        shown.append(
            [
                f"{row['agent']}: {row['runner']}",
                f"{row['batches']:,}",
                f"{row['cpu_ms']:.2f}",
                spread(row["cpu_ms_each"], 2),
                f"{row['wall_ms']:.2f}",
                f"{1000 / row['wall_ms']:,.0f}" if row["wall_ms"] > 0 else "?",
                either(row["peak_mb"], ".0f"),
                *(either(row[f"{part}_to_{base}"], ".2f") for base, part in against),
                *([f"{row['split_ms'][part]:.2f}" for part in PARTS] if ours else [""] * len(PARTS)),
            ]
        )
    table(
        f"Cost of a session from spawn to merged: batches of {asked.batch_size}, -j {asked.jobs}, milliseconds per"
        f" session less start-up, median of {asked.repeat}",
        HEADS,
        shown,
        "CPU is user and system time of the whole process tree; start-up is a run of one batch; MB is the peak of the"
        "\ntree's memory (sum of PSS, looked at ten times a second), start-up included. The last four columns say in"
        "\nwhich processes ours is spent; the agent's own work is in `sessions`. The limit starts the agents under a"
        "\nterminal and waits, and does nothing else."
        + "".join(f"\nLeft out: {n}: {why}." for n, why in left_out.items()),
    )


def _options() -> argparse.ArgumentParser:
    parser = options(__doc__)
    parser.add_argument("--batches", type=int, default=1000)
    parser.add_argument("--batch-size", type=int, default=1, help="try 20, too")
    parser.add_argument("--jobs", "-j", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--agents", nargs="+", choices=["sh", "c"], default=["sh", "c"], help="sh is always there")
    parser.add_argument("--peers", action=argparse.BooleanOptionalAction, default=True)
    return parser


if __name__ == "__main__":
    main()
