"""Projects for the engine's tests; each has to have no process left when its test is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.engine.engine_support import processes
from tests.engine.engine_support.copied_content import copied_content
from tests.engine.engine_support.damage import Damaged, cut_off, lay_out, until_it_ends
from tests.engine.engine_support.project import Project
from tests.engine.engine_support.small import Small


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Small]:
    """An empty folder that becomes a small project."""
    root = tmp_path.resolve() / "project"
    root.mkdir()
    yield Small(root)
    _leave_nothing(Project(root))


@pytest.fixture
def course(tmp_path: Path) -> Iterator[Callable[[], Project]]:
    """Makes a project with a copy of the repository's content."""
    made: list[Project] = []

    def make() -> Project:
        made.append(Project(copied_content(tmp_path.resolve() / f"course-{len(made)}")))
        return made[-1]

    yield make
    for project in made:
        _leave_nothing(project)


@pytest.fixture(scope="session")
def finished_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    small = lay_out(tmp_path_factory.mktemp("finished").resolve() / "project")
    until_it_ends(small.root)
    small.run()
    return small.root


@pytest.fixture(scope="session")
def cut_off_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    small = lay_out(tmp_path_factory.mktemp("cut-off").resolve() / "project")
    cut_off(small)
    processes.none_left(small.root)
    return small.root


@pytest.fixture
def finished(finished_once: Path, tmp_path: Path) -> Iterator[Damaged]:
    """A project whose job is completed."""
    project = Damaged.copied(finished_once, tmp_path.resolve() / "finished")
    yield project
    processes.none_left(project.root)


@pytest.fixture
def cut_off_project(cut_off_once: Path, tmp_path: Path) -> Iterator[Damaged]:
    """A project whose supervisor was killed with two sessions in flight; its log holds most of the store."""
    project = Damaged.copied(cut_off_once, tmp_path.resolve() / "cut-off")
    until_it_ends(project.root)
    yield project
    processes.none_left(project.root)


def _leave_nothing(project: Project) -> None:
    if (project.state / "supervisor.json").exists():
        project.end_daemon()
    processes.none_left(project.root)
