"""What a supervisor uses while all of its sessions wait: CPU, wake-ups and memory."""

from __future__ import annotations

import argparse
import contextlib
import shutil
import subprocess
import time
from collections.abc import Callable
from statistics import median

import psutil

from benchmarks.cost import process_kind
from benchmarks.figures import save, table
from benchmarks.scratch import Scratch, clean_environment, scratch_folder

_SETTLE_S = 2.0
_PATIENCE_S = 60.0
_STOPPED = 3

Figures = dict[str, dict[str, float]]
"""Process to percent of a core, wake-ups a second, MB of memory."""


def main() -> None:
    options = _options()
    runs: list[Figures] = []
    for _ in range(options.repeat):
        found = _supervisor(options.sessions, options.seconds)
        if shutil.which("parallel"):
            found |= _parallel(options.sessions, options.seconds)
        runs.append(found)
    alone = _supervisor(1, _SETTLE_S)
    middle = {name: {key: median(run[name][key] for run in runs) for key in runs[0][name]} for name in runs[0]}
    base = middle.get("GNU parallel")
    rows = []
    for name, kept in middle.items():
        ratio = f"{kept['percent'] / base['percent']:.3f}" if base and base["percent"] else ""
        rows.append([name, f"{kept['percent']:.3f}", ratio, f"{kept['wakes']:.1f}", f"{kept['mb']:.1f}"])
    table(
        f"{options.sessions} waiting sessions over {options.seconds:g} s, median of {options.repeat}",
        ["process", "% of a core", "ratio", "wake-ups/s", "MB resident"],
        rows,
    )
    each = {
        name: 1000 * (kept["mb"] - alone[name]["mb"]) / (options.sessions - 1)
        for name, kept in middle.items()
        if name in alone
    }
    table(
        f"memory for each of {options.sessions} sessions, beyond what one takes",
        ["process", "KB a session"],
        [[name, f"{kb:.0f}"] for name, kb in each.items()],
    )
    figures = {"sessions": options.sessions, "seconds": options.seconds, "median": middle, "kb_a_session": each}
    save("idle", {**figures, "runs": runs})


def _supervisor(sessions: int, seconds: float) -> Figures:
    root = scratch_folder()
    scratch = Scratch(root, "work.sh", batches=sessions)
    scratch.add_pipeline("facts")
    for output in scratch.outputs:
        (scratch.answers / f"{output}.seconds").write_text("86400\n")

    def all_run() -> bool:
        started = scratch.rows("SELECT count(*) FROM attempts WHERE pid IS NOT NULL")
        return bool(started) and started[0][0] >= sessions

    with open(root / "log", "wb") as log:
        process = subprocess.Popen(scratch.command("facts", sessions), stdout=log, stderr=log, env=clean_environment())
        try:
            _until(all_run)
            top = psutil.Process(process.pid)
            watched = {"supervisor": top}
            watched |= {f"its {kind}": child for child in top.children() if (kind := process_kind(child))}
            below = top.children(recursive=True)
            found = _watch(watched, seconds)
        finally:
            process.terminate()
            status = process.wait(_PATIENCE_S)
    _, left = psutil.wait_procs(below, timeout=1)
    if status != _STOPPED or left:
        raise RuntimeError(f"the run ended with {status} and left {len(left)} processes")
    return found


def _parallel(sessions: int, seconds: float) -> Figures:
    root = scratch_folder()
    root.mkdir()
    argv = ["parallel", f"-j{sessions}", "sleep {}", ":::", *["86400"] * sessions]
    with open(root / "log", "wb") as log:
        process = subprocess.Popen(argv, stdout=log, stderr=log, env=clean_environment())
        top = psutil.Process(process.pid)
        try:
            _until(lambda: _sleepers(top) >= sessions)
            return _watch({"GNU parallel": top}, seconds)
        finally:
            below = top.children(recursive=True)
            process.kill()
            process.wait()
            for child in below:
                if child.is_running():
                    child.kill()


def _sleepers(top: psutil.Process) -> int:
    """How many programs named `sleep` run below a process; one that ends while they are counted is none."""
    found = 0
    for child in top.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            found += child.name() == "sleep"
    return found


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not true():
        if time.monotonic() > deadline:
            raise RuntimeError(f"the sessions did not come to run within {_PATIENCE_S:g} s")
        time.sleep(0.1)
    time.sleep(_SETTLE_S)


def _watch(processes: dict[str, psutil.Process], seconds: float) -> Figures:
    before = {name: _state(process) for name, process in processes.items()}
    time.sleep(seconds)
    found = {}
    for name, process in processes.items():
        cpu_s, wakes = (now - then for now, then in zip(_state(process), before[name], strict=True))
        memory = process.memory_info().rss / 1e6
        found[name] = {"percent": 100 * cpu_s / seconds, "wakes": wakes / seconds, "mb": memory}
    return found


def _state(process: psutil.Process) -> tuple[float, float]:
    """CPU seconds so far, and how often the process gave up the processor to wait."""
    times = process.cpu_times()
    return times.user + times.system, float(process.num_ctx_switches().voluntary)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--repeat", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    main()
