"""A project with the repository's own pipelines; no process of it is left when a test is over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.engine_support import processes
from tests.engine.engine_support.copied_content import copied_content
from tests.engine.engine_support.project import Project


@pytest.fixture
def missions(tmp_path: Path) -> Iterator[Project]:
    """A copy of the repository's content."""
    project = Project(copied_content(tmp_path.resolve() / "project"))
    yield project
    processes.none_left(project.root)
