"""Notes of processes that are gone: what `doctor` makes of them, and that nobody else is touched."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

from tests.support.damaged_project import Damaged
from tests.support.scripted_project import WAITS, Small, numbered


def test_a_note_with_a_pid_that_another_program_has_now_is_named_and_that_program_left_alone(
    cut_off_project: Damaged,
) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"], cwd="/")
    try:
        note = {
            "pid": stranger.pid,
            "started_ticks": 1,
            "kind": "daemon",
            "root": str(cut_off_project.root),
            "since": 1.0,
        }
        (cut_off_project.state / "supervisor.json").write_text(json.dumps(note))
        cut_off_project.change(f"UPDATE attempts SET handle = json_set(handle, '$.pid', {stranger.pid})")
        said_of_it = f"`daemon`, process {stranger.pid}, ended without a word; that number is another program's now"
        assert said_of_it in cut_off_project.findings()
        assert "no daemon is running" in cut_off_project.done("stop").out
        assert said_of_it in cut_off_project.repair()
        assert len(cut_off_project.again()) == 6
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_run_that_was_interrupted_did_not_end_without_a_word(small: Small) -> None:
    small.lay_out(numbered(4), agent=WAITS)
    running = small.begin_run()
    small.at_gate(count=2)
    running.process.send_signal(signal.SIGINT)
    assert running.end() == 3
    said = small.cli("doctor").out
    assert "ended without a word" not in said
    assert "ok    sessions: 2 were ended with their job, not judged" in said


def test_a_run_that_was_killed_did(small: Small) -> None:
    small.lay_out(numbered(4), agent=WAITS)
    running = small.begin_run()
    small.at_gate(count=2)
    running.kill()
    assert "ended without a word: 2 sessions cut off" in small.cli("doctor").out
