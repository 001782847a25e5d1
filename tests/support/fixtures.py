"""Projects that tests of all folders ask for; no process of them is left when a test is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from supervisor.executors.local.sandbox.bubblewrap import why_no_bubblewrap
from tests.support import processes
from tests.support.damaged_project import Damaged, cut_off, lay_out, until_it_ends
from tests.support.facts_project import SmallProject
from tests.support.project_folder import Project
from tests.support.property_examples import LONG, USUAL
from tests.support.repository_content import copied_content
from tests.support.scripted_project import Small

settings.register_profile("project", deadline=None, derandomize=not LONG, max_examples=USUAL)  # no test is about time
settings.load_profile("project")


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    """A small project of the test's own; change its files before running."""
    return SmallProject(tmp_path / "project")


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Small]:
    """An empty folder that becomes a small project."""
    root = tmp_path.resolve() / "project"
    root.mkdir()
    yield Small(root)
    _leave_nothing(Project(root))


@pytest.fixture
def boxed(small: Small) -> Small:
    """The same; the test is left out, with the reason, where there is no bubblewrap."""
    why = why_no_bubblewrap()
    if why is not None:
        pytest.skip(why)
    return small


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
