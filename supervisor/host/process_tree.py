"""Processes and their descendants: who they are, whose they are, and ending all of them."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from pathlib import Path

SESSION_VARIABLE = "SUPERVISOR_SESSION"
"""Stands in the environment of every session's processes: `<project key>/<session name>`."""

_PR_SET_CHILD_SUBREAPER = 36
_PROC = Path("/proc")
HAS_PROC = (_PROC / "self" / "stat").exists()


def become_subreaper() -> bool:
    """Have orphaned descendants handed to this process (Linux, prctl(2)); False where that cannot be had."""
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    return int(libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)) == 0


def children(pid: int) -> list[int]:
    """Pids of the direct children of a process; empty where it is gone."""
    if not HAS_PROC:
        return _portable_children(pid)
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{task}/children", "rb") as file:
                found.extend(int(word) for word in file.read().split())
    return found


def descendants(pid: int) -> list[int]:
    """Pids below a process, parents before their children; the process itself is not among them."""
    found: list[int] = []
    level = [pid]
    while level:
        level = [child for parent in level for child in children(parent)]
        found.extend(level)
    return found


def start_ticks(pid: int) -> int | None:
    """When the process started, in the system's own unit: with the pid it names one process for good. None: gone."""
    if not HAS_PROC:
        return _portable_start(pid)
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    return None if fields[0] in (b"Z", b"X") else int(fields[19])


def session_mark(pid: int) -> str | None:
    """The session that a process belongs to by its environment; None where it names none or cannot be read."""
    prefix = f"{SESSION_VARIABLE}=".encode()
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            for entry in file.read().split(b"\0"):
                if entry.startswith(prefix):
                    return entry[len(prefix) :].decode("utf-8", "replace")
    except OSError:
        return None
    return None


def belongs(pid: int, project_key: str, sessions: Path) -> bool:
    """Whether a process is a session of this project: by its mark, or, where it hides that, by where it works.

    One of a project that was moved has the mark of the old place, and works in the new one.
    """
    if not HAS_PROC:
        return True
    mark = session_mark(pid)
    if mark is not None and mark.startswith(f"{project_key}/"):
        return True
    try:
        return Path(os.readlink(f"/proc/{pid}/cwd")).is_relative_to(sessions)
    except OSError:
        return False


def marked_processes(project_key: str) -> list[tuple[int, str]]:
    """`(pid, session name)` of every process on this machine that a session of the project left."""
    found: list[tuple[int, str]] = []
    if not HAS_PROC:
        return found
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            mark = session_mark(int(entry))
            if mark is not None and mark.startswith(f"{project_key}/"):
                found.append((int(entry), mark.partition("/")[2]))
    return found


def send(pid: int, number: signal.Signals) -> bool:
    """Signal one process; False where it is gone."""
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def send_to_group(leader: int, number: signal.Signals) -> None:
    """Signal the process group of a session leader, and what below it made groups of its own."""
    below = descendants(leader)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)
    for pid in below:
        send(pid, number)


def _portable_children(pid: int) -> list[int]:
    import psutil

    try:
        return [child.pid for child in psutil.Process(pid).children()]
    except psutil.Error:
        return []


def _portable_start(pid: int) -> int | None:
    import psutil

    try:
        return int(psutil.Process(pid).create_time() * 1000)
    except psutil.Error:
        return None
