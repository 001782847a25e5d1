"""The background process: handed work, it does it whoever leaves or dies, and says how far it is."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from pathlib import Path

from tests.lifecycle.started_job import JOB, open_all, started
from tests.support import processes
from tests.support.project_folder import PROGRAM
from tests.support.scripted_project import TARGET, WAITS, Small, numbered, open_gate, said
from tests.support.waiting import PATIENCE_S, until


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


def test_to_retry_what_is_left_out_is_refused_with_the_reason(small: Small) -> None:
    small.lay_out(numbered(4), phases=({}, {}))
    small.run()
    small.path(1).write_text(json.dumps({i: v for i, v in small.main(1).items() if i != "i02"}))
    small.run()
    assert set(small.main(2)) == {"i01", "i03", "i04"}
    ended = small.done("retry", JOB, "--phase", "2", "--items", "i02", status=2)
    assert "left out of phase 2: i02; what they come from was removed from phase 1 by hand" in ended.err
    assert f"`supervisor retry {JOB} --phase 1 --items 'i02'`" in ended.err


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


def test_a_job_whose_pipeline_cannot_be_run_any_more_fails_and_the_daemon_ends(small: Small) -> None:
    started(small)
    os.kill(small.daemon_pid(), signal.SIGKILL)
    processes.none_left(small.root)
    small.write_phases([{"kind": "sesion"}])
    small.done("daemon")
    assert small.job_status() == "failed"
    assert "there is no phase kind 'sesion'" in small.progress
    assert "there is no phase kind 'sesion'" in small.done("doctor", status=4).out
