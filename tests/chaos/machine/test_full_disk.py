"""The project's disk fills up while a job runs: it waits, says so, and goes on when there is room again."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.chaos.machine.aftermath import broken, not_undisturbed, traces
from tests.chaos.machine.three_phases import AGENT, lay_out
from tests.chaos.machine.trial import RUN, WAITS, environment
from tests.chaos.machine.undisturbed import Calm
from tests.support.project_folder import Running
from tests.support.scripted_project import PIPELINE, TARGET, Small, open_gate
from tests.support.small_disk import fill, mounted, use_up_files
from tests.support.waiting import until

RESERVE = 1024 * 1024
"""What is kept free here."""
ROOM, FILES = "MiB free on the disk", "more files on the disk"
_GATED = f"""\
if phase == 2 and batch == 1 and session == 1:
    wait_at("gate")
{AGENT}"""
_NEEDS_ROOM = f"""\
if phase == 2 and batch == 1 and session == 1:
    wait_at("gate")
    try:
        Path("draft").write_bytes(bytes({RESERVE}))
    except OSError as error:
        Path("draft").unlink()
        sys.exit(f"I could not write: {{error}}")
{AGENT}"""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 8 MiB, for 600 files."""
    with mounted(tmp_path.resolve() / "disk", "size=8m,nr_inodes=600") as folder:
        yield folder


def _begun(disk: Path, *, reserve: int = RESERVE, agent: str = _GATED) -> tuple[Small, Running]:
    """A run of which one session stands before a gate, and everything else that can be done is done.

    What it prints goes to another disk.
    """
    project = lay_out(disk / "project", agent=agent, settings={"min_free_bytes": reserve})
    run = Running([*RUN, "--project", str(project.root)], disk.parent, environment(project))
    project.at_gate()
    until(lambda: len(project.rows("SELECT id FROM batches WHERE status = 'done'")) == 5, "all other batches")
    return project, run


def _goes_on(project: Small) -> None:
    open_gate(project.at_gate()[0])


def _says_why(project: Small, why: str) -> None:
    """The job is paused, and everybody who asks is told why."""
    until(lambda: project.job_status() == "paused", "a pause")
    assert project.status()["status"] == "paused"
    assert why in project.done("status").out
    until(lambda: why in project.progress, "the reason in progress.log")


def _completes(project: Small, run: Running, calm: Calm, figures: dict[str, int]) -> None:
    status = run.end()
    wrong = [*traces(project, run.err, *run.lines), *not_undisturbed(project, calm.main_files)]
    figures |= {"runs": 1, "faults": 1, "waited": 1, "wrong": len(wrong)}
    assert not wrong, "\n".join(wrong)
    assert status == 0, run.err


@pytest.mark.parametrize(
    ("use_up", "why"),
    [
        (lambda path: fill(path, leave=RESERVE // 2), ROOM),
        (lambda path: use_up_files(path, leave=50), FILES),
    ],
    ids=["room", "files"],
)
def test_without_room_no_session_is_started_until_there_is_some(
    use_up: Callable[[Path], None], why: str, disk: Path, calm: Calm, figures: dict[str, int]
) -> None:
    project, run = _begun(disk)
    use_up(disk / "big")
    _goes_on(project)
    _says_why(project, why)
    assert not list(broken(project, calm.main_files))
    _remove(disk / "big")
    _completes(project, run, calm, figures)
    assert "there is room on the disk again" in project.progress


def test_an_agent_that_found_no_room_made_no_attempt(disk: Path, calm: Calm, figures: dict[str, int]) -> None:
    project, run = _begun(disk, agent=_NEEDS_ROOM)
    fill(disk / "big", leave=RESERVE // 2)
    _goes_on(project)
    _says_why(project, ROOM)
    (tried,) = project.rows("SELECT outcome, counted, errors FROM attempts WHERE outcome <> 'passed'")
    assert (tried["outcome"], tried["counted"]) == ("failed", 0)
    assert "I could not write: " in tried["errors"]
    _remove(disk / "big")
    _completes(project, run, calm, figures)


@pytest.mark.parametrize("use_up", [fill, use_up_files], ids=["room", "files"])
@pytest.mark.parametrize("reserve", [RESERVE, 0])
def test_a_disk_that_is_full_to_the_last_byte_stops_nothing_for_good(
    reserve: int, use_up: Callable[[Path], None], disk: Path, calm: Calm, figures: dict[str, int]
) -> None:
    project, run = _begun(disk, reserve=reserve)
    use_up(disk / "big")
    _goes_on(project)
    until(lambda: WAITS in run.err or project.job_status() == "paused", "a pause")
    assert not list(broken(project, calm.main_files))
    _remove(disk / "big")
    _completes(project, run, calm, figures)


def test_a_run_on_a_full_disk_says_so_and_the_same_command_goes_on(
    disk: Path, calm: Calm, figures: dict[str, int]
) -> None:
    project = lay_out(disk / "project", settings={"min_free_bytes": 0})
    fill(disk / "big")
    ended = project.cli("run", PIPELINE, TARGET, PYTHONDONTWRITEBYTECODE="1")
    assert ended.status == 4 and ("full" in ended.err or "No space left" in ended.err), ended
    _remove(disk / "big")
    project.done("run", PIPELINE, TARGET)
    wrong = [*traces(project, ended.err, ended.out), *not_undisturbed(project, calm.main_files)]
    figures |= {"runs": 1, "faults": 1, "stopped": 1, "wrong": len(wrong)}
    assert not wrong, "\n".join(wrong)


def test_a_job_of_the_daemon_waits_for_room_too(disk: Path, calm: Calm, figures: dict[str, int]) -> None:
    project = lay_out(disk / "project", agent=_GATED, settings={"min_free_bytes": RESERVE})
    project.done("start", PIPELINE, TARGET)
    project.at_gate()
    fill(disk / "big", leave=RESERVE // 2)
    _goes_on(project)
    _says_why(project, ROOM)
    _remove(disk / "big")
    assert project.until_ended() == "completed"
    project.end_daemon()
    wrong = [*traces(project), *not_undisturbed(project, calm.main_files)]
    figures |= {"runs": 1, "faults": 1, "waited": 1, "wrong": len(wrong)}
    assert not wrong, "\n".join(wrong)


def test_a_job_that_waits_for_room_can_be_stopped(disk: Path, calm: Calm, figures: dict[str, int]) -> None:
    project, run = _begun(disk)
    fill(disk / "big", leave=RESERVE // 2)
    _goes_on(project)
    _says_why(project, ROOM)
    assert run.ask_to_end() == 3
    _remove(disk / "big")
    project.done("run", PIPELINE, TARGET)
    wrong = [*traces(project, run.err), *not_undisturbed(project, calm.main_files)]
    figures |= {"runs": 1, "faults": 1, "stopped": 1, "wrong": len(wrong)}
    assert not wrong, "\n".join(wrong)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
