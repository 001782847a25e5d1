"""What was said to be merged is on the disk: shown by losing the power at every moment of recorded runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from engine_support import processes
from engine_support.small import Small, numbered
from losses import Losses
from recording import record

pytestmark = pytest.mark.power_loss

BY = "def expand(item_id, payload):\n    return [(f'{item_id}-{n}', {'of': payload, 'n': n}) for n in range(2)]\n"


def items(count: int, first: int = 1) -> dict[str, Any]:
    """Large ones, so that the store's log is written back, and begun anew, while the job runs."""
    return {name: {**item, "text": f"{name} " * 800} for name, item in numbered(count, first).items()}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Small]:
    root = tmp_path.resolve() / "project"
    root.mkdir()
    yield Small(root).lay_out(
        items(8), phases=[{}, {}, {"items": {"phase": 2, "by": "by.py"}, "batch_size": 3}], functions={"by.py": BY}
    )
    processes.none_left(root)


def test_during_a_first_run(project: Small) -> None:
    losses = Losses(project)
    run = record(project)
    losses.during(run, [run], goings_on=12)
    print(vars(losses))
    assert losses.violations == []
