"""What a dead supervisor left: its sessions are ended, and what they had finished is taken in."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Mapping

from supervisor.agents.base import Agent
from supervisor.content.project import Project
from supervisor.engine.journal import Journal
from supervisor.failpoints import reached
from supervisor.model.session import Heard, SessionResult
from supervisor.model.strict_json import JsonRefused, parse_strict
from supervisor.sessions import process_tree
from supervisor.sessions.cgroups import end_groups
from supervisor.sessions.output_watch import last_change
from supervisor.sessions.safe_read import read_output
from supervisor.sessions.transcript import hear_again
from supervisor.sessions.workspace import Workspace
from supervisor.store import attempts
from supervisor.store.attempts import Attempt

Captured = tuple[Attempt, SessionResult]
"""A session that was cut off with a whole output written, and what came of it."""
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
        reached("recovery.before_kill")
        process_tree.send(pid, signal.SIGKILL)
        reached("recovery.killed")
    deadline = time.monotonic() + _PATIENCE_S
    for pid in doomed:
        while process_tree.start_ticks(pid) is not None and time.monotonic() < deadline:
            time.sleep(0.01)
    end_groups(f"{project.key}-job")
    return len(doomed)


def take_in(project: Project, journal: Journal, job: int, agents: Mapping[str, Agent]) -> dict[int, list[Captured]]:
    """Batch id to attempts and outputs, for every session of the job that was cut off with a whole output written.

    The other cut-off sessions are noted as interrupted, which does not count as an attempt. What they cost is taken
    from their transcripts and homes.
    """
    captured: dict[int, list[Captured]] = {}
    for attempt in attempts.unfinished(journal.database, job):
        result = result_of(project, attempt, agents)
        waits = _current(journal, attempt)
        with journal.transaction():
            if waits and result.output is not None:
                attempts.note_session(journal.database, attempt.id, result)
                captured.setdefault(attempt.batch, []).append((attempt, result))
            elif waits or attempt.outcome != "unjudged":  # else its validator failed: it is kept until it is mended
                attempts.finish(journal.database, attempt.id, "interrupted", counted=False, result=result)
    return captured


def result_of(project: Project, attempt: Attempt, agents: Mapping[str, Agent]) -> SessionResult:
    """What came of a session that nobody waited for: its output where that is whole, and what it cost."""
    return SessionResult(
        ending="exited",
        output=_whole_output(project, attempt, project.settings.max_output_bytes),
        heard=_heard(project, attempt, agents),
        duration_s=_duration_s(project, attempt),
        output_complete_at=time.time(),
    )


def _heard(project: Project, attempt: Attempt, agents: Mapping[str, Agent]) -> Heard:
    """What the session printed and left in its home says, of an agent that is still known."""
    agent = agents.get(attempt.agent)
    if agent is None:
        return Heard()
    listener = agent.listen()
    workspace = Workspace(project.sessions, attempt.name)
    hear_again(workspace.transcript, listener, project.settings.max_transcript_bytes)
    agent.hear_files(workspace.home, listener)
    agent.take_back(workspace.paths(project.root, ""))
    return listener.heard.model_copy(update={"usage": agent.priced(listener.heard.usage), "trouble": None})


def _duration_s(project: Project, attempt: Attempt) -> float:
    """Seconds from the session's start to the last that is seen of it."""
    workspace = Workspace(project.sessions, attempt.name)
    seen = [at for path in (workspace.transcript, workspace.path) if (at := last_change(path)) is not None]
    return max(0.0, max(seen, default=0.0) - attempt.started_at)


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
