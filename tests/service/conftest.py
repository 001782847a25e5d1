"""The service of a small project for tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.served_project import Served


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A project whose service runs."""
    with Served(tmp_path / "project") as found:
        yield found
