"""How a job stands, by its row and by the project's lock: where nobody holds that, nobody is at work on it."""

from __future__ import annotations

from supervisor.model.job import AT_WORK, Job
from supervisor.project.project import Project
from supervisor.project.project_lock import lock_owner
from supervisor.store.tables import jobs
from supervisor.store.transaction import StoreReader


def as_it_stands(project: Project, reader: StoreReader, job: Job) -> Job:
    """The job, `interrupted` where its supervisor was working on it and no process holds the project any more.

    It is read once more where nobody is there: its supervisor may have ended it, and then itself, since it was read.
    """
    if job.status not in AT_WORK or lock_owner(project) is not None:
        return job
    now = jobs.get(reader, job.id)
    if now.status not in AT_WORK or lock_owner(project) is not None:
        return now
    return now.model_copy(update={"status": "interrupted", "detail": ""})
