"""How long after an agent has ended the items of its answer are merged, while many sessions wait."""

from __future__ import annotations

import argparse
import contextlib
import errno
import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from benchmarks.cost import disk_flush_ms
from benchmarks.figures import options, percentile, save, spread, table
from benchmarks.scratch import Scratch, clean_environment, scratch_folder

EARLIER = "A loop that looks at its files every few seconds, as the programs that this one replaces do: 3.5 to 7 s."
AIMS = {"median": 10.0, "p99": 50.0}
_PATIENCE_S = 300.0


class Run(NamedTuple):
    """Milliseconds of each output."""

    one_by_one: list[float]
    at_once: list[float]
    flush_ms: float
    """Of one small durable write."""


def main(argv: Sequence[str] | None = None) -> None:
    asked = _options().parse_args(argv)
    runs: dict[int, list[Run]] = {waiting: [] for waiting in asked.waiting}
    for _ in range(asked.repeat):
        for waiting, taken in runs.items():
            taken.append(_measure(waiting, asked.samples, asked.rate))
    rows = [
        _figures(waiting, kind, [getattr(run, kind) for run in taken], median(run.flush_ms for run in taken))
        for kind in ("one_by_one", "at_once")
        for waiting, taken in runs.items()
    ]
    titles = {"one_by_one": f"{asked.rate} a second", "at_once": "all at once"}
    table(
        f"From an agent's end to merged, milliseconds (aims with outputs one by one: median {AIMS['median']:g},"
        f" 99 % {AIMS['p99']:g})",
        ["sessions and outputs", "n", "median", "of runs", "90 %", "99 %", "most", "one disk flush", "ratio"],
        [
            [
                f"{row['waiting']:,} waiting, {titles[row['outputs']]}",
                str(row["n"]),
                f"{row['median_ms']:.1f}",
                spread(row["median_ms_each"]),
                *(f"{row[part]:.1f}" for part in ("p90_ms", "p99_ms", "most_ms")),
                f"{row['disk_flush_ms']:.2f}",
                f"{row['median_ms'] / row['disk_flush_ms']:.1f}",
            ]
            for row in rows
        ],
        "From the output file's last change, which is the last that its agent does before it ends, to the commit's own"
        "\nevent; in between the agent's end is heard of and its output judged by a validator. The limit is one disk"
        "\nflush, in the same run. File times have a grain of up to 4 ms, which counts as ours."
        f"\nLeft out: the peers: none of them looks at outputs. {EARLIER}",
    )
    figures = {"aims_ms": AIMS, "comparison": EARLIER, "rows": rows}
    save("merge_latency", asked.results, {**figures, "runs": {n: [r._asdict() for r in runs[n]] for n in runs}})


def _figures(waiting: int, outputs: str, runs: list[list[float]], flush_ms: float) -> dict[str, Any]:
    every = [value for run in runs for value in run]
    return {
        "waiting": waiting,
        "outputs": outputs,
        "n": len(every),
        "median_ms": median(every),
        "median_ms_each": [median(run) for run in runs],
        "p90_ms": percentile(every, 0.9),
        "p99_ms": percentile(every, 0.99),
        "most_ms": max(every),
        "disk_flush_ms": flush_ms,
    }


def _measure(waiting: int, samples: int, rate: int) -> Run:
    """`samples` outputs that come one by one while others wait, then all the rest at once."""
    root = scratch_folder()
    scratch = Scratch(root, "wait.sh", batches=waiting + samples)
    scratch.add_pipeline("facts")
    gates = [scratch.answers / f"{name}.gate" for name in scratch.outputs]
    for gate in gates:
        os.mkfifo(gate)
    flush_ms = disk_flush_ms(root)
    with open(root / "log", "wb") as log:
        process = subprocess.Popen(scratch.command("facts", waiting), stdout=log, stderr=log, env=clean_environment())
        try:
            _until(scratch, "attempts WHERE handle IS NOT NULL", waiting)
            for number, gate in enumerate(gates):
                _open(gate, process)
                if number < samples:
                    time.sleep(1 / rate)
                if number == samples - 1:
                    _until(scratch, "batches WHERE status = 'done'", samples)
            status = process.wait(_PATIENCE_S)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
    if status:
        raise RuntimeError(f"the run ended with {status}:\n{(root / 'log').read_text()[-2000:]}")
    scratch.check_merged("facts", 1)
    taken = _latencies(scratch)
    return Run(taken[:samples], taken[samples:], flush_ms)


def _until(scratch: Scratch, rows: str, count: int) -> None:
    """Wait for so many rows in the store."""
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        found = scratch.rows(f"SELECT count(*) FROM {rows}")
        if found and found[0][0] >= count:
            return
        time.sleep(0.2)
    raise RuntimeError(f"there are not {count} {rows} within {_PATIENCE_S:g} s")


def _open(gate: Path, process: subprocess.Popen[bytes]) -> None:
    """Let the agent behind a gate go on, once it has come there."""
    deadline = time.monotonic() + _PATIENCE_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            descriptor = os.open(gate, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            time.sleep(0.005)
            continue
        with contextlib.closing(os.fdopen(descriptor, "wb")) as file:
            file.write(b"\n")
        return
    raise RuntimeError(f"nobody came to {gate.name}")


def _latencies(scratch: Scratch) -> list[float]:
    """Milliseconds, in the order of the batches."""
    rows = scratch.rows(
        "SELECT a.name, e.at FROM events e JOIN batches b ON b.job = e.job AND b.number = e.data ->> 'batch'"
        " JOIN attempts a ON a.batch = b.id WHERE e.kind = 'batch_ended' ORDER BY b.number"
    )
    sessions = scratch.root / "vfs" / ".supervisor" / "sessions"
    outputs = [sessions / name / "workspace" / output for (name, _), output in zip(rows, scratch.outputs, strict=True)]
    return [1000 * (at - output.stat().st_mtime) for (_, at), output in zip(rows, outputs, strict=True)]


def _options() -> argparse.ArgumentParser:
    parser = options(__doc__)
    parser.add_argument("--waiting", type=int, nargs="+", default=[50, 200, 1000])
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--rate", type=int, default=20, help="outputs a second")
    parser.add_argument("--repeat", type=int, default=3)
    return parser


if __name__ == "__main__":
    main()
