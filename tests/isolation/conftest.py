"""Projects whose sessions run in a sandbox."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from supervisor.executors.local.sandbox.bubblewrap import why_no_bubblewrap
from tests.engine.engine_support import processes
from tests.engine.engine_support.small import Small

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "engine"))


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Small]:
    """An empty folder that becomes a small project."""
    root = tmp_path.resolve() / "project"
    root.mkdir()
    yield Small(root)
    processes.none_left(root)


@pytest.fixture
def boxed(small: Small) -> Small:
    """The same; the test is left out, with the reason, where there is no bubblewrap."""
    why = why_no_bubblewrap()
    if why is not None:
        pytest.skip(why)
    return small
