"""A process tree looked at again and again while it lives: whose time it takes, and how much memory."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path
from typing import NamedTuple

import psutil

LOOK_EVERY_S = 0.1


class Split(NamedTuple):
    """CPU seconds of a supervisor's processes, as far as they were seen."""

    spawner: float
    """The process that forks the sessions."""
    sessions: float
    """What it forked, fork and exec included."""
    workers: float
    """The processes that run the project's validators."""


class TreeWatch:
    """Looks at a process and everything below it from a thread, until it is left."""

    def __init__(self, pid: int) -> None:
        self._top = psutil.Process(pid)
        self._seen: dict[int, tuple[str, float, float]] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.peak_mb: float | None = None
        """The most memory that all of the tree had at once, shared pages counted once (PSS)."""
        self.top_peak_mb: float | None = None
        """The most resident memory that the top process ever had."""

    def __enter__(self) -> TreeWatch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def split(self) -> Split:
        """Whose time it was, where the top process is a supervisor."""
        spawners = [seen for seen in self._seen.values() if seen[0] == "spawner"]
        workers = [seen for seen in self._seen.values() if seen[0] == "worker"]
        return Split(sum(s[1] for s in spawners), sum(s[2] for s in spawners), sum(w[1] + w[2] for w in workers))

    def _watch(self) -> None:
        while not self._ended.wait(LOOK_EVERY_S):
            with contextlib.suppress(psutil.Error):
                tree = [self._top, *self._top.children(recursive=True)]
                for process in tree[1:]:
                    if process.ppid() == self._top.pid:
                        self._look(process)
                self._take_memory(tree)

    def _look(self, process: psutil.Process) -> None:
        with contextlib.suppress(psutil.Error):
            kind = self._seen[process.pid][0] if process.pid in self._seen else ""
            kind = kind or process_kind(process)
            times = process.cpu_times()
            own, below = times.user + times.system, times.children_user + times.children_system
            self._seen[process.pid] = kind, own, below

    def _take_memory(self, tree: list[psutil.Process]) -> None:
        now = [megabytes for process in tree if (megabytes := proportional_mb(process)) is not None]
        if now:
            self.peak_mb = max(self.peak_mb or 0.0, sum(now))
        self.top_peak_mb = _highest_mb(self._top.pid) or self.top_peak_mb


def process_kind(process: psutil.Process) -> str:
    """`spawner`, `worker`, or an empty text for anything else."""
    words = process.cmdline()
    if "supervisor.executors.local.terminal.spawner" in words:
        return "spawner"
    return "worker" if "supervisor.project_code.code_worker" in words else ""


class Activity(NamedTuple):
    """What a process did so far."""

    cpu_s: float
    wakes: int
    """How often its threads gave up the processor to wait."""


def activity(pid: int) -> Activity:
    """CPU time and wake-ups of all threads of a process, as exact as the system tells."""
    tasks = list(Path(f"/proc/{pid}/task").glob("*"))
    try:
        nanoseconds = sum(int((task / "schedstat").read_text().split()[0]) for task in tasks)
        wakes = sum(_number(task / "status", "voluntary_ctxt_switches") or 0 for task in tasks)
    except OSError:
        tasks = []
    if tasks:
        return Activity(nanoseconds / 1e9, wakes)
    process = psutil.Process(pid)
    times = process.cpu_times()
    return Activity(times.user + times.system, process.num_ctx_switches().voluntary)


def proportional_mb(process: psutil.Process) -> float | None:
    """A process's memory in MB, its part of what it shares included; None where the system does not tell."""
    try:
        pss = getattr(process.memory_full_info(), "pss", None)
    except psutil.Error:
        return None
    return None if pss is None else pss / 1e6


def _highest_mb(pid: int) -> float | None:
    try:
        kilobytes = _number(Path(f"/proc/{pid}/status"), "VmHWM")
    except OSError:
        return None
    return None if kilobytes is None else kilobytes * 1024 / 1e6


def _number(path: Path, name: str) -> int | None:
    """The number of a line `name: number` of a file in /proc."""
    found = (line.split()[1] for line in path.read_text().splitlines() if line.startswith(f"{name}:"))
    return next(map(int, found), None)
