"""Jobs in the store: made, found, asked things of, ended."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Collection

from supervisor.errors import JobError
from supervisor.model.job import ENDED, Job, JobOptions
from supervisor.model.pipeline import Pipeline
from supervisor.store.database import Database
from supervisor.store.tables import pipeline_versions
from supervisor.store.tables.pipeline_versions import PipelineVersion
from supervisor.store.transaction import StoreReader, Transaction

_MAX_DIGITS = 18
"""More would not fit into a number of the store."""


def submit(
    database: Database, pipeline: Pipeline, target: str, options: JobOptions, definition: PipelineVersion | None = None
) -> tuple[Job, bool]:
    """The live job of this pipeline and target, queued durably, and whether it is new.

    One that ended or stopped is queued again with the new options, to do what is left; one that runs stays as it is. A
    new one keeps the `definition`.
    """
    with database.transaction() as transaction:
        row = database.row(
            "SELECT * FROM jobs WHERE pipeline = ? AND target = ? AND superseded_at IS NULL", (pipeline.name, target)
        )
        if row is None:
            job_id = add(transaction, pipeline, target, options, definition)
        else:
            job_id = row["id"]
            if row["status"] in ENDED:
                transaction.execute(
                    "UPDATE jobs SET status = 'queued', stop_request = NULL, options = ?, detail = '' WHERE id = ?",
                    (options.going_on_from(_job(row).options).model_dump_json(), job_id),
                )
    database.ring()
    return get(database, job_id), row is None


def add(
    transaction: Transaction,
    pipeline: Pipeline,
    target: str,
    options: JobOptions,
    definition: PipelineVersion | None,
    priority: int = 0,
) -> int:
    """A new job, queued; its number."""
    made = transaction.execute(
        "INSERT INTO jobs (pipeline, collection, target, status, options, created_at, definition, priority)"
        " VALUES (?, ?, ?, 'queued', ?, ?, ?, ?)",
        (
            pipeline.name,
            pipeline.collection,
            target,
            options.model_dump_json(),
            time.time(),
            None if definition is None else pipeline_versions.keep(transaction, definition),
            priority,
        ),
    )
    assert made.lastrowid is not None
    return made.lastrowid


def adopt_options(database: Database, job_id: int, options: JobOptions) -> None:
    """Queue a job that nobody works on, with the options of the command that goes on with it.

    Limits that an earlier command gave, and this one does not, stay.
    """
    with database.transaction() as transaction:
        options = options.going_on_from(get(transaction, job_id).options)
        transaction.execute(
            "UPDATE jobs SET status = 'queued', stop_request = NULL, options = ?, detail = '' WHERE id = ?",
            (options.model_dump_json(), job_id),
        )


def supersede(database: Database, job_id: int) -> None:
    """Make room for a fresh job of the same target; the rows stay."""
    with database.transaction() as transaction:
        transaction.execute("UPDATE jobs SET superseded_at = ? WHERE id = ?", (time.time(), job_id))


def get(database: StoreReader, job_id: int) -> Job:
    """The job with this id; JobError where there is none."""
    row = database.row("SELECT * FROM jobs WHERE id = ?", (job_id,))
    if row is None:
        raise JobError(f"there is no job {job_id}", remedy="`supervisor jobs` lists them.")
    return _job(row)


def find(database: StoreReader, name: str) -> Job:
    """The job that a person named, by id or as `pipeline/target`; JobError where there is none."""
    if name.isascii() and name.isdigit() and len(name) <= _MAX_DIGITS:
        return get(database, int(name))
    pipeline, slash, target = name.partition("/")
    row = None
    if slash:
        row = database.row(
            "SELECT * FROM jobs WHERE pipeline = ? AND target = ? AND superseded_at IS NULL", (pipeline, target)
        )
    if row is None:
        known = ", ".join(job.name for job in all_jobs(database)[-5:]) or "none yet"
        raise JobError(
            f"there is no job {name!r}",
            remedy=f"Name a job by its number or as pipeline/target; the latest are: {known}.",
        )
    return _job(row)


def live(database: StoreReader, pipeline: str, target: str) -> Job | None:
    """The job of a pipeline and target that was not set aside."""
    row = database.row(
        "SELECT * FROM jobs WHERE pipeline = ? AND target = ? AND superseded_at IS NULL", (pipeline, target)
    )
    return None if row is None else _job(row)


def all_jobs(database: StoreReader, *, superseded: bool = False) -> list[Job]:
    """All jobs, oldest first."""
    condition = "" if superseded else "WHERE superseded_at IS NULL"
    return [_job(row) for row in database.rows(f"SELECT * FROM jobs {condition} ORDER BY id")]


def newest(database: StoreReader, most: int, before: int | None = None, owner: str | None = None) -> list[Job]:
    """Jobs, the newest first: those with a lower number than `before`, and those that `owner` submitted."""
    conditions = ["superseded_at IS NULL"]
    values: list[int | str] = []
    if before is not None:
        conditions.append("id < ?")
        values.append(before)
    if owner is not None:
        conditions.append("id IN (SELECT job FROM submissions WHERE owner = ?)")
        values.append(owner)
    return [
        _job(row)
        for row in database.rows(
            f"SELECT * FROM jobs WHERE {' AND '.join(conditions)} ORDER BY id DESC LIMIT ?", (*values, most)
        )
    ]


def with_status(database: StoreReader, *statuses: str) -> list[Job]:
    """Jobs in one of these states, oldest first."""
    marks = ", ".join("?" * len(statuses))
    return [
        _job(row)
        for row in database.rows(
            f"SELECT * FROM jobs WHERE superseded_at IS NULL AND status IN ({marks}) ORDER BY id", statuses
        )
    ]


def any_open(database: StoreReader) -> bool:
    """Whether a job is queued, or was being worked on."""
    return bool(
        database.value(
            "SELECT EXISTS (SELECT 1 FROM jobs WHERE status = 'queued' AND superseded_at IS NULL) OR EXISTS"
            " (SELECT 1 FROM jobs WHERE status IN ('running', 'paused', 'stopping') AND superseded_at IS NULL)"
        )
    )


def next_queued(database: StoreReader, most: int, besides: Collection[int]) -> list[Job]:
    """Queued jobs in the order in which they are to begin, `besides` those that have begun."""
    rows = database.rows(
        "SELECT * FROM jobs WHERE superseded_at IS NULL AND status = 'queued' ORDER BY priority DESC, id LIMIT ?",
        (most + len(besides),),
    )
    return [_job(row) for row in rows if row["id"] not in besides][:most]


def request_stop(transaction: Transaction, job_id: int, asked: str) -> None:
    """Note that a job is to be stopped or cancelled by whoever works on it."""
    transaction.execute("UPDATE jobs SET stop_request = ? WHERE id = ?", (asked, job_id))


def requeue(transaction: Transaction, job_id: int) -> None:
    """Put the job into the queue again."""
    transaction.execute("UPDATE jobs SET status = 'queued', stop_request = NULL, detail = '' WHERE id = ?", (job_id,))


def set_status(transaction: Transaction, job_id: int, status: str, detail: str = "") -> None:
    """Write a job's new state."""
    now = time.time()
    transaction.execute(
        "UPDATE jobs SET status = ?, detail = ?,"
        " stop_request = CASE WHEN ? IN ('running', 'paused', 'stopping') THEN stop_request END,"
        " started_at = CASE WHEN ? = 'running' THEN coalesce(started_at, ?) ELSE started_at END,"
        " ended_at = CASE WHEN ? IN ('running', 'paused', 'stopping') THEN NULL ELSE ? END WHERE id = ?",
        (status, detail, status, status, now, status, now, job_id),
    )


def add_elapsed(transaction: Transaction, job_id: int, seconds: float) -> None:
    """Count time that the job was worked on."""
    transaction.execute("UPDATE jobs SET elapsed_s = elapsed_s + ? WHERE id = ?", (seconds, job_id))


def _job(row: sqlite3.Row) -> Job:
    return Job(
        id=row["id"],
        pipeline=row["pipeline"],
        collection=row["collection"],
        target=row["target"],
        status=row["status"],
        stop_request=row["stop_request"],
        options=JobOptions.model_validate(json.loads(row["options"])),
        created_at=row["created_at"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        elapsed_s=row["elapsed_s"],
        detail=row["detail"],
        definition=row["definition"],
        priority=row["priority"],
    )
