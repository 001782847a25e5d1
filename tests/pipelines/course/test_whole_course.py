"""The course, with the embedded agent: complete, right by the rules of the course, and the same however it was made."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.course_files import FILES, seeds
from tests.support.course_rules import check_course
from tests.support.project_folder import Project

MadeCourse = Callable[..., Project]


def test_twenty_seeds_make_a_course_that_keeps_all_rules(course: Callable[[], Project]) -> None:
    project = course()
    project.done("run", "course", "spa_for_eng_20seeds")
    folder = project.results("spa_for_eng_20seeds", "courses")
    check_course(folder, seeds(project, 20))
    assert {path.name for path in folder.iterdir() if path.suffix != ".lock"} == {*FILES, "progress.log"}
