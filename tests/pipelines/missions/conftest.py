"""A project with the repository's own pipelines; no process of it is left when a test is over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import processes
from tests.support.project_folder import Project
from tests.support.repository_content import copied_content


@pytest.fixture
def missions(tmp_path: Path) -> Iterator[Project]:
    """A copy of the repository's content."""
    project = Project(copied_content(tmp_path.resolve() / "project"))
    yield project
    processes.none_left(project.root)
