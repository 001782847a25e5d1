"""What tests of all folders share: a small project that the real command runs in."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

from tests.examples import LONG, USUAL
from tests.small_project import SmallProject

settings.register_profile("project", deadline=None, derandomize=not LONG, max_examples=USUAL)  # no test is about time
settings.load_profile("project")


_OF_THE_SERVICE = {"service", "missions", "reporting"}
"""Folders of tests with a marker of their own."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of some folders."""
    for item in items:
        if item.path.parent.name in _OF_THE_SERVICE:
            item.add_marker("service")


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    """A small project of the test's own; change its files before running."""
    return SmallProject(tmp_path / "project")
