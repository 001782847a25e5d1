"""Points at which a process can be told to kill itself, to see what its sudden end leaves; off unless asked for.

`SUPERVISOR_FAILPOINTS=store.before_commit=3` has every process that inherits the variable end by SIGKILL as it reaches
that point for the third time. Several are separated by commas; `*` is any point. With `?` none ends, and each names
every point that it passes, once, on its standard error.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

from supervisor.errors import UsageError

VARIABLE = "SUPERVISOR_FAILPOINTS"
POINTS = (
    "cgroup.before_make",
    "cgroup.before_remove",
    "cgroup.made",
    "cgroup.removed",
    "command.before_start",
    "command.ended",
    "daemon.asked_to_end",
    "daemon.before_end",
    "daemon.before_ready",
    "daemon.before_start",
    "daemon.ready",
    "daemon.started",
    "folder.before_make",
    "folder.before_sync",
    "folder.synced",
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
    "receipt.announced",
    "receipt.before_announce",
    "receipt.before_rename",
    "receipt.before_write",
    "receipt.written",
    "recovery.before_kill",
    "recovery.killed",
    "session.before_end",
    "session.before_kill",
    "session.before_spawn",
    "session.ended",
    "session.killed",
    "session.spawned",
    "sign_in.before_lend",
    "sign_in.before_remove",
    "sign_in.before_rename",
    "sign_in.before_sync",
    "sign_in.before_write",
    "sign_in.lent",
    "sign_in.removed",
    "sign_in.renamed",
    "spawner.asked",
    "spawner.before_ask",
    "spawner.before_fork",
    "spawner.before_kill",
    "spawner.before_kill_all",
    "spawner.before_start",
    "spawner.before_sweep",
    "spawner.end_noted",
    "spawner.forked",
    "spawner.killed",
    "spawner.killed_all",
    "spawner.noted",
    "spawner.reaped",
    "spawner.replied",
    "spawner.started",
    "spawner.swept",
    "store.before_close",
    "store.before_commit",
    "store.before_open",
    "store.before_ring",
    "store.closed",
    "store.committed",
    "store.opened",
    "store.rung",
    "terminal_drain.before_write",
    "terminal_drain.written",
    "transcript.before_write",
    "transcript.written",
    "worker.answered",
    "worker.asked",
    "worker.before_kill",
    "worker.before_start",
    "worker.killed",
    "worker.started",
    "workspace.before_make",
    "workspace.before_remove",
    "workspace.made",
    "workspace.prompt_written",
    "workspace.removed",
    "workspace.written",
)
"""All that work on a job passes: before and after each thing that changes something."""
REPAIR_POINTS = (
    "answers.before_remove",
    "answers.removed",
    "repair.before_commit",
    "repair.before_main_file",
    "repair.before_store",
    "repair.committed",
    "repair.copied",
    "repair.done",
    "repair.folded",
    "repair.log_removed",
    "repair.main_file_written",
    "repair.salvaged",
    "repair.store_made",
    "repair.store_mended",
)
"""Those of `doctor --repair`, and of the run that takes over what it found."""
INIT_POINTS = ("init.before_rename", "init.made", "init.renamed")
"""Those of `init`."""
WEBHOOK_POINTS = ("webhook.answered", "webhook.noted")
"""Those of the outbox: between a receiver's answer and what is written down of it, and after."""
ALL = frozenset((*POINTS, *REPAIR_POINTS, *INIT_POINTS, *WEBHOOK_POINTS))
ANY = "*"
TELL = "?"

_armed = VARIABLE in os.environ
_left: dict[str, int] | None = None
"""Point to how often it is still passed, the last time included."""
_told: set[str] = set()


def reached(name: str) -> None:
    """Say that this process is at a point; it may be its end."""
    if _armed:
        _pass(name)


def _pass(name: str) -> None:
    global _left  # noqa: PLW0603 - what a process was asked for is read once
    if _left is None:
        _left = _read(os.environ[VARIABLE])
    if name not in ALL:
        raise UsageError(f"the failpoint {name!r} is not registered", where=__name__)
    if TELL in _left and name not in _told:
        _told.add(name)
        _say(name, "passed")
    for asked in (name, ANY):
        if asked in _left:
            _left[asked] -= 1
            if _left[asked] == 0:
                _say(name, "killed")
                os.kill(os.getpid(), signal.SIGKILL)


def _say(name: str, what: str) -> None:
    program = Path(sys.argv[0]).stem
    who = sys.argv[1] if program == "__main__" and len(sys.argv) > 1 else program
    os.write(2, f"failpoint {name}: {what} {who} in {threading.current_thread().name}\n".encode())


def _read(text: str) -> dict[str, int]:
    if text == TELL:
        return {TELL: 1}
    asked: dict[str, int] = {}
    for part in filter(None, text.split(",")):
        name, _, count = part.partition("=")
        if name not in (*ALL, ANY) or not count.isdecimal() or int(count) == 0:
            raise UsageError(
                f"{part!r} names no failpoint and how often it is reached",
                where=VARIABLE,
                remedy=f"Write it as store.before_commit=3; there are: {', '.join(sorted(ALL))}.",
            )
        asked[name] = int(count)
    return asked
