"""Points at which a process can be told to kill itself, to see what its sudden end leaves; off unless asked for.

`SUPERVISOR_FAILPOINTS=store.before_commit=3` has every process that inherits the variable end by SIGKILL as it reaches
that point for the third time. Several are separated by commas; `*` is any point.
"""

from __future__ import annotations

import os
import signal
import threading

from supervisor.errors import UsageError

VARIABLE = "SUPERVISOR_FAILPOINTS"
POINTS = (
    "daemon.asked_to_end",
    "daemon.before_end",
    "daemon.before_ready",
    "daemon.before_start",
    "daemon.ready",
    "daemon.started",
    "fresh.before_move",
    "fresh.moved",
    "hold.before_release",
    "hold.note_removed",
    "hold.noted",
    "hold.taken",
    "main_file.before_folder_sync",
    "main_file.before_rename",
    "main_file.before_sync",
    "main_file.before_write",
    "main_file.synced",
    "progress_log.before_write",
    "progress_log.written",
    "receipt.before_write",
    "receipt.written",
    "recovery.before_kill",
    "recovery.killed",
    "session.before_end",
    "session.before_spawn",
    "session.ended",
    "session.spawned",
    "sign_in.before_rename",
    "sign_in.before_write",
    "sign_in.renamed",
    "spawner.before_fork",
    "spawner.before_kill",
    "spawner.before_kill_all",
    "spawner.before_start",
    "spawner.forked",
    "spawner.reaped",
    "spawner.replied",
    "spawner.started",
    "store.before_commit",
    "store.before_ring",
    "store.committed",
    "store.rung",
    "transcript.before_write",
    "transcript.written",
    "worker.answered",
    "worker.asked",
    "worker.before_kill",
    "worker.before_start",
    "worker.started",
    "workspace.before_make",
    "workspace.before_remove",
    "workspace.made",
    "workspace.removed",
    "workspace.written",
)
"""All that work on a job passes: before and after each thing that changes something."""
REPAIR_POINTS = (
    "repair.copied",
    "repair.before_main_file",
    "repair.before_store",
    "repair.store_made",
    "repair.log_removed",
    "repair.store_mended",
    "repair.before_commit",
    "repair.done",
)
"""Those of `doctor --repair`."""
ANY = "*"

_armed = VARIABLE in os.environ
_left: dict[str, int] | None = None
"""Point to how often it is still passed, the last time included."""


def reached(name: str) -> None:
    """Say that this process is at a point; it may be its end."""
    if _armed:
        _pass(name)


def _pass(name: str) -> None:
    global _left  # noqa: PLW0603 - what a process was asked for is read once
    if _left is None:
        _left = _read(os.environ[VARIABLE])
    if name not in (*POINTS, *REPAIR_POINTS):
        raise UsageError(f"the failpoint {name!r} is not registered", where=__name__)
    for asked in (name, ANY):
        if asked in _left:
            _left[asked] -= 1
            if _left[asked] == 0:
                os.write(2, f"failpoint {name}: killed in {threading.current_thread().name}\n".encode())
                os.kill(os.getpid(), signal.SIGKILL)


def _read(text: str) -> dict[str, int]:
    asked: dict[str, int] = {}
    for part in filter(None, text.split(",")):
        name, _, count = part.partition("=")
        if name not in (*POINTS, *REPAIR_POINTS, ANY) or not count.isdecimal() or int(count) == 0:
            raise UsageError(
                f"{part!r} names no failpoint and how often it is reached",
                where=VARIABLE,
                remedy=f"Write it as store.before_commit=3; there are: {', '.join((*POINTS, *REPAIR_POINTS))}.",
            )
        asked[name] = int(count)
    return asked
