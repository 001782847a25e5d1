"""A daemon with many small jobs: what is opened for a job is closed when it ends, and one that waits does nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from supervisor.model.job import JobOptions
from supervisor.project.pipeline_loader import load_pipeline
from supervisor.project.project import find_project
from supervisor.store.database import open_store
from supervisor.store.tables import jobs
from tests.support.project_folder import PROGRAM, Running
from tests.support.scripted_project import ANSWER, PIPELINE, Small, numbered, open_gate
from tests.support.waiting import until

FILES, JOBS, SESSIONS = 48, 60, 2
AGENTS = {"waits": f"wait_at('gate')\n{ANSWER}", "unable": "print('not signed in')\nsys.exit(78)\n", "wrong": "pass\n"}


@pytest.fixture
def daemon(small: Small) -> Running:
    """A daemon that may open few files, and has two sessions at once."""
    small.lay_out(numbered(2), agents=AGENTS, settings={"concurrency": SESSIONS, "json_log": True})
    limited = ["sh", "-c", f'ulimit -n {FILES}; exec "$@"', "sh", *PROGRAM, "daemon", "--stay"]
    daemon = Running(limited, small.root, small.environment())
    until((small.state / "supervisor.json").exists, "the daemon holds the project")
    return daemon


def queue(small: Small, targets: Sequence[str], agent: str = "plain") -> None:
    """Queue a job for each target, faster than commands do."""
    pipeline = load_pipeline(find_project(small.root), PIPELINE)
    database = open_store(small.state / "store.sqlite", create=True)
    try:
        for target in targets:
            jobs.submit(database, pipeline, target, JobOptions(agent=agent, concurrency=SESSIONS, max_attempts=1))
    finally:
        database.close()


def open_files(small: Small, daemon: Running) -> list[str]:
    """What the daemon has open of its project, by name."""
    links = [_link(entry) for entry in Path(f"/proc/{daemon.pid}/fd").iterdir()]
    assert daemon.process.poll() is None
    return sorted(link for link in links if link.startswith(str(small.root)))


def threads(daemon: Running) -> int:
    return len(list(Path(f"/proc/{daemon.pid}/task").iterdir()))


def _link(entry: Path) -> str:
    try:
        return os.readlink(entry)
    except FileNotFoundError:  # closed meanwhile
        return ""


def test_a_daemon_does_more_jobs_than_it_may_open_files(small: Small, daemon: Running) -> None:
    queue(small, [f"target_{number}" for number in range(JOBS)])
    until(lambda: not small.rows("SELECT 1 FROM jobs WHERE status <> 'completed' LIMIT 1"), "the end of all jobs")
    assert small.events("machine_fault") == small.events("session_not_started") == []
    assert threads(daemon) < JOBS  # those that all jobs share, and none for each
    assert daemon.ask_to_end() == 0
    for number in range(JOBS):
        assert small.log(f"target_{number}", "made").splitlines()[-1].partition(": ")[2].startswith("completed")


def _completed(small: Small) -> None:
    queue(small, ["one"])
    assert small.until_ended("one") == "completed"


def _failed(small: Small) -> None:
    queue(small, ["one"], "wrong")
    assert small.until_ended("one") == "failed"


def _stopped_by_an_error(small: Small) -> None:
    queue(small, ["one"], "unable")
    assert small.until_ended("one") == "stopped"


def _stopped(small: Small) -> None:
    queue(small, ["one"], "waits")
    small.at_gate()
    small.done("stop", f"{PIPELINE}/one")


def _cancelled(small: Small) -> None:
    queue(small, ["one"], "waits")
    small.at_gate()
    small.done("cancel", f"{PIPELINE}/one")


def _never_begun(small: Small) -> None:
    (small.root / "vfs/items.json").unlink()
    queue(small, ["one"])
    assert small.until_ended("one") in ("failed", "stopped")


@pytest.mark.parametrize("end", [_completed, _failed, _stopped_by_an_error, _stopped, _cancelled, _never_begun])
def test_nothing_stays_open_of_a_job_that_ended(small: Small, daemon: Running, end: Callable[[Small], None]) -> None:
    queue(small, ["first"])
    small.until_ended("first")
    until(lambda: not any("first" in name for name in open_files(small, daemon)), "the log of the first job is closed")
    before = open_files(small, daemon)
    end(small)
    until((small.results("one", "made") / "progress.log").exists, "the log of the second job")
    until(lambda: open_files(small, daemon) == before, "all of the second job is closed")


def test_the_logs_of_a_job_are_open_while_it_is_worked_on(small: Small, daemon: Running) -> None:
    queue(small, ["one"], "waits")
    (session,) = small.at_gate()
    names = [Path(name).name for name in open_files(small, daemon)]
    assert names.count("progress.log") == names.count("progress.jsonl") == 1
    open_gate(session)
    assert small.until_ended("one") == "completed"


def test_a_job_that_waits_for_sessions_of_others_does_nothing(small: Small, daemon: Running) -> None:
    queue(small, ["one", "two"], "waits")
    standing = small.at_gate(count=2)
    queue(small, ["three"])
    until(lambda: len(small.events("job_started")) == 3, "the third job has begun")
    woken: list[int] = []

    def stands_still() -> bool:
        woken.append(_woken(daemon))
        return len(woken) > 20 and len(set(woken[-20:])) == 1

    until(stands_still, "the daemon stands still")
    assert small.job_status("three") == "running"
    for session in standing:
        open_gate(session)
    assert small.until_ended("three") == "completed"


def _woken(daemon: Running) -> int:
    """How often the daemon's loop has waited for something."""
    status = Path(f"/proc/{daemon.pid}/status").read_text(encoding="ascii")
    assert daemon.process.poll() is None
    return int(status.partition("voluntary_ctxt_switches:")[2].split()[0])
