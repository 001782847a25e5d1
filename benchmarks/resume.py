"""How long a project with many batches done takes: to its next session, to find nothing to do, to tell its state.

What people use instead is asked the same of as many outputs that are there: to make the one that is missing, and to
see that none is.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from statistics import median
from typing import Any, NamedTuple

from benchmarks import peers
from benchmarks.cost import Cost, run
from benchmarks.done_project import make_done
from benchmarks.figures import either, options, save, spread, table
from benchmarks.outside import work_for
from benchmarks.scratch import SUPERVISOR, Scratch, scratch_folder

LIMIT = "python -c pass"
FIRST, NOTHING = "supervisor run, one batch to do", "supervisor run, nothing to do"
STATUS, STATUS_JSON = "supervisor status", "supervisor status --json"
AIMS = {FIRST: 1.0, STATUS: 0.3, STATUS_JSON: 0.3}
"""Seconds with the largest project: until its next session; whole."""
HEADS = ("batches done: command", "first session", "wall", "lowest..highest", "CPU", "MB", "CPU/limit")


class Sample(NamedTuple):
    """One command."""

    cost: Cost
    first_s: float | None = None
    """Seconds until its first session had written its output."""


def main(argv: Sequence[str] | None = None) -> None:
    asked = _options().parse_args(argv)
    sizes = [*asked.sizes, *([100_000] if asked.large else [])]
    taken: dict[tuple[int, str], list[Sample]] = {}
    for _ in range(asked.repeat):
        for done in sizes:
            for name, sample in _measure(done, with_peers=asked.peers).items():
                taken.setdefault((done, name), []).append(sample)
    rows = [_figures(done, name, samples) for (done, name), samples in taken.items()]
    left_out = peers.left_out() if asked.peers else {"the peers": "not asked for"}
    left_out |= {
        peer.name: f"asked up to {peer.resumes:,} done batches"
        for peer in peers.PEERS
        if asked.peers and 0 < peer.resumes < sizes[-1]
    }
    limits = {row["done"]: row["cpu_s"] for row in rows if row["command"] == LIMIT}
    table(
        f"A project with many batches done, seconds, median of {asked.repeat}",
        HEADS,
        [_row(row, limits[row["done"]]) for row in rows],
        "First session: from the command's start until the next session's output is on its way, which the agent"
        f"\nwrites as soon as it runs. Aims: {', '.join(f'{name} {aim:g} s' for name, aim in AIMS.items())}."
        + "".join(f"\nLeft out: {n}: {why}." for n, why in left_out.items()),
    )
    save("resume", asked.results, {"repeat": asked.repeat, "aims_s": AIMS, "left_out": left_out, "rows": rows})


def _measure(done: int, *, with_peers: bool) -> dict[str, Sample]:
    root = scratch_folder()
    scratch = make_done(root, done)
    log = root / "log"
    command = scratch.command("facts", 1)
    found = {LIMIT: Sample(run([sys.executable, "-c", "pass"], log))}
    began = time.time()
    cost = run(command, log)
    found[FIRST] = Sample(cost, _last_output(scratch) - began)
    found[NOTHING] = Sample(run(command, log))
    scratch.check_merged("facts", 1)
    for name, more in ((STATUS, []), (STATUS_JSON, ["--json"])):
        found[name] = Sample(run([*SUPERVISOR, "status", "--project", str(root), *more], log))
    for peer in peers.PEERS if with_peers else []:
        if peer.missing() is None and done <= peer.resumes:
            found |= _peer(peer, scratch)
    return found


def _last_output(scratch: Scratch) -> float:
    """Clock time at which the newest session's output was written."""
    ((name,),) = scratch.rows("SELECT name FROM attempts ORDER BY id DESC LIMIT 1")
    workspace = scratch.root / "vfs" / ".supervisor" / "sessions" / name / "workspace"
    return float((workspace / scratch.outputs[-1]).stat().st_mtime)


def _peer(peer: peers.Peer, scratch: Scratch) -> dict[str, Sample]:
    """A peer with all outputs there but the last, then with all."""
    work = work_for(peer.name, scratch, scratch.batches, jobs=1)
    folder = work.folder
    paths = [folder / "out" / name for name in scratch.outputs]
    for path in paths[:-1]:
        path.touch()
    lines = "".join(f"{n + 1}\t:\t0\t0\t0\t0\t0\t0\tagent\n" for n in range(len(paths) - 1))
    (folder / "joblog").write_text(
        "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n" + lines
    )
    argv = peer.command(work)
    began = time.time()
    costs = [run(argv, folder / "log", folder=folder, environment=peers.ENVIRONMENT) for _ in range(2)]
    written = [path for path in paths if path.stat().st_size]
    if written != paths[-1:]:
        raise RuntimeError(f"{peer.name} made {len(written)} outputs where one was missing")
    return {
        f"{peer.name}, one to do": Sample(costs[0], paths[-1].stat().st_mtime - began),
        f"{peer.name}, nothing to do": Sample(costs[1]),
    }


def _figures(done: int, command: str, samples: list[Sample]) -> dict[str, Any]:
    first = [sample.first_s for sample in samples if sample.first_s is not None]
    peaks = [sample.cost.peak_mb for sample in samples if sample.cost.peak_mb is not None]
    return {
        "done": done,
        "command": command,
        "first_s": median(first) if first else None,
        "first_s_each": first,
        "wall_s": median(sample.cost.wall_s for sample in samples),
        "wall_s_each": [sample.cost.wall_s for sample in samples],
        "cpu_s": median(sample.cost.cpu_s for sample in samples),
        "cpu_s_each": [sample.cost.cpu_s for sample in samples],
        "peak_mb": median(peaks) if peaks else None,
    }


def _row(row: dict[str, Any], limit_s: float) -> list[str]:
    return [
        f"{row['done']:,}: {row['command']}",
        either(row["first_s"], ".3f") if row["first_s"] is not None else "",
        f"{row['wall_s']:.3f}",
        spread(row["wall_s_each"], 3),
        f"{row['cpu_s']:.3f}",
        either(row["peak_mb"], ".0f"),
        f"{row['cpu_s'] / limit_s:.1f}",
    ]


def _options() -> argparse.ArgumentParser:
    parser = options(__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1000, 10_000], help="batches done")
    parser.add_argument("--large", action="store_true", help="100,000, too")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--peers", action=argparse.BooleanOptionalAction, default=True)
    return parser


if __name__ == "__main__":
    main()
