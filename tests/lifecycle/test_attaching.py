"""Watching a job that the daemon works on: by `run`, `start`, `watch` and `logs`."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from tests.lifecycle.started_job import JOB, open_all, started
from tests.support.project_folder import Running
from tests.support.scripted_project import TARGET, Small
from tests.support.waiting import until


def attached(small: Small) -> Running:
    """A `run` of what the daemon works on, which says that it watches."""
    running = small.begin("run", "small", TARGET)
    until(lambda: "watching it" in running.err, "it says that it watches")
    return running


def test_a_second_start_attaches(small: Small) -> None:
    started(small)
    daemon = small.daemon_pid()
    again = small.done("start", "small", TARGET, "--concurrency", "1")
    assert "already" in again.out
    assert "it goes on as it was started: concurrency 4" in again.out
    assert small.daemon_pid() == daemon
    assert len(small.rows("SELECT * FROM jobs")) == 1
    assert len(small.sessions()) == 2
    open_all(small, 2)
    assert small.until_ended() == "completed"
    assert len(small.sessions()) == 2


@pytest.mark.parametrize("command", ["run", "start"])
def test_another_agent_for_a_job_that_is_at_work_is_refused(small: Small, command: str) -> None:
    started(small)
    ended = small.done(command, "small", TARGET, "--agent", "other", status=2)
    assert "job 1 is being worked on with agent 'plain', not 'other'" in ended.err
    assert "supervisor stop 1" in ended.err
    open_all(small, 2)
    assert small.until_ended() == "completed"


def test_a_run_of_what_the_daemon_does_attaches_and_ends_with_it(small: Small) -> None:
    started(small)
    running = attached(small)
    open_all(small, 2)
    running.line_with("phase 1 batch", "2 items merged")
    assert running.end() == 0
    assert "completed after" in "\n".join(running.lines)
    assert len(small.sessions()) == 2


def test_a_run_that_attached_and_is_interrupted_leaves_the_job_alone(small: Small) -> None:
    started(small)
    running = attached(small)
    running.process.send_signal(signal.SIGINT)
    assert running.end() > 0
    assert "Traceback" not in running.err
    open_all(small, 2)
    assert small.until_ended() == "completed"


def test_a_run_that_attached_ends_with_3_when_the_daemon_is_stopped(small: Small) -> None:
    started(small)
    running = attached(small)
    os.kill(small.daemon_pid(), signal.SIGTERM)
    assert running.end() == 3


def test_watching_a_job_whose_daemon_was_killed_ends_and_says_so(small: Small) -> None:
    started(small)
    watching = [small.begin("watch", JOB), small.begin("logs", JOB, "-f"), small.begin("run", "small", TARGET)]
    watching[1].line_with("session 1 started")
    until(lambda: _opened_store(watching[0]) and "watching it" in watching[2].err, "all are watching")
    os.kill(small.daemon_pid(), signal.SIGKILL)
    for each in watching:
        assert each.end() >= 0, "it went on for ever"
        told = "\n".join(each.lines) + each.err
        assert "resume" in told or "start" in told or "run" in told, told
        assert "Traceback" not in told


def test_watch_and_logs_print_lines_into_a_pipe_until_the_end(small: Small) -> None:
    started(small)
    logs, watch = small.begin("logs", JOB, "-f"), small.begin("watch", JOB)
    logs.line_with("session 1 started")
    until(lambda: _opened_store(watch), "watch looks at the store")
    open_all(small, 2)
    assert (logs.end(), watch.end()) == (0, 0)
    assert [line.partition(" INFO")[2].strip() for line in logs.lines] == [e["text"] for e in small.events()]
    assert any("2 items merged" in line for line in watch.lines)
    assert any("completed after" in line for line in watch.lines)
    as_json = [json.loads(line) for line in small.done("logs", JOB, "--json").out.splitlines()]
    assert [each["kind"] for each in as_json] == [event["kind"] for event in small.events()]


def _opened_store(running: Running) -> bool:
    try:
        links = [os.readlink(entry) for entry in Path(f"/proc/{running.pid}/fd").iterdir()]
    except OSError:
        return False
    return any(link.endswith("store.sqlite") for link in links)
