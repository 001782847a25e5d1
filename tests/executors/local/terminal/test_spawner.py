"""The process that starts sessions, killed."""

from __future__ import annotations

import os
import signal

from tests.support import processes
from tests.support.scripted_project import Small, numbered, said


def test_the_spawner_killed_in_the_middle_loses_no_work_and_leaves_no_process(small: Small) -> None:
    """Its sessions cannot be watched any more: they are ended, and no attempt of the agent's is counted."""
    deaf = """
if session == 1:
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    wait_at("gate")
    time.sleep(100000)
write(answers())
"""
    small.lay_out(numbered(6), agent=deaf, settings={"max_attempts": 1})
    running = small.begin_run()
    small.at_gate(count=3)
    spawner = processes.spawner_of(running.pid)
    os.kill(spawner.pid, signal.SIGKILL)
    assert running.end() == 0, "\n".join(running.lines) + running.err
    assert small.main() == said(numbered(6))
    processes.none_left(small.root)
