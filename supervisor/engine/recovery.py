"""What a dead supervisor left: its sessions are ended, and what they had finished is taken in."""

from __future__ import annotations

import contextlib
import os
import signal
import time

from supervisor.content.project import Project
from supervisor.engine.journal import Journal
from supervisor.model.session import SessionResult
from supervisor.model.strict_json import JsonRefused, parse_strict
from supervisor.sessions import process_tree
from supervisor.sessions.safe_read import read_output
from supervisor.sessions.workspace import Workspace
from supervisor.store import attempts
from supervisor.store.attempts import Attempt

_PATIENCE_S = 10.0


def end_stale_sessions(project: Project, left: list[Attempt]) -> int:
    """End every process that sessions of this project left behind; how many there were.

    A process is known by its pid together with its start time, and by whose it is: a reused pid is never touched, nor
    a session of the project that this one was copied from.
    """
    doomed = {
        attempt.pid
        for attempt in left
        if attempt.pid is not None
        and process_tree.start_ticks(attempt.pid) == attempt.started_ticks
        and process_tree.belongs(attempt.pid, project.key, project.sessions)
    }
    for pid in list(doomed):
        doomed.update(process_tree.descendants(pid))
    doomed.update(pid for pid, _ in process_tree.marked_processes(project.key))
    doomed.discard(os.getpid())
    for pid in doomed:
        process_tree.send(pid, signal.SIGKILL)
    deadline = time.monotonic() + _PATIENCE_S
    for pid in doomed:
        while process_tree.start_ticks(pid) is not None and time.monotonic() < deadline:
            time.sleep(0.01)
    return len(doomed)


def take_in(project: Project, journal: Journal, job: int, max_bytes: int) -> dict[int, tuple[Attempt, SessionResult]]:
    """Batch id to attempt and output, for every session of the job that was cut off with a whole output written.

    The other cut-off sessions are noted as interrupted, which does not count as an attempt.
    """
    captured: dict[int, tuple[Attempt, SessionResult]] = {}
    for attempt in attempts.unfinished(journal.database, job):
        output = _whole_output(project, attempt, max_bytes)
        if output is not None and attempt.batch not in captured and _current(journal, attempt):
            captured[attempt.batch] = (
                attempt,
                SessionResult(ending="output", output=output, output_complete_at=time.time()),
            )
            continue
        if attempt.outcome == "unjudged" and not _current(journal, attempt):
            continue  # its validator failed: the output is kept until its items are released
        with journal.transaction():
            attempts.finish(journal.database, attempt.id, "interrupted", counted=False)
    return captured


def _whole_output(project: Project, attempt: Attempt, max_bytes: int) -> bytes | None:
    workspace = Workspace(project.sessions, attempt.name)
    for path in sorted(workspace.path.glob(f"phase{attempt.phase}_batch_*.json")):
        data = read_output(path, max_bytes)
        if isinstance(data, bytes):
            with contextlib.suppress(JsonRefused):
                parse_strict(data)
                return data
    return None


def _current(journal: Journal, attempt: Attempt) -> bool:
    """Whether the attempt's batch still waits for these items."""
    return bool(
        journal.database.value(
            "SELECT EXISTS (SELECT 1 FROM batches WHERE id = ? AND status IN ('waiting', 'running'))", (attempt.batch,)
        )
    )
