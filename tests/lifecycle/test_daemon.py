"""The background process: handed work, it does it whoever leaves or dies, and says how far it is."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from tests.support import processes
from tests.support.project_folder import PROGRAM, Running
from tests.support.scripted_project import AGENT_BEGINS, ANSWER, TARGET, WAITS, Small, numbered, open_gate, said
from tests.support.waiting import PATIENCE_S, until

JOB = f"small/{TARGET}"
WAITS_ONCE = "if session == 1:\n    wait_at('gate')\nwrite(answers())\n"


def started(small: Small, agent: str = WAITS, items: int = 4, **agents: str) -> Small:
    """A daemon whose sessions, two items each, stand at the gate."""
    small.lay_out(numbered(items), agent=agent, agents={"other": ANSWER, **agents})
    small.done("start", "small", TARGET)
    small.at_gate(count=items // 2)
    return small


def open_all(small: Small, count: int) -> None:
    for session in small.at_gate(count=count):
        open_gate(session)


def test_start_returns_with_the_job_in_the_store_and_the_daemon_does_it(small: Small) -> None:
    started(small)
    (job,) = small.rows("SELECT * FROM jobs")
    assert (job["pipeline"], job["target"]) == ("small", TARGET)
    assert job["status"] in ("queued", "running")
    open_all(small, 2)
    assert small.until_ended() == "completed"
    assert small.main() == said(numbered(4))
    assert "completed" in small.progress
    processes.none_left(small.root)  # nothing is left to do, so it ended by itself


def test_start_says_how_to_watch_and_which_process_works(small: Small) -> None:
    small.lay_out(numbered(2), agent=WAITS)
    ended = small.done("start", "small", TARGET)
    assert f"process {small.daemon_pid()}" in ended.out
    assert "supervisor watch" in ended.out and "progress.log" in ended.out
    open_all(small, 1)
    small.until_ended()


def test_a_daemon_works_on_though_the_command_that_started_it_was_killed_before_it_was_ready(small: Small) -> None:
    small.lay_out(numbered(2))
    killed = small.cli("start", "small", TARGET, SUPERVISOR_FAILPOINTS="daemon.started=1")
    assert killed.status == -signal.SIGKILL
    assert small.until_ended() == "completed"
    processes.none_left(small.root)


def test_a_daemon_survives_the_shell_that_started_it(small: Small) -> None:
    small.lay_out(numbered(2), agent=WAITS)
    command = " ".join(PROGRAM) + f" start small {TARGET}; kill -HUP 0; kill -9 $$"
    shell = subprocess.Popen(
        ["sh", "-c", command],
        cwd=small.root,
        env=small.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    shell.wait(PATIENCE_S)
    (session,) = small.at_gate()
    daemon = processes.process(small.daemon_pid())
    assert os.getsid(daemon.pid) == daemon.pid
    assert daemon.lives
    open_gate(session)
    assert small.until_ended() == "completed"


def test_what_it_does_is_in_the_progress_log_while_it_does_it(small: Small) -> None:
    started(small)
    assert "phase 1 batch 1/2: session 1 started" in small.progress
    assert "items merged" not in small.progress
    open_gate(small.at_gate(count=2)[0])
    until(lambda: "phase 1 batch 1/2: 2 items merged" in small.progress, "the line of the batch")
    open_gate(small.at_gate()[0])
    small.until_ended()


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


def test_to_retry_what_is_left_out_is_refused_with_the_reason(small: Small) -> None:
    small.lay_out(numbered(4), phases=({}, {}))
    small.run()
    small.path(1).write_text(json.dumps({i: v for i, v in small.main(1).items() if i != "i02"}))
    small.run()
    assert set(small.main(2)) == {"i01", "i03", "i04"}
    ended = small.done("retry", JOB, "--phase", "2", "--items", "i02", status=2)
    assert "left out of phase 2: i02; what they come from was removed from phase 1 by hand" in ended.err
    assert f"`supervisor retry {JOB} --phase 1 --items 'i02'`" in ended.err


def test_a_run_of_what_the_daemon_does_attaches_and_ends_with_it(small: Small) -> None:
    started(small)
    running = small.begin("run", "small", TARGET)
    until(lambda: "watching it" in running.err, "it says that it watches")
    open_all(small, 2)
    running.line_with("phase 1 batch", "2 items merged")
    assert running.end() == 0
    assert "completed after" in "\n".join(running.lines)
    assert len(small.sessions()) == 2


def test_a_run_that_attached_and_is_interrupted_leaves_the_job_alone(small: Small) -> None:
    started(small)
    running = small.begin("run", "small", TARGET)
    until(lambda: "watching it" in running.err, "it says that it watches")
    running.process.send_signal(signal.SIGINT)
    running.end()
    assert "Traceback" not in running.err
    open_all(small, 2)
    assert small.until_ended() == "completed"


def test_a_run_that_attached_ends_with_3_when_the_daemon_is_stopped(small: Small) -> None:
    started(small)
    running = small.begin("run", "small", TARGET)
    until(lambda: "watching it" in running.err, "it says that it watches")
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


def test_systemd_is_told_when_it_is_ready_and_when_it_stops(small: Small, tmp_path: Path) -> None:
    small.lay_out(numbered(2))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(PATIENCE_S)
        daemon = small.begin("daemon", "--stay", NOTIFY_SOCKET=str(tmp_path / "notify"))
        assert listener.recv(1024).split(b"\n")[0] == b"READY=1"
        assert small.daemon_pid() == daemon.pid
        small.done("start", "small", TARGET)
        assert small.until_ended() == "completed"
        daemon.process.send_signal(signal.SIGTERM)
        assert listener.recv(1024).split(b"\n")[0] == b"STOPPING=1"
        assert daemon.end() == 0


def test_a_job_whose_pipeline_was_broken_meanwhile_fails_alone(small: Small) -> None:
    started(small)
    small.write("phase_intelligence/broken/pipeline.toml", 'name = "broken"\n')
    refused = small.cli("start", "broken", TARGET)
    assert refused.status == 2
    assert small.rows("SELECT pipeline FROM jobs") == [{"pipeline": "small"}]
    open_all(small, 2)
    assert small.until_ended() == "completed"


def test_fresh_in_the_background_begins_anew(small: Small) -> None:
    small.lay_out(numbered(2)).run()
    small.done("start", "small", TARGET, "--fresh")
    assert small.until_ended() == "completed"
    assert len(small.sessions()) == 2
    (aside,) = small.folder.glob("set_aside_*")
    assert json.loads((aside / "out_1.json").read_text()) == small.main() == said(numbered(2))


def test_fresh_of_a_job_that_the_daemon_works_on_is_not_passed_over_in_silence(small: Small) -> None:
    started(small)
    refused = small.cli("start", "small", TARGET, "--fresh")
    assert refused.status != 0
    assert len(small.sessions()) == 2
    assert not list(small.folder.glob("set_aside_*"))
    open_all(small, 2)
    assert small.until_ended() == "completed"


def test_a_job_that_cannot_go_on_says_why_and_the_daemon_does_the_others(small: Small) -> None:
    small.lay_out(numbered(2), agents={"unable": "print('not signed in')\nsys.exit(78)\n"})
    small.done("start", "small", "one", "--agent", "unable")
    assert small.until_ended("one") == "stopped"
    small.done("start", "small", "two")
    assert small.until_ended("two") == "completed"
    assert "not signed in" in small.done("status", "small/one").out
    small.done("start", "small", "one", "--agent", "plain")
    assert small.until_ended("one") == "completed"


def test_retry_of_a_job_at_work_is_refused(small: Small) -> None:
    started(small)
    refused = small.cli("retry", JOB)
    assert refused.status == 2
    assert "supervisor stop" in refused.err
    open_all(small, 2)
    assert small.until_ended() == "completed"


def test_stop_of_a_job_reaches_a_run_in_the_foreground(small: Small) -> None:
    small.lay_out(numbered(2), agent=WAITS)
    running = small.begin_run()
    small.at_gate()
    small.done("stop", JOB)
    assert running.end() == 3
    assert small.job_status() == "stopped"
    processes.none_left(small.root)


def test_a_job_whose_pipeline_cannot_be_run_any_more_fails_and_the_daemon_ends(small: Small) -> None:
    started(small)
    os.kill(small.daemon_pid(), signal.SIGKILL)
    processes.none_left(small.root)
    small.write_phases([{"kind": "sesion"}])
    small.done("daemon")
    assert small.job_status() == "failed"
    assert "there is no phase kind 'sesion'" in small.progress
    assert "there is no phase kind 'sesion'" in small.done("doctor", status=4).out
