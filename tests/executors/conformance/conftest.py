"""Each executor in turn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.executors.conformance.subjects import FACTORIES, Subject


@pytest.fixture(params=list(FACTORIES))
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    """One kind of executor; whatever a test did, nothing of it runs afterwards."""
    made = FACTORIES[request.param](tmp_path.resolve() / "project")
    yield made
    assert made.running() == set()
