"""What sessions cost that were cut off, of jobs with which nobody goes on: stopped, cancelled, or set aside."""

from __future__ import annotations

import contextlib

from supervisor.agents.base import Agent
from supervisor.agents.registry import make_agent
from supervisor.content.project import Project
from supervisor.engine.damage import session_folders
from supervisor.engine.recovery import result_of
from supervisor.errors import UsageError
from supervisor.model.strict_json import JsonRefused, parse_strict
from supervisor.sessions.output_watch import last_change
from supervisor.sessions.safe_read import read_output
from supervisor.sessions.workspace import Workspace
from supervisor.store import attempts, batches
from supervisor.store.database import Database


def note_costs(project: Project, database: Database) -> None:
    """Note what such sessions cost, of which that is not noted yet; their outputs are left to a run that goes on."""
    for attempt in attempts.unaccounted(database):
        result = result_of(project, attempt, _agent(project, attempt.agent))
        with database.transaction():
            attempts.finish(database, attempt.id, "unjudged", counted=False, result=result)


def note_strays(project: Project, database: Database, job: int, agent: str) -> None:
    """Take the sessions of a job into the store that it does not know, since the supervisor died that began them."""
    for name in attempts.unknown(database, session_folders(project)):
        owner, phase, batch_number, session = map(int, attempts.SESSION_NAME.findall(name)[0])
        if owner != job:
            continue
        batch = batches.numbered(database, job, phase, batch_number)
        workspace = Workspace(project.sessions, name)
        asked = _asked(workspace, project.settings.max_output_bytes)
        if batch is None or asked is None:
            if not workspace.transcript.exists() and not any(workspace.path.glob("phase*_batch_*")):
                workspace.remove()  # its supervisor died while it made the folder
            continue
        with database.transaction():
            number = max(attempts.last_number(database, batch) + 1, session)
            attempts.adopt(database, batch, number, name, agent, asked, last_change(workspace.input) or 0.0)


def _asked(workspace: Workspace, most_bytes: int) -> list[str] | None:
    """The items that a session was given; None where nothing tells."""
    data = read_output(workspace.input, most_bytes)
    if not isinstance(data, bytes):
        return None
    with contextlib.suppress(JsonRefused, KeyError, TypeError):
        return list(parse_strict(data)[0]["items"])
    return None


def _agent(project: Project, name: str) -> dict[str, Agent]:
    """The agent by its name, where there still is one of it."""
    try:
        return {name: make_agent(project, name)}
    except UsageError:
        return {}
