"""What a command costs: wall time, and CPU time and bytes written of its whole process tree."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import psutil

from benchmarks.scratch import clean_environment

LOOK_EVERY_S = 0.05


class Cost(NamedTuple):
    """What one command cost. Seconds and bytes."""

    wall_s: float
    cpu_s: float
    """User and system time of the command and of everything below it."""
    spawner_s: float
    """Of that: the process that forks the sessions."""
    sessions_s: float
    """Of that: the sessions, their fork and exec included."""
    workers_s: float
    """Of that: the processes that run the project's validators."""
    written: int | None
    """Bytes given to write calls; None where the system does not tell."""
    to_disk: int | None
    """Bytes of pages made dirty, whole pages each time."""

    @property
    def main_s(self) -> float:
        """The rest of the CPU time: the supervisor's own process."""
        return self.cpu_s - self.spawner_s - self.sessions_s - self.workers_s


def run(argv: Sequence[str], log: Path, expected: Sequence[int] = (0,)) -> Cost:
    """Run a command to its end with its output in `log`.

    CPU time is that of children which were waited for, all the way up; so it holds the whole tree when every process
    waits for its own. It is taken from the caller's own account: nothing else may run below the caller meanwhile.
    """
    before, bytes_before = resource.getrusage(resource.RUSAGE_CHILDREN), _bytes_written()
    with open(log, "ab") as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=clean_environment()
        )
        with _Split(process.pid) as split:
            status = process.wait()
        wall_s = time.perf_counter() - began
    after, bytes_after = resource.getrusage(resource.RUSAGE_CHILDREN), _bytes_written()
    if status not in expected:
        raise RuntimeError(f"{' '.join(argv[:5])} … ended with {status}:\n{log.read_text()[-2000:]}")
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    grown = None
    if bytes_before is not None and bytes_after is not None:
        grown = bytes_after[0] - bytes_before[0], bytes_after[1] - bytes_before[1]
    return Cost(wall_s, cpu_s, *split.seconds(), *(grown or (None, None)))


class _Split:
    """Looks again and again at the processes directly below a supervisor, to tell whose time it is."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._seen: dict[int, tuple[str, float, float]] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> _Split:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def seconds(self) -> tuple[float, float, float]:
        """Of the spawner, of the sessions, of the workers."""
        spawners = [seen for seen in self._seen.values() if seen[0] == "spawner"]
        workers = [seen for seen in self._seen.values() if seen[0] == "worker"]
        return sum(s[1] for s in spawners), sum(s[2] for s in spawners), sum(w[1] + w[2] for w in workers)

    def _watch(self) -> None:
        processes: dict[int, psutil.Process] = {}
        while not self._ended.wait(LOOK_EVERY_S):
            with contextlib.suppress(psutil.Error):
                for child in psutil.Process(self._pid).children():
                    known = processes.setdefault(child.pid, child)
                    self._look(known)

    def _look(self, process: psutil.Process) -> None:
        with contextlib.suppress(psutil.Error):
            kind = self._seen[process.pid][0] if process.pid in self._seen else ""
            kind = kind or process_kind(process)
            times = process.cpu_times()
            own, below = times.user + times.system, times.children_user + times.children_system
            self._seen[process.pid] = kind, own, below


def process_kind(process: psutil.Process) -> str:
    """`spawner`, `worker`, or an empty text for anything else."""
    words = process.cmdline()
    if "supervisor.sessions.spawner" in words:
        return "spawner"
    return "worker" if "supervisor.content.worker" in words else ""


def _bytes_written() -> tuple[int, int] | None:
    """What this process and its children that ended have written, as /proc/self/io counts it."""
    try:
        fields = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    except OSError:
        return None
    return int(fields["wchar"]), int(fields["write_bytes"])


def disk_flush_ms(folder: Path, times: int = 50) -> float:
    """Median milliseconds of one small write with fdatasync: what a durable commit cannot be faster than."""
    taken = []
    descriptor = os.open(folder / "flush", os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        for _ in range(times):
            began = time.perf_counter()
            os.write(descriptor, bytes(4096))
            os.fdatasync(descriptor)
            taken.append(time.perf_counter() - began)
    finally:
        os.close(descriptor)
    return sorted(taken)[times // 2] * 1000
