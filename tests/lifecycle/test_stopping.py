"""A job, or the whole daemon, is asked to end or is killed: what is done is kept, and it goes on."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.lifecycle.started_job import JOB, WAITS_ONCE, started
from tests.support import processes
from tests.support.scripted_project import AGENT_BEGINS, ANSWER, TARGET, WAITS, Small, numbered, open_gate, said
from tests.support.waiting import until


def test_a_cancelled_job_is_gone_on_with_by_run_and_not_by_resume(small: Small) -> None:
    started(small)
    small.done("cancel", JOB)
    ended = small.done("resume", JOB, status=2)
    assert "job 1 was cancelled, which is for good" in ended.err
    assert "`supervisor run small demo`" in ended.err
    assert small.job_status() == "cancelled"
    small.write("agents/plain.py", AGENT_BEGINS + ANSWER)
    small.run()
    assert small.main() == said(numbered(4))


def test_stop_of_a_job_ends_its_sessions_and_resume_goes_on(small: Small) -> None:
    started(small, WAITS_ONCE)
    open_gate(small.at_gate(count=2)[0])
    until(lambda: small.rows("SELECT 1 FROM batches WHERE status = 'done'"), "the first batch")
    agents = [each for each in processes.of_project(small.root) if "agents/plain.py" in each.command]
    assert agents
    assert "stopped" in small.done("stop", JOB).out
    assert small.job_status() == "stopped"
    assert not any(agent.lives for agent in agents)
    assert len(small.rows("SELECT 1 FROM items WHERE status = 'merged'")) == 2
    small.done("resume", JOB)
    assert small.until_ended() == "completed"
    assert [(each.batch, each.number) for each in small.sessions()] == [(1, 1), (2, 1), (2, 2)]
    assert small.main() == said(numbered(4))


def test_cancel_ends_a_job_for_good_and_keeps_what_is_merged(small: Small) -> None:
    started(small)
    open_gate(small.at_gate(count=2)[0])
    until(lambda: small.rows("SELECT 1 FROM batches WHERE status = 'done'"), "the first batch")
    small.done("cancel", JOB)
    assert small.job_status() == "cancelled"
    assert list(small.main()) == ["i01", "i02"]
    small.lay_out(numbered(2), agent=ANSWER)
    small.done("start", "small", "another")
    assert small.until_ended("another") == "completed"
    assert small.job_status(TARGET) == "cancelled"  # no daemon takes it up again by itself


def test_stop_of_everything_ends_the_daemon(small: Small) -> None:
    started(small)
    daemon = processes.process(small.daemon_pid())
    ended = small.done("stop")
    assert "the daemon has ended" in ended.out
    assert not daemon.lives
    assert small.job_status() == "stopped"
    processes.none_left(small.root)
    assert "no daemon is running" in small.done("stop").out


def test_a_stop_asked_while_the_daemon_still_prepares_the_job_is_heeded(small: Small) -> None:
    """Its items stand in a pipe, so that the daemon is held where it reads them, before the job counts as running."""
    small.lay_out(numbered(2))
    items = small.root / "vfs/items.json"
    text = items.read_text()
    items.unlink()
    os.mkfifo(items)
    starting = small.begin("start", "small", TARGET)
    until(lambda: (_feed(items, text), small.rows("SELECT 1 FROM jobs"))[1], "the command looked at the items")
    assert starting.end() == 0, starting.err
    assert small.job_status() == "queued"
    stopping = small.begin("stop", JOB)
    until(lambda: small.rows("SELECT 1 FROM jobs WHERE status = 'stopped' OR stop_request = 'stop'"), "the request")
    holder = small.state / "supervisor.json"
    until(lambda: (_feed(items, text), not holder.exists())[1], "the daemon has nothing left to do")
    assert stopping.end() == 0
    assert small.job_status() == "stopped"
    assert not small.sessions()


def _feed(pipe: Path, text: str) -> None:
    """Write a text to a pipe where somebody reads from it now."""
    try:
        descriptor = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return
    try:
        os.write(descriptor, text.encode())
    except BrokenPipeError:
        return
    finally:
        os.close(descriptor)


def test_sigterm_ends_the_sessions_keeps_the_work_and_the_next_daemon_goes_on(small: Small) -> None:
    small.lay_out(numbered(4), agent=WAITS_ONCE)
    daemon = small.begin("daemon", "--stay")
    until((small.state / "supervisor.json").exists, "the daemon holds the project")
    small.done("start", "small", TARGET)
    open_gate(small.at_gate(count=2)[0])
    until(lambda: small.rows("SELECT 1 FROM batches WHERE status = 'done'"), "the first batch")
    assert daemon.ask_to_end() == 3
    processes.none_left(small.root)
    assert list(small.main()) == ["i01", "i02"]
    again = small.begin("daemon")
    assert again.end() == 0
    assert small.job_status() == "completed"
    assert small.main() == said(numbered(4))
    assert [(each.batch, each.number) for each in small.sessions()] == [(1, 1), (2, 1), (2, 2)]


def test_sigterm_with_nothing_left_to_do_ends_with_0(small: Small) -> None:
    small.lay_out(numbered(2))
    daemon = small.begin("daemon", "--stay")
    until((small.state / "supervisor.json").exists, "the daemon holds the project")
    small.done("start", "small", TARGET)
    assert small.until_ended() == "completed"
    assert daemon.ask_to_end() == 0


def test_after_kill_9_of_the_daemon_the_next_start_goes_on_with_the_options_it_names(small: Small) -> None:
    started(small)
    open_gate(small.at_gate(count=2)[0])
    until(lambda: small.rows("SELECT 1 FROM batches WHERE status = 'done'"), "the first batch")
    os.kill(small.daemon_pid(), signal.SIGKILL)
    small.done("start", "small", TARGET, "--agent", "other")
    assert small.until_ended() == "completed"
    assert small.main() == said(numbered(4))
    assert [(each.batch, each.number) for each in small.sessions()] == [(1, 1), (2, 1), (2, 2)]
    assert [row["agent"] for row in small.rows("SELECT agent FROM attempts")] == ["plain", "plain", "other"]


def test_after_kill_9_of_the_daemon_status_and_stop_answer(small: Small) -> None:
    started(small)
    os.kill(small.daemon_pid(), signal.SIGKILL)
    processes.none_left(small.root)
    small.status()
    small.done("stop", JOB)
    assert small.job_status() == "stopped"


def test_stop_of_a_job_reaches_a_run_in_the_foreground(small: Small) -> None:
    small.lay_out(numbered(2), agent=WAITS)
    running = small.begin_run()
    small.at_gate()
    small.done("stop", JOB)
    assert running.end() == 3
    assert small.job_status() == "stopped"
    processes.none_left(small.root)
