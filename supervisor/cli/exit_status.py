"""What `run` and `watch` end with, by how the job ended."""

from __future__ import annotations

from supervisor.model.job import Job
from supervisor.store.database import Database
from supervisor.store.tables import events

_OF_STATUS = {"completed": 0, "completed_with_gaps": 1}
_CAN_GO_ON = 3


def exit_status(database: Database, job: Job) -> int:
    """0: all is done, 1: with failed items, 3: it can go on; else that of the error that ended it, usually 4."""
    if job.status in _OF_STATUS:
        return _OF_STATUS[job.status]
    if job.status not in ("failed", "stopped"):
        return _CAN_GO_ON
    last = events.last_of_kind(database, job.id, ("job_failed", "job_stopped", "job_started", "job_resumed"))
    told = {} if last is None else last.data
    return int(told.get("exit_status", 1 if job.status == "failed" else _CAN_GO_ON))
