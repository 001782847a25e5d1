"""Processes of a project, as /proc shows them."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

from supervisor.host.process_tree import start_ticks

_PATIENCE_S = 10.0
_PAUSE_S = 0.02


def of_project(root: Path) -> list[int]:
    """Every process that works in the project's folder, or names it in its arguments or environment."""
    inside = f"{root}/".encode()
    found: list[int] = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        try:
            folder = os.readlink(f"/proc/{entry}/cwd").encode() + b"/"
            words = Path(f"/proc/{entry}/cmdline").read_bytes() + Path(f"/proc/{entry}/environ").read_bytes()
        except OSError:
            continue
        names_it = inside in words or inside[:-1] + b"\0" in words
        if (names_it or folder.startswith(inside)) and alive(int(entry)):
            found.append(int(entry))
    return found


def left(root: Path) -> list[str]:
    """What does not end by itself within a moment, as its commands; it is ended."""
    deadline = time.monotonic() + _PATIENCE_S
    while (found := of_project(root)) and time.monotonic() < deadline:
        time.sleep(_PAUSE_S)
    commands = [f"{pid} {command(pid)}" for pid in found]
    for pid in found:
        send(pid, signal.SIGKILL)
    return commands


def described(root: Path) -> str:
    """The project's processes for people."""
    return "; ".join(f"{pid} {command(pid)}" for pid in of_project(root))


def daemons(root: Path) -> list[int]:
    """Background processes of the project."""
    wanted = f" -m supervisor daemon --project {root} "
    return [
        int(entry)
        for entry in os.listdir("/proc")
        if entry.isdigit() and wanted in f" {command(int(entry))} " and alive(int(entry))
    ]


def holder(state: Path) -> int | None:
    """The process that works on the project, by its own note."""
    try:
        noted = json.loads((state / "supervisor.json").read_text())
    except (OSError, ValueError):
        return None
    pid: int = noted["pid"]
    return pid if start_ticks(pid) == noted["started_ticks"] else None  # else the pid is somebody else's by now


def below(pid: int, word: str) -> list[int]:
    """Children of a process with a word in their command."""
    found: list[int] = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            found += [int(child) for child in Path(f"/proc/{pid}/task/{task}/children").read_text().split()]
    except OSError:
        return []
    return [child for child in found if word in command(child)]


def alive(pid: int) -> bool:
    """Whether a process still runs."""
    return start_ticks(pid) is not None


def send(pid: int, number: signal.Signals) -> bool:
    """Signal a process; False where it is gone."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def stop(pid: int) -> None:
    """Stop a process, and return when it has stopped."""
    if not send(pid, signal.SIGSTOP):
        return
    deadline = time.monotonic() + _PATIENCE_S
    while (state := _state(pid)) not in ("T", "") and time.monotonic() < deadline:
        time.sleep(_PAUSE_S / 20)
    assert state in ("T", ""), state


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def command(pid: int) -> str:
    """Its words."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
    except OSError:
        return ""
