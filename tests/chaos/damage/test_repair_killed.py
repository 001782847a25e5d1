"""A repair that is killed in the middle has lost nothing, and another one mends the rest."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

import pytest

from supervisor.failpoints import REPAIR_POINTS
from tests.support.damaged_project import Damaged, overwrite
from tests.support.scripted_project import TARGET


def garbage(cut_off_project: Damaged) -> None:
    for path in (cut_off_project.store, cut_off_project.log):
        overwrite(path, lambda data: random.Random(1).randbytes(len(data)))


def miscounted(cut_off_project: Damaged) -> None:
    cut_off_project.change("UPDATE item_counts SET n = n + 1")


def no_main_file(cut_off_project: Damaged) -> None:
    cut_off_project.path(1).unlink()


ELSEWHERE = ("repair.before_commit", "repair.committed", "repair.before_main_file", "repair.main_file_written")
BREAKS: dict[str, tuple[Callable[[Damaged], None], tuple[str, ...]]] = {
    "garbage": (garbage, tuple(point for point in REPAIR_POINTS if point not in ELSEWHERE)),
    "wrong counters": (miscounted, ("repair.before_commit", "repair.committed", "repair.copied", "repair.done")),
    "no main file": (no_main_file, ("repair.before_main_file", "repair.done", "repair.main_file_written")),
}
"""What is broken, and the points of a repair that its mending passes."""
MOMENTS = 4
MOST_PASSED = 60


def passed(said: str) -> set[str]:
    """Points of a repair that a command with `?` named."""
    return {point for point in re.findall(r"^failpoint (\S+): passed", said, re.MULTILINE) if point in REPAIR_POINTS}


@pytest.mark.parametrize("broken", BREAKS)
def test_its_points_are_all_passed(cut_off_project: Damaged, broken: str) -> None:
    breaks, points = BREAKS[broken]
    breaks(cut_off_project)
    told = cut_off_project.cli("doctor", "--repair", SUPERVISOR_FAILPOINTS="?").err
    told += cut_off_project.cli("run", "small", TARGET, SUPERVISOR_FAILPOINTS="?").err
    assert sorted(passed(told)) == sorted(points)


def test_each_point_is_passed_by_some_repair() -> None:
    assert {point for _, points in BREAKS.values() for point in points} == set(REPAIR_POINTS)


@pytest.mark.parametrize(
    ("broken", "point"),
    [pytest.param(broken, point, id=f"{broken}, {point}") for broken in BREAKS for point in BREAKS[broken][1]],
)
def test_killed_at_a_point_it_leaves_what_another_one_mends(cut_off_project: Damaged, broken: str, point: str) -> None:
    in_flight = cut_off_project.in_flight()
    BREAKS[broken][0](cut_off_project)
    before = cut_off_project.files()
    if point.startswith("answers."):  # those of the run that takes over what the repair found
        cut_off_project.repair()
        sessions = {session.name for session in cut_off_project.sessions()}
        assert cut_off_project.cli("run", "small", TARGET, SUPERVISOR_FAILPOINTS=f"{point}=1").status == -9
        cut_off_project.again()
        asked = [(s.phase, item) for s in cut_off_project.sessions() if s.name not in sessions for item in s.asked]
        assert sorted(asked) == sorted(in_flight)
        return
    assert cut_off_project.cli("doctor", "--repair", SUPERVISOR_FAILPOINTS=f"{point}=1").status == -9
    cut_off_project.nothing_is_lost(before)
    cut_off_project.repair()
    assert sorted(cut_off_project.again()) == sorted(in_flight)


@pytest.mark.parametrize("seed", range(MOMENTS))
@pytest.mark.parametrize("broken", BREAKS)
def test_killed_again_and_again_at_any_point_it_comes_to_its_end(
    cut_off_project: Damaged, broken: str, seed: int
) -> None:
    chance = random.Random(f"{broken} {seed}")
    in_flight = cut_off_project.in_flight()
    BREAKS[broken][0](cut_off_project)
    before = cut_off_project.files()
    for _ in range(3):
        killed = cut_off_project.cli("doctor", "--repair", SUPERVISOR_FAILPOINTS=f"*={chance.randint(1, MOST_PASSED)}")
        assert killed.status in (-9, 0)
        cut_off_project.nothing_is_lost(before)
    cut_off_project.repair()
    assert sorted(cut_off_project.again()) == sorted(in_flight)
