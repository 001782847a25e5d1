"""What a supervisor uses while its sessions wait: CPU, wake-ups and memory, next to what only starts processes."""

from __future__ import annotations

import argparse
import contextlib
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import psutil

from benchmarks.figures import either, options, save, spread, table
from benchmarks.process_tree import activity, process_kind, proportional_mb
from benchmarks.scratch import Scratch, clean_environment, scratch_folder

ALL = "all of the supervisor's"
PEERS = {
    "GNU parallel": ["parallel", "-j{n}", "sleep {{}}", ":::"],
    "xargs -P": ["xargs", "-P", "{n}", "-n", "1", "-a", "{file}", "sleep"],
}
AIMS = {"percent": 1.0, "rss_mb": 150.0}
_SETTLE_S = 2.0
_PATIENCE_S = 300.0
_STOPPED = 3


class NotAllRun(RuntimeError):
    """As many processes as were asked for did not come to run."""


class Use(NamedTuple):
    """What one process uses."""

    percent: float
    """Of a core."""
    wakes: float
    """A second."""
    rss_mb: float
    pss_mb: float | None
    """With its part only of what it shares."""


def main(argv: Sequence[str] | None = None) -> None:
    asked = _options().parse_args(argv)
    peers = {name: words for name, words in PEERS.items() if asked.peers and shutil.which(words[0])}
    left_out = {name: "not asked for" if not asked.peers else "not installed" for name in PEERS if name not in peers}
    runs: dict[tuple[int, str], list[Use]] = {}
    started: dict[int, list[float]] = {}
    for _ in range(asked.repeat):
        for count in (1, *asked.sessions):
            began = time.monotonic()
            with _supervisor(count) as processes:
                started.setdefault(count, []).append(time.monotonic() - began)
                found = _watch(processes, asked.seconds)
            found[ALL] = _sum(found)
            for name, words in peers.items() if count > 1 else ():
                try:
                    with _peer(words, count) as processes:
                        found[name] = _watch(processes, asked.seconds)[""]
                except NotAllRun as error:
                    left_out[f"{name} with {count:,}"] = str(error).splitlines()[0]
            for name, use in found.items():
                runs.setdefault((count, name), []).append(use)
    rows: list[dict[str, Any]] = []
    for (count, name), uses in runs.items():
        alone = runs.get((1, name))
        rows.append(
            {
                "sessions": count,
                "process": name,
                **{field: _median([getattr(use, field) for use in uses]) for field in Use._fields},
                "kb_a_session": _each_kb(uses, alone, count) if alone and count > 1 else None,
                "runs": [use._asdict() for use in uses],
            }
        )
    table(
        f"Sessions that wait, over {asked.seconds:g} s, median of {asked.repeat} (aims with 1,000:"
        f" {AIMS['percent']:g} % of a core, {AIMS['rss_mb']:g} MB)",
        ["sessions: process", "% of a core", "lowest..highest", "wake-ups/s", "MB resident", "MB PSS", "KB a session"],
        [
            [
                f"{row['sessions']:,}: {row['process']}",
                f"{row['percent']:.3f}",
                spread([use["percent"] for use in row["runs"]], 3),
                f"{row['wakes']:.1f}",
                f"{row['rss_mb']:.1f}",
                either(row["pss_mb"]),
                either(row["kb_a_session"], ".0f") if row["kb_a_session"] is not None else "",
            ]
            for row in rows
        ],
        "KB a session: resident memory beyond what one session takes. All ran after "
        + ", ".join(f"{median(each):.1f} s ({count:,})" for count, each in started.items())
        + "."
        + "".join(f"\nLeft out: {name}: {why}." for name, why in left_out.items()),
    )
    figures = {"seconds": asked.seconds, "repeat": asked.repeat, "aims": AIMS, "all_run_after_s": started}
    save("idle", asked.results, {**figures, "left_out": left_out, "rows": rows})


@contextlib.contextmanager
def _supervisor(sessions: int) -> Iterator[dict[str, psutil.Process]]:
    """A supervisor of which that many sessions sleep, by the name of each of its processes."""
    root = scratch_folder()
    scratch = Scratch(root, "work.sh", batches=sessions)
    scratch.add_pipeline("facts")
    for output in scratch.outputs:
        (scratch.answers / f"{output}.seconds").write_text("86400\n")

    def all_run() -> bool:
        started = scratch.rows("SELECT count(*) FROM attempts WHERE handle IS NOT NULL")
        return bool(started) and started[0][0] >= sessions

    below: list[psutil.Process] = []
    with open(root / "log", "wb") as log:
        process = subprocess.Popen(scratch.command("facts", sessions), stdout=log, stderr=log, env=clean_environment())
        try:
            _until(all_run, process, root / "log")
            top = psutil.Process(process.pid)
            below = top.children(recursive=True)
            yield {"supervisor": top, **{f"its {kind}": c for c in top.children() if (kind := process_kind(c))}}
        finally:
            process.terminate()
            status = process.wait(_PATIENCE_S)
    _, left = psutil.wait_procs(below, timeout=1)
    if status != _STOPPED or left:
        raise RuntimeError(f"the run ended with {status} and left {len(left)} processes")


@contextlib.contextmanager
def _peer(words: Sequence[str], sessions: int) -> Iterator[dict[str, psutil.Process]]:
    root = scratch_folder()
    root.mkdir()
    (root / "sleeps").write_text("86400\n" * sessions)
    argv = [word.format(n=sessions, file=root / "sleeps") for word in words]
    argv += ["86400"] * sessions if words[-1] == ":::" else []
    with open(root / "log", "wb") as log:
        process = subprocess.Popen(argv, stdout=log, stderr=log, env=clean_environment())
        top = psutil.Process(process.pid)
        try:
            _until(lambda: _sleepers(top) >= sessions, process, root / "log")
            yield {"": top}
        finally:
            below = top.children(recursive=True)
            process.kill()
            process.wait()
            for child in below:
                with contextlib.suppress(psutil.NoSuchProcess):
                    child.kill()


def _sleepers(top: psutil.Process) -> int:
    """How many programs named `sleep` run below a process; one that ends while they are counted is none."""
    found = 0
    for child in top.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            found += child.name() == "sleep"
    return found


def _until(true: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not true():
        if process.poll() is not None or time.monotonic() > deadline:
            raise NotAllRun(f"not all came to run: {log.read_text(errors='replace')[-500:].strip()}")
        time.sleep(0.2)
    time.sleep(_SETTLE_S)


def _watch(processes: dict[str, psutil.Process], seconds: float) -> dict[str, Use]:
    before = {name: activity(process.pid) for name, process in processes.items()}
    time.sleep(seconds)
    found = {}
    for name, process in processes.items():
        now, then = activity(process.pid), before[name]
        found[name] = Use(
            percent=100 * (now.cpu_s - then.cpu_s) / seconds,
            wakes=(now.wakes - then.wakes) / seconds,
            rss_mb=process.memory_info().rss / 1e6,
            pss_mb=proportional_mb(process),
        )
    return found


def _sum(found: dict[str, Use]) -> Use:
    uses = list(found.values())
    pss = [use.pss_mb for use in uses if use.pss_mb is not None]
    return Use(
        percent=sum(use.percent for use in uses),
        wakes=sum(use.wakes for use in uses),
        rss_mb=sum(use.rss_mb for use in uses),
        pss_mb=sum(pss) if len(pss) == len(uses) else None,
    )


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _each_kb(uses: Sequence[Use], alone: Sequence[Use], count: int) -> float:
    return 1000 * (median(use.rss_mb for use in uses) - median(use.rss_mb for use in alone)) / (count - 1)


def _options() -> argparse.ArgumentParser:
    parser = options(__doc__)
    parser.add_argument("--sessions", type=int, nargs="+", default=[1000, 2000])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--peers", action=argparse.BooleanOptionalAction, default=True)
    return parser


if __name__ == "__main__":
    main()
