"""`supervisor run`: one job worked on by this process, from where it stands to its end."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from supervisor.engine import preflight
from supervisor.engine.accounting import cost_reconciliation
from supervisor.engine.events.progress_log import JSON_LOG_NAME, LOG_NAME, log_to_stderr_only_faults
from supervisor.engine.supervisor import Supervisor
from supervisor.failpoints import reached
from supervisor.host.durable_files import make_folder, sync_folder
from supervisor.model.event import Event
from supervisor.model.job import AT_WORK, Job, JobOptions
from supervisor.model.pipeline import Pipeline
from supervisor.project.pinned_definitions import definition_of
from supervisor.project.project import Project
from supervisor.project.project_lock import ProjectLock
from supervisor.project.store_guard import StoreGuard
from supervisor.store.database import Database
from supervisor.store.integrity.integrity_check import is_empty, open_current
from supervisor.store.tables import jobs

_IDLE_DAEMON_S = 3.0


async def run(
    project: Project,
    pipeline_name: str,
    target_name: str,
    options: JobOptions,
    *,
    fresh: bool,
    looking: StoreGuard,
    begun: Callable[[Database, Job], None],
    told: Callable[[Event], None],
) -> Job:
    """Run a job, or what is left of it. `begun` is told the job before it starts, `told` every event."""
    log_to_stderr_only_faults()
    pipeline, _ = preflight.check(project, pipeline_name, target_name, options, fresh=fresh)
    # A daemon with nothing to do ends by itself within a moment.
    with ProjectLock(project, "run", patience_s=0.0 if busy(project) else _IDLE_DAEMON_S):
        async with Supervisor(project, looking) as supervisor:
            job = submit(supervisor.database, project, pipeline, target_name, options, fresh=fresh)
            # Nobody else holds the project: whatever state an ended supervisor left the job in, it goes on here.
            jobs.adopt_options(supervisor.database, job.id, options)
            job = jobs.get(supervisor.database, job.id)
            supervisor.subscribe(told)
            begun(supervisor.database, job)
            return await supervisor.run_job(job)


def busy(project: Project) -> bool:
    """Whether there is a job that some supervisor works on or is about to."""
    if not project.store.exists():
        return False
    try:
        if is_empty(project.store):
            return False  # opened, it would lose its log
        database = open_current(project.store)
        try:
            return bool(jobs.with_status(database, "queued", *AT_WORK))
        finally:
            database.close()
    except sqlite3.DatabaseError:
        return False  # whether the store is sound, and filled, is looked at later


def submit(
    database: Database, project: Project, pipeline: Pipeline, target: str, options: JobOptions, *, fresh: bool
) -> Job:
    """Queue a job; with `fresh` the results of the one before are set aside first."""
    if fresh:
        before = jobs.live(database, pipeline.name, target)
        if before is not None:
            cost_reconciliation.adopt_orphans(project, database, before.id, before.options.agents[0])
        set_results_aside(project, pipeline, target)
        if before is not None:
            jobs.supersede(database, before.id)
    job, _ = jobs.submit(database, pipeline, target, options, definition_of(project, pipeline))
    return job


def set_results_aside(project: Project, pipeline: Pipeline, target: str) -> Path | None:
    """Move main files and logs of a target into a folder of their own; where to, or None where there were none."""
    results = project.results(pipeline.collection, target)
    names = [phase.output for phase in pipeline.phases] + [LOG_NAME, JSON_LOG_NAME]
    found = [results / name for name in names if (results / name).exists()]
    if not found:
        return None
    aside = results / f"set_aside_{time.strftime('%Y%m%d-%H%M%S')}"
    number = 1
    while aside.exists():
        aside = aside.with_name(f"{aside.name}-{number}")
        number += 1
    make_folder(aside)
    for path in found:
        reached("fresh.before_move")
        shutil.move(path, aside / path.name)
        reached("fresh.moved")
    sync_folder(aside)
    sync_folder(results)
    return aside
