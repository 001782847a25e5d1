"""Items of a whole course and ten thousand of them come out once each, in the order of their file."""

from __future__ import annotations

import pytest

from tests.support.facts_project import SmallProject
from tests.support.numbered_items import come_out_once_in_order


@pytest.mark.parametrize(("count", "batch_size", "batches"), [(668, 20, 34), (10_000, 500, 20)])
def test_every_item_comes_out_once_in_order(project: SmallProject, count: int, batch_size: int, batches: int) -> None:
    come_out_once_in_order(project, count, batch_size, batches)
