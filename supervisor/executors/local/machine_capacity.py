"""How many sessions at once this machine has room for, found out before any is started."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from supervisor.host import fd_limit
from supervisor.host.cgroups import process_limit

_OWN_PROCESSES = 4
"""The spawner, a code worker with its thread, the thread that writes main files."""
_PROCESSES_A_SESSION, _IN_BUBBLEWRAP = 1, 3
"""At least: an agent may start more."""
_RESERVED_PIDS = 300
"""Numbers of processes that the system never gives again."""
_NAME_SPACES = ("cgroup", "ipc", "mnt", "pid", "user", "uts")
"""What bubblewrap makes one of for each session."""
_PROC_SYS = Path("/proc/sys")


class CapacityLimit(NamedTuple):
    """Something that the system has a limited number of."""

    name: str
    allowed: str
    """The limit, in words."""
    sessions: int
    """How many sessions at once there is room for."""
    remedy: str
    """What makes room for as many as are wanted."""

    def shortage(self, wanted: int) -> str:
        """Why there are fewer sessions than wanted, and what to do about it, on one line."""
        fewer = f"{self.sessions} session{'' if self.sessions == 1 else 's'}"
        return f"{fewer} at once, not {wanted}: {self.allowed}; {self.remedy}"


def limits(wanted: int, ours: int = 0, *, wrapped: bool) -> Iterator[CapacityLimit]:
    """What limits the number of sessions here, of which `ours` run already; `wrapped`: each is in a sandbox."""
    yield _open_files(wanted)
    yield from _terminals(wanted, ours)
    yield from _processes(wanted, ours, _IN_BUBBLEWRAP if wrapped else _PROCESSES_A_SESSION)
    if wrapped:
        yield from _name_spaces(wanted)


def watches(wanted: int) -> CapacityLimit | None:
    """For how many sessions there can be file events; None where the system has none."""
    known = [_number(name) for name in ("fs/inotify/max_user_watches", "user/max_inotify_watches")]
    found = [number for number in known if number is not None]
    if not found:
        return None
    remedy = f"`sysctl fs.inotify.max_user_watches={2 * wanted} user.max_inotify_watches={2 * wanted}` makes room"
    return CapacityLimit(
        "inotify watches", f"{min(found)} inotify watches for this user", max(0, min(found) - 1), remedy
    )


def _open_files(wanted: int) -> CapacityLimit:
    allowed, needed = fd_limit.hard_limit(), fd_limit.needed(wanted)
    return CapacityLimit(
        "open files",
        f"{allowed} open files for one process (hard limit)",
        max(0, allowed - fd_limit.OWN) // fd_limit.OF_A_SESSION,
        f"`ulimit -n {needed}` as root before it starts, or `LimitNOFILE={needed}` for systemd, makes room",
    )


def _terminals(wanted: int, ours: int) -> Iterator[CapacityLimit]:
    """Terminals of the whole machine; some are kept for those that are not in a container, where this may be one."""
    most, taken = _number("kernel/pty/max"), _number("kernel/pty/nr")
    if most is None or taken is None:
        return
    reserved = _number("kernel/pty/reserve") or 0
    remedy = f"`sysctl kernel.pty.max={taken + reserved + wanted}` makes room"
    yield CapacityLimit(
        "terminals",
        f"{most} terminals on this machine, {reserved} reserved, {taken} taken",
        max(0, most - reserved - taken) + ours,
        remedy,
    )


def _processes(wanted: int, ours: int, each: int) -> Iterator[CapacityLimit]:
    needed = _OWN_PROCESSES + each * wanted

    def limit(allowed: str, room: int, remedy: str) -> CapacityLimit:
        return CapacityLimit("processes", allowed, max(0, room - _OWN_PROCESSES) // each + ours, f"{remedy} makes room")

    group = process_limit()
    if group is not None:
        remedy = f"`TasksMax={group[1] + needed}` for systemd, or a higher `pids.max` of the group,"
        yield limit(f"{group[0]} processes in this control group, {group[1]} run", group[0] - group[1], remedy)
    running = _running()
    for name in ("pid_max", "threads-max"):
        most = _number(f"kernel/{name}")
        if most is not None and running is not None:
            remedy = f"`sysctl kernel.{name}={2 * (running + needed + _RESERVED_PIDS)}`"
            yield limit(f"kernel.{name} is {most}, {running} processes run", most - _RESERVED_PIDS - running, remedy)
    most, _ = resource.getrlimit(resource.RLIMIT_NPROC)
    if most != resource.RLIM_INFINITY and os.getuid() != 0:  # root's are not counted
        taken = _of_user(os.getuid())
        remedy = f"`ulimit -u {taken + needed}`, or `LimitNPROC={taken + needed}` for systemd,"
        yield limit(f"{most} processes for this user, {taken} run", most - taken, remedy)


def _name_spaces(wanted: int) -> Iterator[CapacityLimit]:
    for kind in _NAME_SPACES:
        most = _number(f"user/max_{kind}_namespaces")
        if most is not None:
            remedy = f"`sysctl user.max_{kind}_namespaces={2 * wanted}` makes room"
            yield CapacityLimit("name spaces of sandboxes", f"user.max_{kind}_namespaces is {most}", most, remedy)


def _running() -> int | None:
    """Processes and threads on this machine."""
    try:
        return int(Path("/proc/loadavg").read_text(encoding="ascii").split()[3].partition("/")[2])
    except OSError:
        return None


def _of_user(user: int) -> int:
    """Processes and threads of a user."""
    found = 0
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            found += len(os.listdir(f"/proc/{name}/task")) if os.stat(f"/proc/{name}").st_uid == user else 0
        except OSError:
            continue  # it ended meanwhile
    return found


def _number(name: str) -> int | None:
    try:
        return int((_PROC_SYS / name).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
