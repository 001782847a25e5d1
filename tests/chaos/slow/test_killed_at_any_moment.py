"""kill -9 of the supervisor at any moment costs what was in flight and nothing else."""

from __future__ import annotations

import json
import os
import random
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import processes
from tests.support.course_files import made
from tests.support.project_folder import Project, Session
from tests.support.repository_content import copied_content
from tests.support.scripted_project import Small, numbered, said
from tests.support.waiting import until

TARGET = "ita_for_eng_full"
RUN = ("run", "course", TARGET)
KILLS = 5
MOST_LINES = 60
GO_ON = ("elapsed_s", "sessions", "attempts")
"""What does not start at zero again."""


MOST_KILLED = {"terminal.spawner": 4, "project_code.code_worker": 1, "agents.phrasebook": 2}
"""Part of a command line, and how often such a process is killed: an agent three times in one batch, or a worker twice
over one batch, would be reason to give the batch up."""


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a run that nobody disturbed."""
    project = Project(copied_content(tmp_path_factory.mktemp("clean").resolve() / "course"))
    project.done(*RUN)
    return made(project, TARGET)


def whole(session: Session) -> bool:
    """Whether a session wrote its output to the end."""
    try:
        json.loads(session.output.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return True


@pytest.mark.parametrize("at_once", [False, True], ids=["after its sessions ended", "at once"])
@pytest.mark.parametrize("seed", [1, 2])
def test_killed_at_many_moments_and_begun_again_it_completes_as_if_nothing_had_been(
    course: Callable[[], Project], clean: dict[str, bytes], seed: int, at_once: bool
) -> None:
    project = course()
    moments = random.Random(f"{seed} {at_once}")
    before = dict.fromkeys(GO_ON, 0.0)
    for _ in range(KILLS):
        running = project.begin(*RUN)
        running.read_lines(moments.randint(1, MOST_LINES))
        running.kill()
        if not at_once:
            processes.none_left(project.root)
        if project.rows("SELECT 1 FROM jobs"):
            now = project.status()
            assert now["status"] != "completed", "it was killed too late to tell anything: take fewer lines"
            assert all(now[name] >= before[name] for name in GO_ON), (before, now)
            before = {name: now[name] for name in GO_ON}
    project.done(*RUN)
    assert made(project, TARGET) == clean
    processes.none_left(project.root)
    after = project.status()
    assert all(after[name] >= before[name] > 0 for name in GO_ON), (before, after)
    sessions = project.sessions()
    begun = {row["name"] for row in project.rows("SELECT name FROM attempts")}
    assert after["sessions"] == len(begun)
    assert {each.name for each in sessions} <= begun
    # Each batch took one attempt: what was cut off counts as none, and what was finished was not done again.
    assert after["attempts"] == sum(phase["batches"]["total"] for phase in after["phases"])
    answered = Counter((each.phase, item) for each in sessions if whole(each) for item in each.asked)
    assert set(answered.values()) == {1}, "an item was done again whose session had finished"
    assert len(answered) == 2 * 668 + len(json.loads(clean["lego_baskets.json"]))
    ended = project.rows("SELECT name FROM attempts WHERE outcome = 'passed'")
    assert {row["name"] for row in ended} == {each.name for each in sessions if whole(each)}


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_process_of_it_is_killed_the_course_completes(
    course: Callable[[], Project], clean: dict[str, bytes], seed: int
) -> None:
    project = course()
    moments = random.Random(seed)
    running = project.begin(*RUN)
    killed: Counter[str] = Counter()
    while running.read_lines(moments.randint(5, 25)):
        for word in moments.sample(list(MOST_KILLED), len(MOST_KILLED)):
            found = [each for each in processes.below(running.pid) if word in each.command]
            if found and killed[word] < MOST_KILLED[word]:
                victim = moments.choice(found)
                try:
                    os.kill(victim.pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
                killed[word] += 1
                break
    assert running.end() == 0, "\n".join(running.lines[-20:]) + running.err
    assert made(project, TARGET) == clean
    assert set(killed) == set(MOST_KILLED)
    processes.none_left(project.root)


def test_killed_before_its_first_line_it_leaves_a_project_that_can_be_run(course: Callable[[], Project]) -> None:
    project = course()
    for _ in range(3):
        running = project.begin("run", "course", "spa_for_eng_20seeds")
        lock = project.state / "supervisor.lock"
        until(lock.exists, "the project is held")
        running.kill()
    project.done("run", "course", "spa_for_eng_20seeds")
    assert project.status()["status"] == "completed"


def test_main_files_left_by_a_kill_parse_and_hold_what_is_merged_only(course: Callable[[], Project]) -> None:
    project = course()
    running = project.begin("run", "course", "spa_for_eng_full")
    running.read_lines(60)
    running.kill()
    for path, phase in _main_files(project):
        value = json.loads(path.read_text(encoding="utf-8"))
        ids = list(value) if isinstance(value, dict) else [row[0] for row in value]
        merged = [
            row["id"]
            for row in project.rows(
                "SELECT id FROM items WHERE phase = ? AND status = 'merged' ORDER BY position", phase
            )
        ]
        assert ids == [item for item in merged if item in set(ids)]
        assert not list(path.parent.glob(f"{path.name}.*-*"))


def _main_files(project: Project) -> list[tuple[Path, int]]:
    folder = project.results("spa_for_eng_full", "courses")
    named = [("seed_pairs.json", 1), ("lego_pairs.json", 3), ("lego_baskets.json", 5)]
    return [(folder / name, phase) for name, phase in named if (folder / name).exists()]


DEAF = """
for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
    signal.signal(number, signal.SIG_IGN)
if session == 1:
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execve(sys.executable, [sys.executable, "-I", "-S", "-c", "import time; time.sleep(100000)"], {})
        os._exit(0)
    os.wait()
    wait_at("gate")
    time.sleep(100000)
write(answers())
"""


def test_agents_that_heed_nothing_and_what_they_left_behind_end_with_a_killed_supervisor(small: Small) -> None:
    small.lay_out(numbered(4), agent=DEAF)
    running = small.begin_run()
    small.at_gate(count=2)
    assert len([each for each in processes.of_project(small.root) if "time.sleep" in each.command]) == 2
    running.kill()
    processes.none_left(small.root)
    small.run()
    assert small.main() == said(numbered(4))


def test_agents_whose_supervisor_and_spawner_were_killed_are_ended_before_anything_starts(small: Small) -> None:
    small.lay_out(numbered(4), agent=DEAF)
    running = small.begin_run()
    small.at_gate(count=2)
    agents = [each for each in processes.of_project(small.root) if "agents/plain.py" in each.command]
    spawner = processes.spawner_of(running.pid)
    os.kill(running.pid, signal.SIGSTOP)  # so that it does not see its spawner die
    os.kill(spawner.pid, signal.SIGKILL)
    running.kill()
    assert [agent for agent in agents if agent.lives], "they ended by themselves: nothing is shown here"
    small.run()
    assert not [agent for agent in agents if agent.lives]
    assert small.main() == said(numbered(4))
    for left in processes.of_project(
        small.root
    ):  # without a mark, a spawner or a parent nobody can tell whose they are
        assert "time.sleep" in left.command
        os.kill(left.pid, signal.SIGKILL)
