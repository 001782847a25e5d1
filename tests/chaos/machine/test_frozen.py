"""All processes of a job are stopped for longer than a session may be silent, and go on: nobody's time has passed."""

from __future__ import annotations

import os
import signal
import time

from supervisor.host.process_tree import descendants
from tests.support.scripted_project import TARGET, WAITS, Small, numbered, open_gate, said

STALL_S = 5.0
STOPPED_S = 14.0


def test_a_job_whose_processes_were_stopped_goes_on_as_if_nothing_had_been(small: Small) -> None:
    small.lay_out(
        numbered(2), agent=WAITS, settings={"stall_timeout": STALL_S, "startup_timeout": STALL_S, "max_runtime": 12}
    )
    running = small.begin_run()
    (session,) = small.at_gate()
    tree = [running.pid, *descendants(running.pid)]
    for pid in tree:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(STOPPED_S)
    for pid in reversed(tree):
        os.kill(pid, signal.SIGCONT)
    open_gate(session)
    assert running.end() == 0
    assert small.main() == said(numbered(2))
    assert [each["outcome"] for each in small.rows("SELECT outcome FROM attempts")] == ["passed"]
    assert small.status(f"small/{TARGET}")["elapsed_s"] < STOPPED_S - 2
