"""The process that a session is to be: its command and environment, in its sandbox and with its limits."""

from __future__ import annotations

from pathlib import Path

from supervisor.agents.cli_driver import CliDriver
from supervisor.executors.local.sandbox.bubblewrap import bubblewrapped
from supervisor.executors.local.sandbox.landlock_paths import landlocked
from supervisor.executors.local.sandbox.sandbox_level import level_for
from supervisor.executors.local.session_environment import session_environment
from supervisor.executors.local.terminal.spawner_client import Start
from supervisor.host.cgroups import Cgroup
from supervisor.host.resource_limits import resource_limits
from supervisor.model.session import SessionRequest
from supervisor.workspaces.session_paths import SessionPaths
from supervisor.workspaces.workspace_provider import Workspace


def as_kept_apart(request: SessionRequest) -> SessionRequest:
    """The request with the sandbox level that the session really gets; AgentError where it cannot have its own."""
    level = level_for(request.isolation)
    if level == request.isolation.sandbox:
        return request
    return request.model_copy(update={"isolation": request.isolation.model_copy(update={"sandbox": level})})


def session_start(
    request: SessionRequest,
    agent: CliDriver,
    workspace: Workspace,
    paths: SessionPaths,
    temporary: Path,
    group: Cgroup | None,
    mark: str,
) -> Start:
    """What the spawner is asked for; `temporary` is how the session knows its temporary folder, `mark` tells its
    processes from all others, whoever looks."""
    isolation, stdin = request.isolation, agent.stdin(paths)
    words, environment = (
        agent.command(paths, request.model),
        session_environment(request, agent, paths, temporary, mark),
    )
    readable, writable = agent.readable(paths), agent.writable(paths)
    wrapped = isolation.sandbox == "bubblewrap"
    allowed = landlocked(words, environment, paths, readable, writable) if isolation.sandbox == "landlock" else None
    if wrapped:
        words = bubblewrapped(words, environment, paths, readable, writable, isolation.network)
    return Start(
        argv=words,
        env=environment,
        cwd=str(paths.workspace),
        stdin=None if stdin is None else str(stdin),
        limits=resource_limits(isolation.limits, grouped=group is not None),
        groups=[] if group is None else group.members_files,
        transcript=str(workspace.transcript),
        secrets=agent.secrets(),
        note=str(workspace.process_note),
        noted={"mark": mark, "agent": request.agent, "output": request.output_name},
        end_note=str(workspace.end_note),
        allowed=allowed,
        wrapped=wrapped,
    )
