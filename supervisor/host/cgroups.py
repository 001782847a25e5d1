"""Control groups of Linux, where this process may make some: limits for all processes of a session together."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from supervisor.failpoints import reached
from supervisor.model.isolation import Limits

_MOUNTS = Path("/proc/self/mounts")
_OWN = Path("/proc/self/cgroup")
_CONTROLLERS = ("memory", "pids")
_PATIENCE_S = 2.0
_PREFIX = "supervisor-"


class Cgroup:
    """The groups of one session, one for each hierarchy."""

    def __init__(self, folders: tuple[Path, ...]) -> None:
        self._folders = folders

    @property
    def members_files(self) -> list[str]:
        """Files that a process writes its pid into to become a member."""
        return [str(folder / "cgroup.procs") for folder in self._folders]

    def end(self) -> None:
        """End every process that is left in it, and take it away."""
        deadline = time.monotonic() + _PATIENCE_S
        for folder in self._folders:
            reached("cgroup.before_remove")
            while time.monotonic() < deadline:
                for pid in _members(folder):
                    with contextlib.suppress(ProcessLookupError, PermissionError):
                        os.kill(pid, signal.SIGKILL)
                try:
                    folder.rmdir()
                except FileNotFoundError:
                    break
                except OSError:  # the kernel still takes its last process apart
                    time.sleep(0.001)
                else:
                    reached("cgroup.removed")
                    break


def make_cgroup(name: str, limits: Limits) -> Cgroup | None:
    """Groups for a session with its limits; None where none are asked for, or this process may make none."""
    wanted = {"memory": limits.memory, "pids": limits.processes}
    if not any(wanted.values()) or not hierarchies():
        return None
    made: list[Path] = []
    try:
        for controllers, parent in hierarchies().items():
            folder = parent / f"{_PREFIX}{name}"
            reached("cgroup.before_make")
            folder.mkdir()
            reached("cgroup.made")
            made.append(folder)
            for controller in controllers:
                value = wanted[controller]
                if value:
                    (folder / _limit_file(folder, controller)).write_text(str(value))
    except OSError:
        Cgroup(tuple(made)).end()
        return None
    return Cgroup(tuple(made))


def end_groups(beginning: str) -> None:
    """End the groups whose names begin so, which a dead supervisor left."""
    found = [folder for parent in hierarchies().values() for folder in parent.glob(f"{_PREFIX}{beginning}*")]
    Cgroup(tuple(found)).end()


@functools.cache
def hierarchies() -> dict[tuple[str, ...], Path]:
    """Controllers to the folder in which this process can make groups with them; empty where it cannot."""
    found: dict[tuple[str, ...], Path] = {}
    for controllers, folder in _candidates():
        trial = folder / f"{_PREFIX}{os.getpid()}-trial"
        try:
            trial.mkdir()
        except OSError:
            continue
        if all((trial / _limit_file(trial, controller)).exists() for controller in controllers):
            found[controllers] = folder
        trial.rmdir()
    return found if {name for names in found for name in names} == set(_CONTROLLERS) else {}


def process_limit() -> tuple[int, int] | None:
    """How many processes and threads may run, and how many do, in that of the own group and those above it which
    has the least room; None where no limit is set."""
    try:
        own = dict(_own_group(line) for line in _OWN.read_text().splitlines())
        mounts = [line.split() for line in _MOUNTS.read_text().splitlines()]
    except OSError:
        return None
    found: list[tuple[int, int]] = []
    for _, folder, kind, options, *_ in mounts:
        if kind == "cgroup2":
            group = own.get("")
        else:
            group = own.get("pids") if kind == "cgroup" and "pids" in options.split(",") else None
        if group is None:
            continue
        for above in (Path(folder + group), *Path(folder + group).parents):
            with contextlib.suppress(OSError, ValueError):  # there is no file at the top, and "max" is no number
                most = int((above / "pids.max").read_text())
                found.append((most, int((above / "pids.current").read_text())))
    return min(found, key=lambda group: group[0] - group[1], default=None)


def _candidates() -> Iterator[tuple[tuple[str, ...], Path]]:
    """Controllers, and the own group in their hierarchy: of version 2 one for all, of version 1 one for each."""
    try:
        own = dict(_own_group(line) for line in _OWN.read_text().splitlines())
        mounts = [line.split() for line in _MOUNTS.read_text().splitlines()]
    except OSError:
        return
    for _, folder, kind, options, *_ in mounts:
        if kind == "cgroup2" and "" in own:
            group = Path(folder + own[""])
            with contextlib.suppress(OSError):
                if set(_CONTROLLERS) <= set((group / "cgroup.controllers").read_text().split()):
                    (group / "cgroup.subtree_control").write_text("+memory +pids")
                    yield _CONTROLLERS, group
                    return
        elif kind == "cgroup":
            for controller in set(_CONTROLLERS) & set(options.split(",")):
                yield (controller,), Path(folder + own.get(controller, "/"))


def _own_group(line: str) -> tuple[str, str]:
    """`5:memory:/a/b` as name and path; version 2 has no name."""
    _, names, path = line.split(":", 2)
    return next((name for name in names.split(",") if name in _CONTROLLERS), names), path.rstrip("/")


def _limit_file(folder: Path, controller: str) -> str:
    if controller == "pids":
        return "pids.max"
    return "memory.max" if (folder / "memory.max").exists() else "memory.limit_in_bytes"


def _members(folder: Path) -> list[int]:
    try:
        return [int(word) for word in (folder / "cgroup.procs").read_text().split()]
    except OSError:
        return []
