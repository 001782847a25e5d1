"""The log of a job has whole lines and goes on: moved, deleted, grown too large, on a full disk, after a resume."""

from __future__ import annotations

import json
import os
import re
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from supervisor.engine.events.progress_log import ProgressLogSinks
from supervisor.model.event import Event
from supervisor.model.job import JobOptions
from supervisor.project.pipeline_loader import load_pipeline
from supervisor.project.project import find_project
from supervisor.store.database import open_store
from supervisor.store.tables import jobs
from tests.support.project_folder import Running
from tests.support.scripted_project import ANSWER, PIPELINE, TARGET, Small, numbered, open_gate
from tests.support.waiting import until

WAITS_ONCE = f"if batch == 1 and session == 1:\n    wait_at('gate')\n{ANSWER}"
LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (?:INFO|WARNING|ERROR) +(\S.*)")
LARGEST = 10_000_000


def log_of(small: Small) -> Path:
    return small.folder / "progress.log"


def told(log: Path) -> list[str]:
    """What the lines of a log say, each of which is whole."""
    text = log.read_text(encoding="utf-8")
    assert text.endswith("\n")
    return told_of(text)


def told_of(text: str) -> list[str]:
    found = [LINE.fullmatch(line) for line in text.splitlines()]
    assert None not in found
    return [line[1] for line in found if line]


def happened(small: Small) -> list[str]:
    """What the store says has happened."""
    return [event["text"] for event in small.events()]


def begun(small: Small) -> Running:
    """A run whose first session waits; its log has all that has happened."""
    small.lay_out(numbered(4), agent=WAITS_ONCE, settings={"concurrency": 1})
    run = small.begin_run()
    small.at_gate()
    until(lambda: "session 1 started" in small.progress, "the session's line")
    return run


def goes_on(small: Small, run: Running) -> None:
    open_gate(small.at_gate()[0])
    assert run.end() == 0, run.err


def test_a_log_that_is_moved_while_the_job_runs_is_followed_by_another(small: Small) -> None:
    run = begun(small)
    kept = log_of(small).rename(small.folder / "kept.log")
    goes_on(small, run)
    assert told(kept) + told(log_of(small)) == happened(small)


@pytest.mark.parametrize("befall", [Path.unlink, lambda log: os.truncate(log, 0)], ids=["deleted", "emptied"])
def test_a_log_that_is_deleted_or_emptied_while_the_job_runs_goes_on(
    small: Small, befall: Callable[[Path], None]
) -> None:
    run = begun(small)
    before = told(log_of(small))
    befall(log_of(small))
    goes_on(small, run)
    assert before + told(log_of(small)) == happened(small)


def test_a_log_whose_folder_is_moved_while_the_job_runs_gets_its_lines_there_until_there_is_another(
    small: Small,
) -> None:
    run = begun(small)
    moved = small.folder.rename(small.folder.with_name("moved"))
    goes_on(small, run)
    assert told(moved / "progress.log") + told(log_of(small)) == happened(small)


def test_a_job_that_goes_on_adds_to_its_log(small: Small) -> None:
    assert begun(small).ask_to_end() == 3
    small.run()
    assert told(log_of(small)) == happened(small)


def test_a_log_that_ends_in_half_a_line_goes_on_with_a_line_of_its_own(small: Small) -> None:
    assert begun(small).ask_to_end() == 3
    with open(log_of(small), "a", encoding="utf-8") as log:
        log.write("2026-01-31 23:59:59 INFO    half a li")
    before = len(told_of(log_of(small).read_text(encoding="utf-8")))
    small.run()
    assert told(log_of(small))[:before] == [*happened(small)[: before - 1], "half a li"]
    assert told(log_of(small))[before:] == happened(small)[before - 1 :]


def test_a_log_that_would_become_too_large_is_kept_and_of_the_old_ones_the_last_five(small: Small) -> None:
    small.lay_out(numbered(2)).run()
    before = len(happened(small))
    os.truncate(log_of(small), LARGEST - 10)
    for number in range(1, 6):
        log_of(small).with_name(f"progress.log.{number}").write_text(f"{number}\n")
    small.write_items(numbered(4))
    small.run()
    assert told(log_of(small)) == happened(small)[before:]
    assert log_of(small).with_name("progress.log.1").stat().st_size == LARGEST - 10
    kept = [log_of(small).with_name(f"progress.log.{number}").read_text() for number in range(2, 6)]
    assert kept == ["1\n", "2\n", "3\n", "4\n"]
    assert len(list(small.folder.glob("progress.log.*"))) == 5


def test_the_same_events_are_kept_as_json_where_that_is_asked_for(small: Small) -> None:
    small.lay_out(numbered(2), settings={"json_log": True}).run()
    records = (small.folder / "progress.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(record)["text"] for record in records] == happened(small) == told(log_of(small))


def test_a_line_for_which_there_is_no_room_is_left_out_and_the_next_one_is_whole(small: Small) -> None:
    project = find_project(small.lay_out(numbered(2)).root)
    database = open_store(small.state / "store.sqlite", create=True)
    job, _ = jobs.submit(database, load_pipeline(project, PIPELINE), TARGET, JobOptions(agent="plain"))
    logs = ProgressLogSinks(project, database)
    with logs.of(job):
        logs.write(Event(job=job.id, at=1.0, kind="some", text="first"))
        with no_file_larger_than(log_of(small).stat().st_size + 10):
            logs.write(Event(job=job.id, at=2.0, kind="some", text="second"))
        logs.write(Event(job=job.id, at=3.0, kind="some", text="third"))
    database.close()
    assert told(log_of(small)) == ["first", "third"]


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """Writes beyond it are cut off there, and then fail, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
