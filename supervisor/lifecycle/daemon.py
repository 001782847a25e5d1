"""The background process of a project, started on demand or by systemd: it works on queued jobs."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from sdnotify import SystemdNotifier

from supervisor.engine.events.progress_log import log_to_stderr_only_faults
from supervisor.engine.supervisor import Supervisor
from supervisor.errors import CannotContinue, ProjectLocked
from supervisor.failpoints import reached
from supervisor.host import process_tree
from supervisor.host.durable_files import make_folder
from supervisor.host.own_module import module_command, module_environment
from supervisor.model.job import Job
from supervisor.project.project import Project
from supervisor.project.project_lock import LockOwner, ProjectLock, lock_owner, locked_error
from supervisor.store.database import open_store
from supervisor.store.tables import jobs

LINGER_S = 0.5
"""Seconds that a daemon started on demand waits for more to do before it ends."""
_START_TRIES = 50
_START_PAUSE_S = 0.1


def serve(project: Project, *, stay: bool, ready: int | None = None) -> int:
    """Work on queued jobs in this process until SIGTERM, or, unless it is to `stay`, until nothing is left to do.

    `ready` is a descriptor to which a line is written once the project is held. Returns the exit status: 3 where work
    is left that can be resumed, else 0.
    """
    while True:
        left = asyncio.run(_serve(project, stay=stay, ready=ready))
        ready = None
        # A job may have been queued after the last look and before the project was let go.
        if left != 0 or stay or not _queued(project):
            return left


async def _serve(project: Project, *, stay: bool, ready: int | None) -> int:
    log_to_stderr_only_faults()
    notifier = SystemdNotifier()
    with ProjectLock(project, "daemon"):
        async with Supervisor(project) as supervisor:
            notifier.notify("READY=1")
            if ready is not None:
                reached("daemon.before_ready")
                with suppress(BrokenPipeError):  # who started it is gone; its job is queued all the same
                    os.write(ready, b"ready\n")
                reached("daemon.ready")
                os.close(ready)
            await supervisor.serve(linger_s=None if stay else LINGER_S)
            notifier.notify("STOPPING=1")
            return 3 if supervisor.stopped_early else 0


def ensure(project: Project) -> LockOwner:
    """The project's daemon, started in the background where there is none; CannotContinue where it cannot be had."""
    make_folder(project.state)
    log = project.state / "daemon.log"
    for _ in range(_START_TRIES):
        found = lock_owner(project)
        if found is not None:
            if found.kind != "daemon":
                raise locked_error(project)
            return found
        status = _start(project, log)
        if status is None and (started := lock_owner(project)) is not None:
            return started
        if status not in (None, ProjectLocked.exit_code):
            break
        time.sleep(_START_PAUSE_S)  # another command started one at the same moment
    raise CannotContinue(
        f"the daemon did not start: it ended with status {status}", where=str(log), remedy="That file says why."
    )


def _start(project: Project, log: Path) -> int | None:
    """Start a daemon; None once it holds the project, else the status that it ended with."""
    reached("daemon.before_start")
    reader, writer = os.pipe()
    with open(log, "ab") as output:
        process = subprocess.Popen(
            module_command("supervisor", "daemon", "--project", str(project.root), "--ready-fd", str(writer)),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=project.root,
            env=module_environment(),
            pass_fds=[writer],
            start_new_session=True,
        )
    reached("daemon.started")
    os.close(writer)
    with os.fdopen(reader, "rb") as answer:
        if answer.readline() == b"ready\n":
            return None
    return process.wait()


def live_in_daemon(project: Project, pipeline: str, target: str) -> Job | None:
    """The job of a pipeline and target, where a daemon works on it or is about to."""
    found = lock_owner(project)
    if found is None or found.kind != "daemon":
        return None
    database = open_store(project.store)
    try:
        job = jobs.live(database, pipeline, target)
    finally:
        database.close()
    return job if job is not None and job.goes_on else None


def end(project: Project, patience_s: float = 60.0) -> bool:
    """End the project's daemon, its sessions with it. False where there is none; CannotContinue where it stays."""
    found = lock_owner(project)
    if found is None or found.kind != "daemon":
        return False
    reached("daemon.before_end")
    with suppress(ProcessLookupError):
        os.kill(found.pid, signal.SIGTERM)
    reached("daemon.asked_to_end")
    deadline = time.monotonic() + patience_s
    while process_tree.start_ticks(found.pid) == found.started_ticks:
        if time.monotonic() > deadline:
            raise CannotContinue(
                f"the daemon, process {found.pid}, did not end within {patience_s:g} s",
                remedy=f"End it with `kill -9 {found.pid}`; nothing that is done is lost.",
            )
        time.sleep(0.05)
    return True


def _queued(project: Project) -> bool:
    database = open_store(project.store)
    try:
        return bool(jobs.with_status(database, "queued"))
    finally:
        database.close()
