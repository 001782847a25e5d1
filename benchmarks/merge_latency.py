"""How long after an output is complete its items are merged, beyond the quiet period, while many sessions wait."""

from __future__ import annotations

import argparse
import contextlib
import errno
import os
import subprocess
import time
from pathlib import Path
from statistics import median

from benchmarks.cost import disk_flush_ms
from benchmarks.figures import percentile, save, table
from benchmarks.scratch import Scratch, clean_environment, scratch_folder

QUIET_S = 0.2
EARLIER = "A loop that looks at its files every few seconds, as the programs that this one replaces do: 3.5 to 7 s."
_PATIENCE_S = 120.0


def main() -> None:
    options = _options()
    figures = []
    for waiting in options.waiting:
        for _ in range(options.repeat):
            one_by_one, at_once, flush_ms = _measure(waiting, options.samples, options.rate)
            figures.append(
                {"waiting": waiting, "one_by_one_ms": one_by_one, "at_once_ms": at_once, "disk_flush_ms": flush_ms}
            )
    rows = []
    for kind, title in (("one_by_one_ms", f"{options.rate} a second"), ("at_once_ms", "all at once")):
        for waiting in options.waiting:
            runs = [f for f in figures if f["waiting"] == waiting]
            every = [value for run in runs for value in run[kind]]
            medians = [median(run[kind]) for run in runs]
            flush = median(run["disk_flush_ms"] for run in runs)
            rows.append(
                [
                    f"{waiting} waiting, {title}",
                    str(len(every)),
                    f"{median(every):.1f}",
                    f"{min(medians):.1f}..{max(medians):.1f}",
                    f"{percentile(every, 0.9):.1f}",
                    f"{percentile(every, 0.99):.1f}",
                    f"{flush:.2f}",
                    f"{median(every) / flush:.1f}",
                ]
            )
    table(
        f"From output complete to merged, beyond the quiet period of {QUIET_S} s, milliseconds",
        ["sessions and outputs", "n", "median", "of runs", "90 %", "99 %", "one disk flush", "ratio"],
        rows,
        "From the output file's last change to the commit's own event, less the quiet period; in between the session"
        f"\nis ended and its output judged by a validator.\n{EARLIER}",
    )
    save("merge_latency", {"quiet_s": QUIET_S, "runs": figures, "comparison": EARLIER})


def _measure(waiting: int, samples: int, rate: int) -> tuple[list[float], list[float], float]:
    """Milliseconds of `samples` outputs that come one by one while others wait, and of all the rest at once."""
    root = scratch_folder()
    scratch = Scratch(root, "stay.sh", batches=waiting + samples)
    scratch.add_pipeline("facts")
    gates = [scratch.answers / f"{name}.gate" for name in scratch.outputs]
    for gate in gates:
        os.mkfifo(gate)
    flush_ms = disk_flush_ms(root)
    with open(root / "log", "wb") as log:
        process = subprocess.Popen(scratch.command("facts", waiting), stdout=log, stderr=log, env=clean_environment())
        try:
            _until_running(scratch, waiting)
            for number, gate in enumerate(gates):
                _open(gate, process)
                if number < samples:
                    time.sleep(1 / rate)
            status = process.wait(_PATIENCE_S)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
    if status:
        raise RuntimeError(f"the run ended with {status}:\n{(root / 'log').read_text()[-2000:]}")
    scratch.check_merged("facts", 1)
    taken = _latencies(scratch)
    return taken[:samples], taken[samples:], flush_ms


def _until_running(scratch: Scratch, count: int) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        started = scratch.rows("SELECT count(*) FROM attempts WHERE pid IS NOT NULL")
        if started and started[0][0] >= count:
            return
        time.sleep(0.2)
    raise RuntimeError(f"{count} sessions did not come to run within {_PATIENCE_S:g} s")


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
    return [1000 * (at - output.stat().st_mtime - QUIET_S) for (_, at), output in zip(rows, outputs, strict=True)]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--waiting", type=int, nargs="+", default=[50, 200, 1000])
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument("--rate", type=int, default=20, help="outputs a second")
    parser.add_argument("--repeat", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    main()
