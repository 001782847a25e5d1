"""Any number of items, from none to a few more than a batch, comes out once each, in the order of its file."""

from __future__ import annotations

import pytest

from tests.support.facts_project import SmallProject
from tests.support.numbered_items import come_out_once_in_order


@pytest.mark.parametrize(
    ("count", "batch_size", "batches"), [(0, 20, 0), (1, 20, 1), (19, 20, 1), (20, 20, 1), (21, 20, 2)]
)
def test_every_item_comes_out_once_in_order(project: SmallProject, count: int, batch_size: int, batches: int) -> None:
    come_out_once_in_order(project, count, batch_size, batches)
