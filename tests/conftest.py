"""What tests of all folders share: a small project that the real command runs in."""

from __future__ import annotations

from pathlib import Path

import pytest
from examples import LONG
from hypothesis import settings
from small_project import SmallProject

settings.register_profile("project", deadline=None, derandomize=not LONG)  # no test is about time
settings.load_profile("project")


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    """A small project of the test's own; change its files before running."""
    return SmallProject(tmp_path / "project")
