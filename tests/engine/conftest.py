"""Projects for the engine's tests; each has to have no process left when its test is over."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from engine_support import processes
from engine_support.damage import Damaged, cut_off, lay_out, until_it_ends
from engine_support.project import Project
from engine_support.small import Small

REPOSITORY = Path(__file__).resolve().parents[2]
CONTENT = ("pyproject.toml", "phase_intelligence", "validators", "prompts")


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


def copied_content(root: Path) -> Path:
    """Copy what the repository has of a project into a folder of its own."""
    root.mkdir()
    for name in CONTENT:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, root / name)
    (root / "vfs").mkdir()
    shutil.copy(REPOSITORY / "vfs" / "canonical_seeds.json", root / "vfs")
    return root


def _leave_nothing(project: Project) -> None:
    if (project.state / "supervisor.json").exists():
        project.end_daemon()
    processes.none_left(project.root)
