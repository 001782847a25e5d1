"""Answers that sessions of a dead supervisor had written, found when its job goes on."""

from __future__ import annotations

from collections.abc import Mapping

from supervisor.agents.cli_driver import CliDriver
from supervisor.engine.events.event_log import EventLog
from supervisor.executors.local.session_recovery import result_of
from supervisor.model.session import SessionResult
from supervisor.project.project import Project
from supervisor.store.tables import attempts
from supervisor.store.tables.attempts import Attempt
from supervisor.store.transitions import batch_transitions

Captured = tuple[Attempt, SessionResult]
"""A session that was cut off with a whole output written, and what came of it."""


def take_in(
    project: Project, event_log: EventLog, job: int, agents: Mapping[str, CliDriver]
) -> dict[int, list[Captured]]:
    """Batch id to attempts and outputs, for every session of the job that was cut off with a whole output written.

    The other cut-off sessions are noted as interrupted, which does not count as an attempt. What they cost is taken
    from their transcripts and homes.
    """
    captured: dict[int, list[Captured]] = {}
    for attempt in attempts.unfinished(event_log.database, job):
        result = result_of(project, attempt, agents)
        waits = _current(event_log, attempt)
        with event_log.transaction():
            if waits and result.output is not None:
                batch_transitions.record_session(event_log.database, attempt.id, result)
                captured.setdefault(attempt.batch, []).append((attempt, result))
            elif waits or attempt.outcome != "unvalidated":  # else its validator failed: it is kept until it is mended
                batch_transitions.end_session(
                    event_log.database, attempt.id, "interrupted", counted=False, result=result
                )
    return captured


def _current(event_log: EventLog, attempt: Attempt) -> bool:
    """Whether the attempt's batch still waits for these items."""
    return bool(
        event_log.database.value(
            "SELECT EXISTS (SELECT 1 FROM batches WHERE id = ? AND status IN ('pending', 'running'))", (attempt.batch,)
        )
    )
