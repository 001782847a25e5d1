"""Projects for the engine's tests; each has to have no process left when its test is over."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from engine_support import processes
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
