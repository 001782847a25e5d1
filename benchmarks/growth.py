"""Whether a batch costs the same in a large job as in a small one: CPU, wall time, bytes written, memory."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from benchmarks import peers
from benchmarks.cost import Cost, run
from benchmarks.figures import either, options, save, table
from benchmarks.outside import by_peer
from benchmarks.scratch import Scratch, c_agent, scratch_folder

OURS = "supervisor"
AIM, AIM_WRITTEN = 1.1, 20.0
"""Below which the cost counts as flat, largest job to smallest; bytes written to bytes of the result."""
HEADS = ("job", "runs", "CPU", "ratio", "main", "ratio", "wall", "ratio", "first tenth", "last tenth", "result kB",
         "written kB each", "to result", "main MB")  # fmt: skip
LARGE = 100_000
_START = 10
"""Batches of the run that tells what start-up costs: enough to start every process that a larger one starts, too."""
_REPEATS = {_START: 5, 100: 5, 1000: 3, 10_000: 2}


class Shape(NamedTuple):
    """What one batch holds."""

    items: int
    text_bytes: int = 0
    """Of text in each item's value."""

    def __str__(self) -> str:
        items = "1 item" if self.items == 1 else f"{self.items} items"
        return f"{items} of {self.text_bytes} B" if self.text_bytes else items


class Plan(NamedTuple):
    """One job to run again and again."""

    runner: str
    shape: Shape
    batches: int


class Sample(NamedTuple):
    """One run."""

    cost: Cost
    result_bytes: int | None = None
    tenths_ms: Sequence[float] = ()
    """Milliseconds of a batch in each tenth of the run."""


def main(argv: Sequence[str] | None = None) -> None:
    asked = _options().parse_args(argv)
    left_out = peers.left_out() if asked.peers else {"the peers": "not asked for"}
    samples: dict[Plan, list[Sample]] = {plan: [] for plan in _plans(asked)}
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        built, _ = c_agent(Path(folder))
        agent = "copy.sh" if built is None else str(built)
        repeats = {plan: asked.repeat or _REPEATS.get(plan.batches, 1) for plan in samples}
        for turn in range(max(repeats.values())):
            for plan, taken in samples.items():
                if turn < repeats[plan]:
                    taken.append(_measure(plan, agent, jobs=asked.jobs))
    rows = list(_figures(samples))
    table(
        f"Cost of a batch by the size of its job, -j {asked.jobs}, milliseconds less start-up (aims: ratios below"
        f" {AIM}, written to result below {AIM_WRITTEN:g})",
        HEADS,
        [_row(row) for row in rows],
        "Main: CPU of the supervisor's own process, and its peak memory. First and last tenth: wall time of a batch"
        "\nwithin the job. Written: bytes in write calls of the whole tree; workspaces, the store and its journal, logs"
        "\nand main files are all in it.",
    )
    aims = {"ratio": AIM, "written": AIM_WRITTEN}
    save("growth", asked.results, {"agent": Path(agent).name, "aims": aims, "left_out": left_out, "rows": rows})


def _plans(asked: argparse.Namespace) -> Iterator[Plan]:
    """All jobs; the first of each kind tells what start-up costs."""
    for shape in asked.shapes:
        sizes = [_START, *asked.sizes]
        yield from (Plan(OURS, shape, n) for n in sizes + ([LARGE] if asked.large and shape == Shape(1) else []))
        for peer in peers.PEERS if asked.peers and shape == Shape(1) else []:
            if not peer.package and peer.missing() is None:
                yield from (Plan(peer.name, shape, n) for n in sizes)


def _measure(plan: Plan, agent: str, *, jobs: int) -> Sample:
    items, text_bytes = plan.shape
    scratch = Scratch(scratch_folder(), agent, batches=plan.batches, batch_size=items, text_bytes=text_bytes)
    for peer in peers.PEERS:
        if peer.name == plan.runner:
            return Sample(by_peer(peer, scratch, plan.batches, jobs))
    scratch.add_pipeline("facts")
    cost = run(scratch.command("facts", jobs), scratch.root / "log")
    result = scratch.check_merged("facts", 1)
    ends = [row[0] for row in scratch.rows("SELECT at FROM events WHERE kind = 'batch_ended' ORDER BY id")]
    tenth = len(ends) // 10
    cuts = [ends[n * tenth : (n + 1) * tenth + 1] for n in range(10)] if tenth else []
    return Sample(cost, result, [1000 * (c[-1] - c[0]) / max(1, len(c) - 1) for c in cuts])


def _figures(samples: dict[Plan, list[Sample]]) -> Iterator[dict[str, Any]]:
    """What a batch costs in jobs of each size, the smallest of its kind setting the ratios.

    A job of few batches may cost no more than start-up by chance; there are no ratios to that.
    """
    smallest: dict[tuple[str, Shape, str], float] = {}
    for plan, taken in samples.items():
        if plan.batches == _START:
            start = taken
            continue
        row: dict[str, Any] = {"runner": plan.runner, "batch": str(plan.shape), "batches": plan.batches}
        for part in ("cpu_s", "main_s", "wall_s"):
            whole, began = (median(getattr(sample.cost, part) for sample in runs) for runs in (taken, start))
            each_ms = 1000 * (whole - began) / (plan.batches - _START)
            base = smallest.setdefault((plan.runner, plan.shape, part), each_ms)
            row |= {f"{part}_each_ms": each_ms, f"{part}_ratio": each_ms / base if base > 0 else None}
        last = taken[-1]
        written, result = last.cost.written, last.result_bytes
        yield row | {
            "tenths_wall_ms": last.tenths_ms,
            "result_bytes": result,
            "written_each": None if written is None else written / plan.batches,
            "to_disk_each": None if last.cost.to_disk is None else last.cost.to_disk / plan.batches,
            "written_to_result": written / result if written and result else None,
            "main_peak_mb": last.cost.top_peak_mb,
            "tree_peak_mb": last.cost.peak_mb,
            "runs": [sample.cost._asdict() for sample in taken],
        }


def _row(row: dict[str, Any]) -> list[str]:
    ours = row["runner"] == OURS
    cells = [f"{row['runner']}: {row['batches']:,} batches of {row['batch']}", str(len(row["runs"]))]
    for part in ("cpu_s", "main_s", "wall_s"):
        figures = [f"{row[f'{part}_each_ms']:.2f}", either(row[f"{part}_ratio"], ".2f")]
        cells += figures if ours or part != "main_s" else ["", ""]
    cells += [f"{row['tenths_wall_ms'][n]:.2f}" if row["tenths_wall_ms"] else "" for n in (0, -1)]
    cells.append(f"{row['result_bytes'] / 1000:,.0f}" if ours else "")
    cells.append(f"{row['written_each'] / 1000:.1f}" if row["written_each"] is not None else "?")
    cells.append(either(row["written_to_result"]) if ours else "")
    return [*cells, either(row["main_peak_mb"], ".0f")]


def _shape(text: str) -> Shape:
    items, _, text_bytes = text.partition("x")
    return Shape(int(items), int(text_bytes or 0))


def _options() -> argparse.ArgumentParser:
    parser = options(__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1000, 10_000], help="batches, smallest first")
    parser.add_argument("--large", action="store_true", help=f"{LARGE:,} batches of one item, too: takes ten minutes")
    shapes = [Shape(1), Shape(20), Shape(20, 500)]
    parser.add_argument("--shapes", type=_shape, nargs="+", default=shapes, help="items in a batch, as 20 or 20x500")
    parser.add_argument("--jobs", "-j", type=int, default=2)
    parser.add_argument("--repeat", type=int, help="default: the more the smaller the job")
    parser.add_argument("--peers", action=argparse.BooleanOptionalAction, default=True)
    return parser


if __name__ == "__main__":
    main()
