"""A control group of Linux that counts the CPU time of a command and of all that it starts, whoever waits for it."""

from __future__ import annotations

import contextlib
import functools
import os
import time
from collections.abc import Iterator
from pathlib import Path

_PATIENCE_S = 5.0


class CpuGroup:
    """A group that was made for one command."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def join(self) -> None:
        """Be a member from now on, and all that this process starts."""
        (self._folder / "cgroup.procs").write_text(str(os.getpid()))

    def cpu_s(self) -> float:
        """User and system time of its members so far, those included that ended."""
        fields = dict(line.split() for line in (self._folder / "cpu.stat").read_text().splitlines())
        return int(fields["usage_usec"]) / 1e6


@contextlib.contextmanager
def cpu_group() -> Iterator[CpuGroup | None]:
    """A new group; None where this process may not make one."""
    own = own_group()
    if own is None:
        yield None
        return
    folder = own / f"bench-{os.getpid()}-{time.monotonic_ns()}"
    folder.mkdir()
    try:
        yield CpuGroup(folder)
    finally:
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):  # the kernel still takes its last process apart
                folder.rmdir()
                break
            time.sleep(0.01)


@functools.cache
def own_group() -> Path | None:
    """This process's group, where groups can be made in it."""
    try:
        mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
        (path,) = [line[3:] for line in Path("/proc/self/cgroup").read_text().splitlines() if line.startswith("0::")]
        (mount,) = [fields[1] for fields in mounts if fields[2] == "cgroup2"]
        folder = Path(mount + path)
        trial = folder / f"bench-{os.getpid()}"
        trial.mkdir()
        counts = (trial / "cpu.stat").exists() and os.access(folder / "cgroup.procs", os.W_OK)
        trial.rmdir()
    except (OSError, ValueError):
        return None
    return folder if counts else None
