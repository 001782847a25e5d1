"""What a dead supervisor left: its sessions are ended, and what they had written and printed is read."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError as ModelError

from supervisor.agents.cli_driver import CliDriver
from supervisor.agents.output_parser import OutputParser
from supervisor.executors.local.masked_report import masked_report
from supervisor.executors.local.terminal.redaction import Redactor
from supervisor.failpoints import reached
from supervisor.host import process_tree
from supervisor.host.cgroups import end_groups
from supervisor.host.durable_files import last_change
from supervisor.model.agent_report import AgentReport
from supervisor.model.frozen_model import FrozenModel
from supervisor.model.json_document import JsonDocument
from supervisor.model.session import OutputRejection, SessionResult
from supervisor.model.session_handle import SessionHandle
from supervisor.model.session_name import SESSION_NAME
from supervisor.project.project import Project
from supervisor.workspaces.transcript_reader import lines_of
from supervisor.workspaces.untrusted_file import read_untrusted_file
from supervisor.workspaces.workspace_provider import Workspace

_PATIENCE_S = 10.0
_LONGEST_NOTE_BYTES = 4096
_LAST_LINES = 20
_Note = TypeVar("_Note", bound=FrozenModel)


class ProcessNote(FrozenModel):
    """Which process a session is, as its spawner left it in the session's folder.

    A session that is not in a sandbox can write there too: it is believed only as far as the system bears it out.
    """

    pid: int
    started_ticks: int
    """Start time of the process as the system tells it, so that a reused pid is not taken for it."""
    spawner: int
    """Pid of the process that started it, and holds its terminal."""
    spawner_ticks: int | None
    mark: str
    """`<project key>/<session name>`, as in the environment of the process."""
    agent: str
    output: str
    """Name of the file that the agent was to write."""


class EndNote(FrozenModel):
    """That a session came to its end and was not cut off, as its spawner left it in the session's folder."""

    exit_status: int | None


def process_note(workspace: Workspace) -> ProcessNote | None:
    """What is noted of a session's process; None where nothing is: it never ran, or an older version ran it."""
    return _note(workspace.process_note, ProcessNote)


def _note(path: Path, model: type[_Note]) -> _Note | None:
    try:
        data = read_untrusted_file(path, _LONGEST_NOTE_BYTES)
        return None if isinstance(data, OutputRejection) else model.model_validate_json(data)
    except (OSError, ModelError):
        return None


def end_stale_sessions(project_key: str) -> int:
    """End every process on this machine in whose environment a session of the project stands; how many there were."""
    doomed = {pid for pid, _ in process_tree.marked_processes(project_key)}
    _end(doomed)
    end_groups(f"{project_key}-job")
    return len(doomed)


def end_session(project: Project, handle: SessionHandle, note: ProcessNote | None, our_spawner: int | None) -> None:
    """End what is left of one session, though its environment cannot be read, and wait for its spawner to be through.

    A process is known by its pid together with its start time, and by whose it is: a reused pid is never touched, nor
    a session of the project that this one was copied from.
    """
    known: list[tuple[Any, Any]] = [] if note is None else [(note.pid, note.started_ticks)]
    if "pid" in handle.address:  # of a version that did not note it in the folder
        known.append((handle.address["pid"], handle.address.get("started_ticks")))
    doomed = {
        pid
        for pid, started_ticks in known
        if process_tree.start_ticks(pid) == started_ticks is not None
        and process_tree.belongs(pid, project.key, project.sessions)
    }
    for pid in list(doomed):
        doomed.update(process_tree.descendants(pid))
    _end(doomed)
    if note is None or note.spawner == our_spawner or note.mark != f"{project.key}/{handle.session}":
        return  # the folder of a project that was copied tells of the spawner of the other one
    if note.spawner_ticks is not None:  # it writes down what the session had printed, and ends
        _wait_for(note.spawner, note.spawner_ticks)


def _end(doomed: Collection[int]) -> None:
    ours = os.getpid()
    left = {pid: ticks for pid in doomed if pid != ours and (ticks := process_tree.start_ticks(pid)) is not None}
    for pid in left:
        reached("recovery.before_kill")
        process_tree.send(pid, signal.SIGKILL)
        reached("recovery.killed")
    for pid, started_ticks in left.items():
        _wait_for(pid, started_ticks)


def _wait_for(pid: int, started_ticks: int) -> None:
    """Wait until a process is gone, within reason."""
    deadline = time.monotonic() + _PATIENCE_S
    while process_tree.start_ticks(pid) == started_ticks and time.monotonic() < deadline:
        time.sleep(0.01)


def result_of_session(
    project: Project, workspace: Workspace, note: ProcessNote | None, agent: CliDriver | None, began: float | None
) -> SessionResult:
    """What came of a session that nobody waited for: its output where that is whole, and what it cost.

    `agent` is None where there is none of its name any more; `began` is the clock time of its start, None where only
    its folder tells. It was cut off, unless its spawner noted that it came to its end before.
    """
    output = next(_whole_outputs(project, workspace, note), None)
    seen = [at for path in (workspace.transcript, workspace.path) if (at := last_change(path)) is not None]
    first = began or last_change(workspace.process_note) or last_change(workspace.input) or 0.0
    end = _note(workspace.end_note, EndNote)
    heard = AgentReport() if agent is None else _heard(project, workspace, agent, end)
    result = SessionResult(
        ending="cut_off" if end is None or heard.trouble is not None else "exited",
        output=output,
        refusal=OutputRejection(kind="cut_off", message="the session was cut off before it came to its end"),
        exit_status=None if end is None else end.exit_status,
        heard=heard.model_copy(update={"trouble": None}),  # what kept it from working is long over
        duration_s=max(0.0, max(seen, default=0.0) - first),
        output_changed_at=time.time(),
    )
    if not result.is_final:
        return result
    without = OutputRejection(kind="no_output", message="the session ended without an output")
    return result.model_copy(update={"refusal": None if output is not None else without})


def _heard(project: Project, workspace: Workspace, agent: CliDriver, end: EndNote | None) -> AgentReport:
    """What the session printed and left in its home says."""
    parser = agent.parser()
    last = replay_transcript(workspace, parser, project.settings.max_transcript_bytes)
    if end is not None:
        parser.finish(end.exit_status, last)
    agent.parse_files(workspace.home, parser)
    heard = masked_report(parser.heard, Redactor(agent.secrets()))
    return heard.model_copy(update={"usage": agent.priced(heard.usage)})


def _whole_outputs(project: Project, workspace: Workspace, note: ProcessNote | None) -> Iterator[JsonDocument]:
    if note is not None:
        names = [note.output] if os.path.basename(note.output) == note.output else []
    else:  # of an older version
        phase = next((numbers[1] for numbers in SESSION_NAME.findall(workspace.folder.name)), "*")
        names = sorted(path.name for path in workspace.path.glob(f"phase{phase}_batch_*.json"))
    for name in names:
        data = read_untrusted_file(workspace.output(name), project.settings.max_output_bytes)
        if isinstance(data, bytes) and (document := JsonDocument(data)).usable:
            yield document


def replay_transcript(workspace: Workspace, parser: OutputParser, max_bytes: int) -> str:
    """Have a kept transcript heard, of a session whose supervisor died before it could be; its last lines."""
    try:
        with open(workspace.transcript, "rb") as file:
            data = file.read(max_bytes)
    except OSError:
        return ""
    lines = lines_of(data)
    for line in lines:
        parser.feed_line(line)
    return "\n".join(lines[-_LAST_LINES:])
