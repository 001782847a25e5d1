"""What was said to be merged is on the disk: shown by losing the power at every moment of recorded runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.power_loss.losses import Losses
from tests.chaos.power_loss.recording import Step, record
from tests.support import processes
from tests.support.scripted_project import Small, numbered

BY = "def expand(item_id, payload):\n    return [(f'{item_id}-{n}', {'of': payload, 'n': n}) for n in range(2)]\n"
KILLED_AT = (25, 20)
"""The fdatasync that each of the killed supervisors began last."""
Noted = Callable[[Losses], None]


LARGE = 8000
"""Words in an item, of which the store's log is written back, and begun anew, while the job runs."""


def items(count: int, words: int = 1500) -> dict[str, Any]:
    """Items of so many words."""
    return {name: {**item, "text": f"{name} " * words} for name, item in numbered(count).items()}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Small]:
    root = tmp_path.resolve() / "project"
    root.mkdir()
    yield Small(root).lay_out(
        items(14), phases=[{}, {}, {"items": {"phase": 2, "by": "by.py"}, "batch_size": 3}], functions={"by.py": BY}
    )
    processes.none_left(root)


@pytest.fixture
def noted(record_property: Callable[[str, object], None]) -> Noted:
    """Has the numbers shown at the end of the tests, and fails where anything was lost."""

    def note(losses: Losses) -> None:
        for name in ("calls", "moments", "states", "distinct", "reports", "goings_on", "lost", "doubled"):
            record_property(name, getattr(losses, name))
        record_property("violations", len(losses.violations))
        assert losses.reports, "nothing was heard to be reported"
        assert not losses.violations, "\n".join(losses.violations[:10])

    return note


def begun_anew(step: Step) -> int:
    """How often the store's log was begun anew at its start."""
    return sum(
        call.name == "pwrite64" and (call.words[0].path or "").endswith("-wal") and call.words[3].plain == "0"
        for call in step.calls
    )


def test_a_first_run(project: Small, noted: Noted) -> None:
    project.write("vfs/items.json", json.dumps(items(14, LARGE)))
    losses = Losses(project)
    run = record(project)
    assert begun_anew(run) > 1, "the log was never written back before the end: take larger items"
    losses.during(run, [run], goings_on=10)
    noted(losses)


def test_a_run_that_was_killed_twice_and_gone_on_with(project: Small, noted: Noted) -> None:
    losses = Losses(project)
    *killed, run = [*(record(project, killed_at=moment) for moment in KILLED_AT), record(project)]
    for step in (*killed, run):
        losses.during(step, [run], goings_on=4)
    noted(losses)


def test_a_run_after_items_and_main_files_were_changed_and_another_from_the_beginning(
    project: Small, noted: Noted
) -> None:
    losses = Losses(project)
    first = record(project)
    losses.none_during(first)
    by_id = project.main(1)
    edited = {**by_id, "i02": {"said": "otherwise"}}
    del edited["i04"]
    changed = {**items(15), "i03": {"n": "other"}}
    run = record(
        project,
        by_hand={
            "items.json": json.dumps(changed).encode(),
            "made/demo/out_1.json": json.dumps(edited).encode(),
            "made/demo/out_2.json": b"{",
        },
    )
    assert project.main(1)["i02"] == {"said": "otherwise"}
    losses.during(run, [run], goings_on=5)
    fresh = record(project, "--fresh")
    losses.during(fresh, [run, fresh], goings_on=5)
    noted(losses)
