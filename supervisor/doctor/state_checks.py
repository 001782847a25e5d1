"""What `doctor` says of a project's store, main files and leavings; nothing is changed by it."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from supervisor.doctor.finding import Finding
from supervisor.doctor.store_rebuild import targets_with_results
from supervisor.engine.known_answers.restored_answers import kept_answers
from supervisor.errors import StoreError, UsageError
from supervisor.host import process_tree
from supervisor.model.frozen_model import FrozenModel
from supervisor.model.job import Job
from supervisor.model.write_receipt import WriteReceipt
from supervisor.project.project import Project
from supervisor.project.project_lock import lock_owner, stale_note
from supervisor.project.store_damage import lost_commits, missing, session_folders, store_damage
from supervisor.sinks.sink import Sink, SinkContext
from supervisor.sinks.sink_registry import open_sink
from supervisor.store.database import SCHEMA_VERSION, Database, is_damage
from supervisor.store.integrity.integrity_check import open_current
from supervisor.store.queries import merged_snapshot
from supervisor.store.tables import attempts, items, jobs
from supervisor.text import content_hash


class FileState(FrozenModel):
    """A main file beside what the store has of it."""

    job: Job
    phase: int
    path: Path
    merge: str
    merged: int
    """Items of it that are merged in the store."""
    problem: str = ""
    """Why it is to be written anew."""
    by_hand: bool = False
    """Whether a person has to do something before it can be."""
    stale: tuple[str, ...] = ()
    """Items whose value is another in the store, although the file is as it was written and has them."""
    edited: int = 0
    """Entries that a person changed since it was written."""


def look_at_state(project: Project) -> Iterator[Finding]:
    """The store, then what hangs on it, as far as the store can be read."""
    try:
        yield from _look(project)
    except (OSError, sqlite3.DatabaseError) as error:
        yield Finding(level="failure", subject="store", text=f"it cannot be looked at: {error}")


def file_states(project: Project, database: Database, job: Job) -> Iterator[FileState]:
    """The main files of a job."""
    for row in database.rows("SELECT * FROM phases WHERE job = ? ORDER BY position", (job.id,)):
        path = project.results(job.collection, job.target) / row["output"]
        stored = merged_snapshot.merged_values(database, job.id, row["phase"])
        state = FileState(job=job, phase=row["phase"], path=path, merge=row["merge"], merged=len(stored))
        try:
            sink = open_sink(SinkContext(project, path, row["phase"], row["merge"]))
        except UsageError as error:
            yield state.model_copy(update={"problem": error.in_one_line(placed=False), "by_hand": True})
            continue
        yield state.model_copy(update=_seen(database, state, sink, stored))


def _seen(
    database: Database, state: FileState, sink: Sink, stored: dict[str, merged_snapshot.MergedValue]
) -> dict[str, object]:
    """What is to be said of a main file."""
    noted = merged_snapshot.last_write(database, state.job.id, state.phase)
    if not state.path.exists():
        return {"problem": "it is not there"} if stored and noted.sha256 is not None else {}
    if not state.path.is_file():
        return {"problem": "a folder stands in its place; move it away", "by_hand": True}
    try:
        found = sink.read()
    except ValueError as error:
        return {"problem": f"it does not parse: {error}"}
    other = [
        item_id
        for item_id, value in found.items()
        if item_id not in stored or content_hash.digest(json.loads(stored[item_id].value)) != content_hash.digest(value)
    ]
    if noted.sha256 is None or sink.edits(WriteReceipt(seq=noted.seq, sha256=noted.sha256)) is not None:
        return {"edited": len(other)}
    return {"stale": tuple(i for i in other if i in stored and (stored[i].seq or 0) <= noted.seq)}


def _look(project: Project) -> Iterator[Finding]:
    for path in (project.root / "vfs", project.state, project.sessions, project.store):
        if path.exists() and not os.access(path, os.W_OK):
            text = f"{project.relative(path)} cannot be written: looking works, a run does not, until this user may"
            yield Finding(level="failure", subject="project", text=text)
            break
    damage = store_damage(project, thorough=True)
    for each in damage:
        yield Finding(level="failure", subject="store", text=each.text, repair=each.repair)
    working, stale = lock_owner(project), stale_note(project)
    if stale is not None:
        text = f"{stale}; the next run or start takes its place"
        yield Finding(level="warning", subject="supervisor", text=text, repair="note")
    if any(each.repair in ("store", None) for each in damage):
        return
    if missing(project) is not None:
        yield _of_nothing(project)
        return
    lost = lost_commits(project)
    if lost:
        yield Finding(
            level="warning",
            subject="store",
            text=f"its log is damaged: {lost} commits after that place are not read, and go for good with the next"
            " run; `doctor --repair` reads what is whole of them",
            repair="store",
        )
    database = open_current(project.store)
    try:
        yield from _of_store(project, database, well=not damage, working=working is not None)
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        yield Finding(level="failure", subject="store", text=str(error), repair="store")
    finally:
        database.close()
    if working is not None:
        yield Finding(level="ok", subject="supervisor", text=f"{working.kind}, process {working.pid}, is at work")


def _of_nothing(project: Project) -> Finding:
    results = targets_with_results(project)
    if not results:
        return Finding(level="ok", subject="store", text="none yet: nothing was run")
    return Finding(
        level="warning",
        subject="store",
        text=f"none, but there are main files of {'/'.join(results[0])}"
        + (f" and {len(results) - 1} more" if len(results) > 1 else "")
        + "; `doctor --repair` makes a store of them, `run --fresh` sets them aside",
        repair="store",
    )


def _of_store(project: Project, database: Database, *, well: bool, working: bool) -> Iterator[Finding]:
    version = database.value("PRAGMA user_version")
    if version > SCHEMA_VERSION:
        text = f"it has schema {version}, made by a newer supervisor; this one knows up to {SCHEMA_VERSION}:"
        text += " install the newer supervisor"
        yield Finding(level="failure", subject="store", text=text)
        return
    if not database.value("SELECT count(*) FROM sqlite_master WHERE name = 'jobs'"):
        yield Finding(level="ok", subject="store", text="none yet: nothing was run")
        return
    found = jobs.all_jobs(database)
    if well:
        size = project.store.stat().st_size / 1e6
        yield Finding(level="ok", subject="store", text=f"{len(found)} jobs, {size:.1f} MB")
    if not working:
        try:
            kept = kept_answers(project.state)
        except StoreError as error:
            yield Finding(level="failure", subject="store", text=error.in_one_line())
            kept = 0
        if kept:
            text = f"{kept} answers of main files were kept for the next run, which takes them over"
            yield Finding(level="ok", subject="store", text=text)
        for job in found:
            for state in file_states(project, database, job):
                yield from _of_file(project, state)
    yield from _of_sessions(project, database, found, working=working)


def _of_file(project: Project, state: FileState) -> Iterator[Finding]:
    subject = f"main file {project.relative(state.path)}"
    if state.problem:
        text = f"{state.problem}; the store has its {state.merged} items"
        yield Finding(level="failure", subject=subject, text=text, repair=None if state.by_hand else "main file")
    elif state.stale:
        text = f"{len(state.stale)} values that it was written with are others in the store now: {state.stale[0]}"
        yield Finding(level="failure", subject=subject, text=text, repair="answers")
    elif state.edited:
        text = f"{state.edited} entries are others than in the store; the next run takes over what was edited"
        yield Finding(level="ok", subject=subject, text=text)


def _of_sessions(project: Project, database: Database, found: list[Job], *, working: bool) -> Iterator[Finding]:
    outcomes = [attempt.outcome for job in found for attempt in attempts.unfinished(database, job.id)]
    left, stopped = outcomes.count("running"), outcomes.count("unvalidated")
    processes = process_tree.marked_processes(project.key)
    if not working and (left or processes):
        yield Finding(
            level="warning",
            subject="supervisor",
            text=f"one ended without a word: {left} sessions cut off, {len(processes)} of their processes still run;"
            " the next run or start ends them and takes in what they finished",
        )
    if not working and stopped:
        text = f"{stopped} were ended with their job, not judged; the next run of it judges what they answered"
        yield Finding(level="ok", subject="sessions", text=text)
    strays = attempts.unknown(database, session_folders(project))
    if not working and strays:
        open_work = database.value(f"SELECT count(*) FROM items WHERE status IN {items.IN_WORK}")
        yield Finding(
            level="warning" if open_work else "ok",
            subject="sessions",
            text=f"{len(strays)} have folders and are not in the store; "
            + ("the next run of their job judges what they answered" if open_work else "nothing is left to do of them"),
        )
