"""What sessions cost that were cut off, of jobs with which nobody goes on: stopped, cancelled, or set aside."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from loguru import logger

from supervisor.executors.open_executors import OpenExecutors
from supervisor.host.durable_files import last_change
from supervisor.host.machine_errors import ignore_machine_errors, machine_error
from supervisor.model import session_name
from supervisor.model.job import StoredBatch
from supervisor.model.session import SessionResult
from supervisor.model.session_handle import SessionHandle
from supervisor.project.project import Project
from supervisor.project.store_damage import session_folders
from supervisor.store.database import Database
from supervisor.store.tables import attempts, batches
from supervisor.store.transitions import batch_transitions
from supervisor.text.plain_text import plain_line
from supervisor.text.strict_json import JsonRefused, parse_strict
from supervisor.workspaces.empty_folder import EmptyFolderProvider
from supervisor.workspaces.untrusted_file import read_untrusted_file
from supervisor.workspaces.workspace_provider import Workspace


async def reconcile_costs(database: Database, executors: OpenExecutors) -> None:
    """Note what such sessions cost, of which that is not noted yet; their outputs are left to a run that goes on.

    One that still runs somewhere, though nobody goes on with its job, is ended.
    """
    for attempt in attempts.unaccounted(database):
        with ignore_machine_errors(), passed_over(attempt.name):
            found = await executors.reattach(attempt.handle)
            if isinstance(found, SessionHandle):
                await executors.of(found.executor).cancel(found, 0.0)
                found = await executors.reattach(attempt.handle)
            result = found if isinstance(found, SessionResult) else None
            with database.transaction() as transaction:
                batch_transitions.end_session(transaction, attempt.id, "unvalidated", counted=False, result=result)


@contextlib.contextmanager
def passed_over(session: str) -> Iterator[None]:
    """Do what is to be done with a session of before, on which no other work may depend: where that fails, say so.

    Raises what is a fault of the machine.
    """
    try:
        yield
    except Exception as error:
        if machine_error(error) is not None:
            raise
        told = plain_line(f"{type(error).__name__}: {error}", 300)
        logger.warning("session {}: what came of it cannot be read or noted, so it is passed over: {}", session, told)


def adopt_orphans(project: Project, database: Database, job: int, agent: str) -> None:
    """Take the sessions of a job into the store that it does not know, since the supervisor died that began them."""
    for name in attempts.unknown(database, session_folders(project)):
        owner, phase, batch_number, session = map(int, session_name.SESSION_NAME.findall(name)[0])
        if owner == job:
            with passed_over(name):
                batch = batches.numbered(database, job, phase, batch_number)
                _adopt(project, database, Workspace(project.sessions, name), batch, session, agent)


def _adopt(
    project: Project,
    database: Database,
    workspace: Workspace,
    batch: StoredBatch | None,
    session: int,
    agent: str,
) -> None:
    name = workspace.folder.name
    asked = _asked(workspace, project.settings.max_output_bytes)
    if batch is None or asked is None:
        if not workspace.transcript.exists() and not any(workspace.path.glob("phase*_batch_*")):
            EmptyFolderProvider(project.sessions).remove(name)  # its supervisor died while it made the folder
        return
    with database.transaction() as transaction:
        number = max(attempts.last_number(database, batch) + 1, session)
        batch_transitions.adopt_session(
            transaction, batch, number, name, agent, asked, last_change(workspace.input) or 0.0
        )


def _asked(workspace: Workspace, most_bytes: int) -> list[str] | None:
    """The items that a session was given; None where nothing tells."""
    data = read_untrusted_file(workspace.input, most_bytes)
    if not isinstance(data, bytes):
        return None
    with contextlib.suppress(JsonRefused, KeyError, TypeError):
        return list(parse_strict(data)[0]["items"])
    return None
