"""One supervisor at a time on a project: the second one says which process holds it, and touches nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support import processes
from tests.support.project_folder import Running
from tests.support.scripted_project import TARGET, WAITS, Small, numbered, open_gate, said


def everything(root: Path) -> dict[str, tuple[int, bytes]]:
    """All files of a project with time and content; the store's own bookkeeping of readers (-shm) is left out."""
    return {
        str(path.relative_to(root)): (path.stat().st_mtime_ns, path.read_bytes())
        for path in root.rglob("*")
        if path.is_file() and not path.name.endswith("-shm") and not path.name.startswith(".stderr")
    }


def rows(small: Small) -> list[list[dict[str, object]]]:
    tables = ("jobs", "phases", "items", "batches", "attempts", "events")
    return [small.rows(f"SELECT * FROM {table}") for table in tables]


SECOND = {
    "run of the same target": ("run", "small", TARGET),
    "run of another target": ("run", "small", "another"),
    "run anew": ("run", "small", TARGET, "--fresh"),
    "start of the same target": ("start", "small", TARGET),
    "start of another target": ("start", "small", "another"),
    "retry": ("retry", f"small/{TARGET}"),
    "resume": ("resume", f"small/{TARGET}"),
    "daemon": ("daemon",),
}


class AtWork(NamedTuple):
    """A project, and the run that works on it."""

    small: Small
    run: Running


@pytest.fixture(scope="module")
def at_work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AtWork]:
    """One run for all second supervisors, with its session at a gate; when they are through it goes on to its end."""
    root = tmp_path_factory.mktemp("at-work").resolve() / "project"
    root.mkdir()
    small = Small(root).lay_out(numbered(2), agent=WAITS)
    running = small.begin_run()
    (session,) = small.at_gate()
    running.line_with("session 1 started")
    yield AtWork(small, running)
    open_gate(session)
    assert running.end() == 0
    assert small.main() == said(numbered(2))
    processes.none_left(root)


@pytest.mark.parametrize("words", SECOND.values(), ids=list(SECOND))
def test_while_a_run_works_a_second_supervisor_names_it_and_touches_nothing(
    at_work: AtWork, words: tuple[str, ...]
) -> None:
    small = at_work.small
    files, stored = everything(small.root), rows(small)
    second = small.cli(*words)
    assert second.status == 4
    assert str(at_work.run.pid) in second.err
    assert "run" in second.err
    assert everything(small.root) == files
    assert rows(small) == stored


def test_while_a_daemon_works_a_run_of_another_target_names_it_and_touches_nothing(small: Small) -> None:
    small.lay_out(numbered(2), agent=WAITS)
    small.done("start", "small", TARGET)
    (session,) = small.at_gate()
    files, stored = everything(small.root), rows(small)
    second = small.cli("run", "small", "another")
    assert second.status == 4
    assert str(small.daemon_pid()) in second.err and "daemon" in second.err
    assert everything(small.root) == files
    assert rows(small) == stored
    open_gate(session)
    assert small.until_ended() == "completed"


def test_a_run_that_died_holds_nothing(small: Small) -> None:
    small.lay_out(numbered(2), agent=WAITS)
    running = small.begin_run()
    small.at_gate()
    running.kill()
    small.write("agents/plain.py", (small.root / "agents/plain.py").read_text().replace("wait_at('gate')\n", ""))
    small.run()
    assert small.main() == said(numbered(2))


def test_two_runs_begun_at_the_same_moment_do_the_work_once(small: Small) -> None:
    small.lay_out(numbered(6))
    both = [small.begin_run(), small.begin_run()]
    statuses = sorted(running.end() for running in both)
    assert statuses[0] == 0
    assert statuses[1] in (0, 4)  # refused, or came when the other was through
    assert len(small.sessions()) == 3
    assert small.main() == said(numbered(6))
