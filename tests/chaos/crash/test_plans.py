"""The plans of the crash test: each failpoint is named by one, and passed in what they do."""

from __future__ import annotations

from pathlib import Path

from supervisor import failpoints
from tests.chaos.crash import plans
from tests.chaos.crash.rounds import Round

TELLING = [
    "bubblewrap | run ?",
    "lent | run deaf@3,? | run ?",
    "calm | run both@8 | halt ? | stop ? | run spawner@2,? | fresh ?",
]
"""Plans whose processes name the points that they pass: all that there are in the work on a job."""


def test_each_point_has_a_plan_of_the_crash_test_that_names_it() -> None:
    named = [f"{point}=1" for point in failpoints.POINTS]
    assert [plan.kills[-1].points for plan in plans.each_point()] == named
    assert sorted(kill.points for plan in plans.opening() for kill in plan.kills if kill.points) == named


def test_each_point_is_passed_by_the_work_on_a_job(tmp_path: Path) -> None:
    passed: set[str] = set()
    for number, plan in enumerate(TELLING):
        played = Round(plans.read(plan), number, tmp_path / str(number))
        played.play()
        assert played.wrong == []
        passed |= played.passed()
    assert passed >= set(plans.expected_points())
    assert passed <= set(failpoints.POINTS)


def test_a_plan_is_read_as_it_is_written() -> None:
    text = "bubblewrap limited | run store.before_commit=3 | start supervisor@7"
    assert str(plans.read(text)) == text
