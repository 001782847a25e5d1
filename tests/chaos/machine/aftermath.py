"""What a fault of the machine may never leave, looked for in files, output and store."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

from tests.chaos.machine.three_phases import main_files
from tests.support import processes
from tests.support.scripted_project import Small

_UNSIGHTLY = (
    *("Traceback (most recent", "Exception ignored", "Task exception was never", "Logging error", "Fatal Python"),
    *("exception was never retrieved", "was never awaited", "Segmentation fault"),
)
"""Words that tell of an error nobody thought of."""


def traces(project: Small, *said: str) -> Iterator[str]:
    """Errors that nobody thought of, in what commands printed and in all logs."""
    logs = [*project.state.glob("*.log"), *project.folder.glob("progress.log*")]
    for text in (*said, *(path.read_text(encoding="utf-8") for path in logs)):
        yield from (text for words in _UNSIGHTLY if words in text)


def broken(project: Small, whole: Mapping[str, bytes]) -> Iterator[str]:
    """Main files that do not parse, or hold what they should not, at a moment when not all need be there."""
    for name, data in main_files(project).items():
        try:
            found = _entries(json.loads(data))
        except ValueError as error:
            yield f"{name} does not parse: {error}: {data[:200]!r}"
            continue
        wanted = _entries(json.loads(whole[name]))
        strange = {key: value for key, value in found.items() if wanted.get(key) != value}
        if strange:
            yield f"{name} has {strange}"


def not_undisturbed(project: Small, whole: Mapping[str, bytes]) -> Iterator[str]:
    """In what a completed job differs from one that nothing disturbed."""
    if project.job_status() != "completed":
        yield f"the job is {project.job_status()}"
    found = main_files(project)
    yield from (f"{name} is another: {found.get(name)!r}" for name in whole if found.get(name) != whole[name])
    yield from (f"left over: {path.name}" for path in project.folder.glob(".out_*"))
    yield from _wrong_in_store(project)
    yield from (f"left running: {each.command}" for each in _left(project))


def _wrong_in_store(project: Small) -> Iterator[str]:
    with sqlite3.connect(project.state / "store.sqlite") as store:
        yield from (f"store: {row[0]}" for row in store.execute("PRAGMA integrity_check") if row[0] != "ok")
    for row in project.rows("SELECT phase, id, status FROM items WHERE status <> 'merged'"):
        yield f"item {row['phase']} {row['id']} is {row['status']}"
    counted = "SELECT name, outcome FROM attempts WHERE counted AND outcome <> 'passed'"
    yield from (f"{row['name']} counts as an attempt: {row['outcome']}" for row in project.rows(counted))
    doubled = "SELECT batch, count(*) AS n FROM attempts WHERE outcome = 'passed' GROUP BY batch HAVING n > 1"
    yield from (f"batch {row['batch']} was merged {row['n']} times" for row in project.rows(doubled))


def _left(project: Small) -> list[processes.Process]:
    try:
        processes.none_left(project.root)
    except AssertionError:
        return processes.of_project(project.root)
    return []


def _entries(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {row["id"]: row for row in value}
