"""What runs on this machine, read from /proc: who belongs to a project, and whether somebody is still there."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import NamedTuple

from tests.support.waiting import until


class Process(NamedTuple):
    """One process for good: a pid alone is used again."""

    pid: int
    started: str
    command: str

    @property
    def lives(self) -> bool:
        """Whether it still runs; one that ended and was not yet waited for does not."""
        return _started(self.pid) == self.started


def process(pid: int) -> Process:
    """The process that has this pid now."""
    started = _started(pid)
    assert started is not None, f"process {pid} is gone"
    return Process(pid, started, _command(pid))


def of_project(root: Path) -> list[Process]:
    """Every process that has to do with a project: works in its folder, or names it in its arguments or environment.

    The marks of sessions (SUPERVISOR_SESSION, SUPERVISOR_WORKSPACE) stand in the environment. The process that asks
    is left out.
    """
    found: list[Process] = []
    inside = str(root)
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        pid = int(entry)
        started = _started(pid)
        if started is None:
            continue
        try:
            folder = os.readlink(f"/proc/{pid}/cwd")
            environment = Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            continue
        command = _command(pid)
        at_home = folder == inside or folder.startswith(f"{inside}/")
        if at_home or _names(command, inside) or _names(environment.decode("utf-8", "replace"), inside):
            found.append(Process(pid, started, command))
    return found


def named(word: str) -> list[Process]:
    """Every process in whose arguments a word stands."""
    pids = [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]
    return [
        Process(pid, started, _command(pid)) for pid in pids if word in _command(pid) and (started := _started(pid))
    ]


def below(pid: int) -> list[Process]:
    """Children of a process, and theirs."""
    found: list[Process] = []
    level = [pid]
    while level:
        level = [child for parent in level for child in _children(parent)]
        found.extend(Process(child, _started(child) or "", _command(child)) for child in level)
    return found


def spawner_of(supervisor: int) -> Process:
    """The process that forks a supervisor's sessions."""
    return until(lambda: _first(below(supervisor), "supervisor.executors.local.terminal.spawner"), "a spawner")


def workers_of(supervisor: int) -> list[Process]:
    """The processes that run a project's own code for a supervisor."""
    return [each for each in below(supervisor) if "supervisor.project_code.code_worker" in each.command]


def none_left(root: Path) -> None:
    """Wait until no process of the project is left; where some stay it fails with their commands, and ends them."""
    try:
        until(lambda: not of_project(root), "")
    except AssertionError:
        left = of_project(root)
        for each in left:
            os.kill(each.pid, signal.SIGKILL)
        told = "\n".join(f"  {each.pid}: {each.command}" for each in left)
        raise AssertionError(f"processes of {root} are left:\n{told}") from None


def _first(found: list[Process], word: str) -> Process | None:
    return next((each for each in found if word in each.command), None)


def _names(text: str, folder: str) -> bool:
    return f"{folder}/" in text or text.endswith(folder) or f"{folder}\0" in text or f"{folder} " in text


def _children(pid: int) -> list[int]:
    found: list[int] = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            found.extend(int(word) for word in Path(f"/proc/{pid}/task/{task}/children").read_text().split())
    except OSError:
        return found
    return found


def _started(pid: int) -> str | None:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in ("Z", "X") else fields[19]


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
    except OSError:
        return ""
