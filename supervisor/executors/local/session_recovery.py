"""What a dead supervisor left: its sessions are ended, and what they had finished is taken in."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path

from supervisor.agents.cli_driver import CliDriver
from supervisor.agents.output_parser import OutputParser
from supervisor.failpoints import reached
from supervisor.host import process_tree
from supervisor.host.cgroups import end_groups
from supervisor.host.durable_files import last_change
from supervisor.model.agent_report import AgentReport
from supervisor.model.session import SessionResult
from supervisor.project.project import Project
from supervisor.store.tables.attempts import Attempt
from supervisor.text.strict_json import JsonRefused, parse_strict
from supervisor.workspaces.empty_folder import Workspace
from supervisor.workspaces.transcript_reader import lines_of
from supervisor.workspaces.untrusted_file import read_untrusted_file

_PATIENCE_S = 10.0


def end_stale_sessions(project: Project, left: list[Attempt]) -> int:
    """End every process that sessions of this project left behind; how many there were.

    A process is known by its pid together with its start time, and by whose it is: a reused pid is never touched, nor
    a session of the project that this one was copied from.
    """
    addresses = [each.handle.address for each in left if each.handle is not None and each.handle.executor == "local"]
    doomed = {
        address["pid"]
        for address in addresses
        if isinstance(address.get("pid"), int)
        and process_tree.start_ticks(address["pid"]) == address.get("started_ticks")
        and process_tree.belongs(address["pid"], project.key, project.sessions)
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


def result_of(project: Project, attempt: Attempt, agents: Mapping[str, CliDriver]) -> SessionResult:
    """What came of a session that nobody waited for: its output where that is whole, and what it cost."""
    return SessionResult(
        ending="exited",
        output=_whole_output(project, attempt, project.settings.max_output_bytes),
        heard=_heard(project, attempt, agents),
        duration_s=_duration_s(project, attempt),
        output_complete_at=time.time(),
    )


def _heard(project: Project, attempt: Attempt, agents: Mapping[str, CliDriver]) -> AgentReport:
    """What the session printed and left in its home says, of an agent that is still known."""
    agent = agents.get(attempt.agent)
    if agent is None:
        return AgentReport()
    parser = agent.parser()
    workspace = Workspace(project.sessions, attempt.name)
    replay_transcript(workspace.transcript, parser, project.settings.max_transcript_bytes)
    agent.parse_files(workspace.home, parser)
    agent.reclaim_credentials(workspace.paths(project.root, ""))
    return parser.heard.model_copy(update={"usage": agent.priced(parser.heard.usage), "trouble": None})


def _duration_s(project: Project, attempt: Attempt) -> float:
    """Seconds from the session's start to the last that is seen of it."""
    workspace = Workspace(project.sessions, attempt.name)
    seen = [at for path in (workspace.transcript, workspace.path) if (at := last_change(path)) is not None]
    return max(0.0, max(seen, default=0.0) - attempt.started_at)


def _whole_output(project: Project, attempt: Attempt, max_bytes: int) -> bytes | None:
    workspace = Workspace(project.sessions, attempt.name)
    for path in sorted(workspace.path.glob(f"phase{attempt.phase}_batch_*.json")):
        data = read_untrusted_file(path, max_bytes)
        if isinstance(data, bytes):
            with contextlib.suppress(JsonRefused):
                parse_strict(data)
                return data
    return None


def replay_transcript(path: Path, parser: OutputParser, max_bytes: int) -> None:
    """Have a kept transcript heard, of a session whose supervisor died before it could be."""
    try:
        with open(path, "rb") as file:
            data = file.read(max_bytes)
    except OSError:
        return
    for line in lines_of(data):
        parser.feed_line(line)
