"""What a command costs: wall time, and CPU time, memory and bytes written of its whole process tree."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import psutil

from benchmarks.cpu_group import cpu_group
from benchmarks.process_tree import TreeWatch
from benchmarks.scratch import clean_environment

_SET_CHILD_SUBREAPER = 36  # prctl


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
    peak_mb: float | None
    """Peak memory of the whole tree (sum of PSS, looked at ten times a second); None where the system does not tell."""
    top_peak_mb: float | None
    """Peak resident memory of the command's own process."""
    written: int | None
    """Bytes given to write calls; None where the system does not tell."""
    to_disk: int | None
    """Bytes of pages made dirty, whole pages each time."""

    @property
    def main_s(self) -> float:
        """The rest of the CPU time: the supervisor's own process."""
        return self.cpu_s - self.spawner_s - self.sessions_s - self.workers_s


def run(
    argv: Sequence[str],
    log: Path,
    *,
    expected: Sequence[int] = (0,),
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Cost:
    """Run a command to its end with its output in `log`; what it leaves running is ended, and counted.

    CPU time is counted by a control group, where one can be made. Elsewhere it is that of children which were waited
    for, all the way up, so without what a process starts and does not wait for; and nothing else may run below the
    caller meanwhile.
    """
    with cpu_group() as group:
        before, bytes_before = resource.getrusage(resource.RUSAGE_CHILDREN), _bytes_written()
        with _orphans_taken_in(), open(log, "ab") as output:
            began = time.perf_counter()
            process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env=clean_environment() | dict(environment or {}),
                preexec_fn=None if group is None else group.join,  # noqa: PLW1509 - no other thread runs
            )
            with TreeWatch(process.pid) as tree:
                status = process.wait()
            wall_s = time.perf_counter() - began
        after, bytes_after = resource.getrusage(resource.RUSAGE_CHILDREN), _bytes_written()
        waited_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        cpu_s = waited_s if group is None else group.cpu_s()
    if status not in expected:
        said = log.read_text(errors="replace")[-2000:]
        raise RuntimeError(f"{' '.join(argv[:5])} … ended with {status}:\n{said}")
    grown = None
    if bytes_before is not None and bytes_after is not None:
        grown = bytes_after[0] - bytes_before[0], bytes_after[1] - bytes_before[1]
    return Cost(wall_s, cpu_s, *tree.split(), tree.peak_mb, tree.top_peak_mb, *(grown or (None, None)))


@contextlib.contextmanager
def _orphans_taken_in() -> Iterator[None]:
    """Be the parent of what a command leaves running; then end it, and wait for it, so that its time is counted."""
    before = {child.pid for child in psutil.Process().children()}
    _set_subreaper(1)
    try:
        yield
        while left := [child.pid for child in psutil.Process().children() if child.pid not in before]:
            for pid in left:
                with contextlib.suppress(ProcessLookupError, ChildProcessError):
                    os.kill(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)
    finally:
        _set_subreaper(0)


def _set_subreaper(on: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, on, 0, 0, 0)


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
