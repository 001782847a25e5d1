"""A project that was copied while it was worked on."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.support import processes
from tests.support.scripted_project import TARGET, WAITS, Small, numbered, open_gate, said


def test_a_copy_made_while_the_original_runs_leaves_the_original_alone(small: Small) -> None:
    small.lay_out(numbered(2), agent=WAITS)
    running = small.begin_run()
    (session,) = small.at_gate()
    agent = next(each for each in processes.of_project(small.root) if "agents/plain.py" in each.command)
    copy = Small(small.root.with_name("copy"))
    shutil.copytree(small.root, copy.root, ignore=shutil.ignore_patterns("gate"))
    copy.write("agents/plain.py", (copy.root / "agents/plain.py").read_text().replace("wait_at('gate')\n", ""))
    copy.run()
    assert copy.main() == said(numbered(2))
    assert agent.lives
    open_gate(session)
    assert running.end() == 0
    assert small.main() == said(numbered(2))


def test_a_copy_of_a_project_with_a_daemon_is_nobodys(small: Small, tmp_path: Path) -> None:
    small.lay_out(numbered(2), agent=WAITS)
    small.done("start", "small", TARGET)
    (session,) = small.at_gate()
    copy = Small(small.root.with_name("copy"))
    shutil.copytree(small.root, copy.root, ignore=shutil.ignore_patterns("gate"))
    copy.write("agents/plain.py", (copy.root / "agents/plain.py").read_text().replace("wait_at('gate')\n", ""))
    assert "no daemon is running" in copy.done("stop").out
    daemon = processes.process(small.daemon_pid())
    copy.run()
    assert copy.main() == said(numbered(2))
    assert daemon.lives
    open_gate(session)
    assert small.until_ended() == "completed"
