"""Jobs and answers that a store has lost, found again in what lies beside it: notes, session folders, main files."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from supervisor.agents.agent_registry import EMBEDDED, agent_unless_open
from supervisor.engine.known_answers.restored_answers import keep_answers
from supervisor.errors import SupervisorError, TargetError
from supervisor.model.frozen_model import FrozenModel
from supervisor.model.job import Job, JobOptions
from supervisor.model.session_name import SESSION_NAME
from supervisor.project.pinned_definitions import content_of
from supervisor.project.pipeline_loader import PIPELINE_FILE, load_pipeline, read_target
from supervisor.project.project import Project
from supervisor.project.store_damage import is_behind, session_folders
from supervisor.sinks.sink import SinkContext
from supervisor.sinks.sink_registry import open_sink
from supervisor.store.database import Database
from supervisor.store.integrity import write_receipts
from supervisor.store.integrity.write_receipts import PhaseReceipt
from supervisor.store.tables import items, jobs, phases
from supervisor.text import content_hash
from supervisor.text.strict_json import JsonRefused, parse_strict
from supervisor.workspaces.untrusted_file import read_untrusted_file
from supervisor.workspaces.workspace_provider import Workspace


class _Known(FrozenModel):
    """A job as something beside the store names it."""

    id: int
    pipeline: str
    target: str


def recreate_jobs(project: Project, database: Database) -> Iterator[str]:
    """Give the store a row for every job that notes, session folders and main files name, and phases for jobs that lost
    theirs."""
    known_jobs = _known_jobs(project)
    named = {(known.pipeline, known.target) for known in known_jobs}
    last = max(database.value("SELECT max(id) FROM jobs") or 0, *(known.id for known in known_jobs), 0)
    others = [each for each in unknown_results(project, database) if each not in named]
    known_jobs += [_Known(id=last + n, pipeline=each[0], target=each[1]) for n, each in enumerate(others, 1)]
    for known in known_jobs:
        if database.value("SELECT count(*) FROM jobs WHERE id = ?", (known.id,)):
            continue
        live = jobs.live(database, known.pipeline, known.target)
        if live is not None and live.id > known.id:
            continue
        try:
            pipeline = load_pipeline(project, known.pipeline)
        except SupervisorError as error:
            yield f"job {known.id} {known.pipeline}/{known.target}: left out, {error.in_one_line()}"
            continue
        with database.transaction() as transaction:
            if live is not None:
                transaction.execute("UPDATE jobs SET superseded_at = ? WHERE id = ?", (time.time(), live.id))
            transaction.execute(
                "INSERT INTO jobs (id, pipeline, collection, target, status, options, created_at, detail)"
                " VALUES (?, ?, ?, ?, 'stopped', ?, ?, 'found again beside a damaged store')",
                (
                    known.id,
                    known.pipeline,
                    pipeline.collection,
                    known.target,
                    JobOptions(
                        agent=pipeline.agent
                        or agent_unless_open(project)
                        or next(iter(project.settings.agents), EMBEDDED)
                    ).model_dump_json(),
                    time.time(),
                ),
            )
        yield f"job {known.id} {known.pipeline}/{known.target}: found again by its session folders or main files"
    for job in jobs.all_jobs(database):
        try:
            pipeline = load_pipeline(content_of(project, database, job), job.pipeline)
        except SupervisorError as error:
            yield f"job {job.id} {job.name}: its phases are left as they are, {error.in_one_line()}"
            continue
        with database.transaction() as transaction:
            phases.ensure(transaction, job.id, pipeline)


def restore_answers(
    project: Project, database: Database, *, remade: bool, only: Collection[int] | None = None
) -> Iterator[str]:
    """Keep for the next run what main files have and the store does not; `remade`: rows of the store may be missing.

    `only`: ids of the jobs that it is about.
    """
    noted = {(receipt.job, receipt.phase): receipt for receipt in write_receipts.all_receipts(project.state)}
    for job in jobs.all_jobs(database):
        if only is not None and job.id not in only:
            continue
        for row in database.rows("SELECT * FROM phases WHERE job = ? ORDER BY position", (job.id,)):
            yield from _take_over(project, database, job, row, noted.get((job.id, row["phase"])), remade=remade)


def _take_over(
    project: Project, database: Database, job: Job, row: sqlite3.Row, receipt: PhaseReceipt | None, *, remade: bool
) -> Iterator[str]:
    phase = row["phase"]
    path = project.results(job.collection, job.target) / row["output"]
    shown = project.relative(path)
    behind = receipt is not None and is_behind(database, receipt)
    try:
        sink = open_sink(SinkContext(project, path, phase, row["merge"]))
        found = sink.read()
    except (OSError, ValueError, SupervisorError) as error:
        if behind:
            _catch_up(database, job.id, phase, receipt, None)
            yield f"{shown}: the store lost changes of its items, and it cannot be read itself: {error}"
        return
    held = sink.edits(None)
    sha256 = None if held is None else held.sha256
    ours = sha256 is not None and sha256 in (row["written_hash"], None if receipt is None else receipt.sha256)
    stored = {
        each["id"]: each
        for each in database.rows(
            "SELECT id, status, value, seq FROM items WHERE job = ? AND phase = ?", (job.id, phase)
        )
    }
    lost = {
        item_id: value
        for item_id, value in found.items()
        if _is_lost(stored.get(item_id), row["written_seq"], behind=behind, known=ours or behind or remade)
    }
    stale = {
        item_id: value
        for item_id, value in found.items()
        if ours and _is_stale(stored.get(item_id), value, row["written_seq"], behind=behind)
    }
    if lost:
        keep_answers(project.state, job.id, phase, lost)
    with database.transaction() as transaction:
        for item_id, value in stale.items():
            if behind:
                items.take_edit(transaction, job.id, phase, item_id, value)
            else:
                items.put_back_value(transaction, job.id, phase, item_id, value)
        for item_id in lost:
            transaction.execute(
                "UPDATE items SET status = CASE WHEN payload IS NULL THEN 'blocked' ELSE 'waiting' END,"
                " batch = CASE WHEN status = 'quarantined' THEN NULL ELSE batch END, value = NULL, errors = NULL,"
                " instructions_version = NULL, seq = NULL WHERE job = ? AND phase = ? AND id = ?"
                f" AND status NOT IN {('skipped', *items.LEFT_OUT)}",
                (job.id, phase, item_id),
            )
        if lost:
            transaction.execute("UPDATE phases SET status = 'waiting' WHERE job = ? AND phase = ?", (job.id, phase))
            transaction.execute(
                "UPDATE jobs SET status = 'stopped' WHERE id = ?"
                " AND status IN ('completed', 'completed_with_gaps', 'failed')",
                (job.id,),
            )
    if behind or ours or row["written_hash"] is None:
        _catch_up(database, job.id, phase, receipt, sha256)
    if lost:
        yield f"{shown}: {len(lost)} answers that the store does not have are kept, and the next run takes them over"
    if stale:
        yield f"{shown}: {len(stale)} values of the store are again what was written"
    if behind and not lost and not stale:
        yield f"{shown}: the store lost changes, but no answers"


def _is_lost(row: sqlite3.Row | None, written_seq: int, *, behind: bool, known: bool) -> bool:
    """Whether the store has an item not merged that it had merged when the main file was written."""
    if row is None or row["status"] == "merged":
        return row is None and known
    return known and (behind or row["seq"] is None or row["seq"] <= written_seq)


def _is_stale(row: sqlite3.Row | None, value: Any, written_seq: int, *, behind: bool) -> bool:
    """Whether the store has another value of a merged item than was written to the main file after it."""
    if row is None or row["status"] != "merged" or not (behind or (row["seq"] or 0) <= written_seq):
        return False
    return content_hash.digest(json.loads(row["value"])) != content_hash.digest(value)


def _catch_up(database: Database, job: int, phase: int, receipt: PhaseReceipt | None, sha256: str | None) -> None:
    """Have the store count on from what the main file was given, and know the file for its own; it is written anew."""
    with database.transaction() as transaction:
        transaction.execute(
            "UPDATE phases SET next_seq = 1 + max(next_seq, ?), written_hash = ? WHERE job = ? AND phase = ?",
            (0 if receipt is None else receipt.seq + 1, sha256, job, phase),
        )


def _known_jobs(project: Project) -> list[_Known]:
    """The jobs that notes of main files and session folders name, oldest first."""
    found = {
        receipt.job: _Known(id=receipt.job, pipeline=receipt.pipeline, target=receipt.target)
        for receipt in write_receipts.all_receipts(project.state)
    }
    for name in session_folders(project):
        named = SESSION_NAME.fullmatch(name)
        if named is not None and int(named[1]) not in found:
            job = _job_of_session(project, int(named[1]), name)
            if job is not None:
                found[job.id] = job
    return [found[number] for number in sorted(found)]


def _job_of_session(project: Project, number: int, name: str) -> _Known | None:
    data = read_untrusted_file(Workspace(project.sessions, name).input, project.settings.max_output_bytes)
    if not isinstance(data, bytes):
        return None
    try:
        given, _ = parse_strict(data)
        return _Known(id=number, pipeline=given["pipeline"], target=given["target"])
    except (JsonRefused, KeyError, TypeError, ValueError):
        return None


def targets_with_results(project: Project) -> list[tuple[str, str]]:
    """Pipeline and target of all main files that are there, whatever the store knows."""
    found: list[tuple[str, str]] = []
    for file in sorted(project.root.glob(f"phase_intelligence/*/{PIPELINE_FILE}")):
        try:
            pipeline = load_pipeline(project, file.parent.name)
        except SupervisorError:
            continue
        outputs = [phase.output for phase in pipeline.phases]
        for folder in sorted(project.results(pipeline.collection, "").glob("*/")):
            if any((folder / name).is_file() for name in outputs):
                with contextlib.suppress(TargetError):  # a folder of something else
                    found.append((pipeline.name, read_target(pipeline, folder.name).name))
    return found


def unknown_results(project: Project, database: Database) -> list[tuple[str, str]]:
    """Those of them of which the store never had a job."""
    return [
        each
        for each in targets_with_results(project)
        if not database.value("SELECT count(*) FROM jobs WHERE (pipeline, target) = (?, ?)", each)
    ]


def main_files(project: Project, database: Database) -> list[Path]:
    """The main files of all jobs that are there."""
    return [
        path
        for job in jobs.all_jobs(database)
        for row in database.rows("SELECT output FROM phases WHERE job = ?", (job.id,))
        if (path := project.results(job.collection, job.target) / row["output"]).is_file()
    ]
