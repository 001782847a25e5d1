"""A session that was cut off was paid for all the same, whether its job goes on or not."""

from __future__ import annotations

import pytest

from tests.support import processes
from tests.support.project_folder import Running
from tests.support.scripted_project import TARGET, Small, numbered, said, tells, until_heard

COSTS = tells(cost_usd=0.5, input_tokens=100)
CUT_OFF = f"{COSTS}if not (here.parents[4] / 'open').exists():\n    wait_at('gate')\nwrite(answers())\n"


@pytest.fixture
def cut_off(small: Small) -> Small:
    """Two sessions stand at a gate, and told before what they cost, where the project has no file `open`."""
    return small.lay_out(numbered(4), agent=CUT_OFF)


def at_work(small: Small) -> Running:
    """A run whose two sessions stand at the gate, and have been heard."""
    running = small.begin_run()
    until_heard(small.at_gate(count=2))
    return running


def of_job(small: Small, job: int) -> float:
    """What the store says that a job cost."""
    return small.rows(f"SELECT sum(cost_usd) AS cost FROM attempts WHERE job = {job}")[0]["cost"] or 0.0


def test_a_job_that_was_stopped_has_the_cost_of_sessions_that_the_stop_ended(cut_off: Small) -> None:
    running = at_work(cut_off)
    assert running.ask_to_end() == 3
    assert cut_off.status()["cost_usd"] == pytest.approx(1.0)
    cut_off.write("open", "")
    cut_off.run()
    assert cut_off.status()["cost_usd"] == pytest.approx(2.0)


def test_a_job_that_is_cancelled_after_its_supervisor_was_killed_has_their_cost_once_another_one_works(
    cut_off: Small,
) -> None:
    running = at_work(cut_off)
    running.kill()
    cut_off.done("cancel", f"small/{TARGET}")
    cut_off.write("open", "")
    cut_off.done("run", "small", "another")
    assert of_job(cut_off, 1) == pytest.approx(1.0)


def test_begun_afresh_after_its_supervisor_was_killed_the_job_before_has_their_cost(cut_off: Small) -> None:
    running = at_work(cut_off)
    running.kill()
    cut_off.write("open", "")
    cut_off.run("--fresh")
    assert (of_job(cut_off, 1), of_job(cut_off, 2)) == (pytest.approx(1.0), pytest.approx(1.0))
    assert cut_off.main() == said(numbered(4))


@pytest.mark.parametrize("point", ["workspace.made", "workspace.written", "session.before_spawn", "session.spawned"])
def test_begun_afresh_no_folder_of_a_session_is_left_that_the_store_does_not_know(small: Small, point: str) -> None:
    small.lay_out(numbered(2), agent=f"{COSTS}write(answers())\n")
    assert small.cli("run", "small", TARGET, SUPERVISOR_FAILPOINTS=f"{point}=1").status == -9
    processes.none_left(small.root)
    small.run("--fresh")
    known = {row["name"] for row in small.rows("SELECT name FROM attempts")}
    assert {session.name for session in small.sessions()} <= known
    assert of_job(small, 2) == pytest.approx(0.5)


@pytest.mark.parametrize("given", [b"", b'{"pipeline": "small", "ite'])
def test_no_folder_is_left_of_a_session_whose_supervisor_died_while_it_wrote_its_input(
    small: Small, given: bytes
) -> None:
    small.lay_out(numbered(2))
    assert small.cli("run", "small", TARGET, SUPERVISOR_FAILPOINTS="workspace.prompt_written=1").status == -9
    (left,) = small.sessions()
    (small.state / "sessions" / left.name / "workspace" / "input.json").write_bytes(given)
    small.run()
    assert {session.name for session in small.sessions()} <= {
        row["name"] for row in small.rows("SELECT name FROM attempts")
    }
