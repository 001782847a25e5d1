"""Ways to damage a project, and what has to come of each: it is named, mended, and nothing is paid for twice."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from tests.support.damaged_project import Damaged, ended_badly, overwrite

PAGE = 1024


def gone(project: Damaged) -> None:
    project.store.unlink()


def every_third_page(project: Damaged) -> None:
    def change(data: bytearray) -> bytearray:
        for start in range(2 * PAGE, len(data), 3 * PAGE):
            data[start : start + PAGE] = random.Random(start).randbytes(PAGE)
        return data

    overwrite(project.store, change)


def removed(path: Path) -> None:
    path.unlink()


def no_log(project: Damaged) -> None:
    project.log.unlink()


def is_refused_and_mended(project: Damaged, breaks: Callable[[Damaged], None], named: str) -> None:
    """A damaged store is refused by name and mended; no session runs again."""
    breaks(project)
    assert named in project.findings()
    assert project.findings().startswith("failure store: ")
    assert "doctor --repair" in project.refused()
    assert "set_aside_" in project.repair() or not project.store.exists()
    assert project.again() == []
    assert project.status()["status"] == "completed"


def is_not_taken_for_none(project: Damaged, breaks: Callable[[Damaged], None], word: str) -> None:
    """A command that looks at a lost store says that it is lost, and changes nothing."""
    breaks(project)
    before = project.files()
    assert "of earlier runs are there" in ended_badly(project.cli(word))
    assert project.files() == before


def has_its_main_file_written_again(project: Damaged, breaks: Callable[[Path], None], *, repaired: bool) -> None:
    """A damaged main file is written from the store, by `doctor --repair` or by a run, which keeps a copy."""
    whole = project.path(3).read_bytes()
    breaks(project.path(3))
    before = project.files()
    assert "failure main file vfs/made/demo/out_3.json: it" in project.findings()
    if repaired:
        assert "out_3.json: written from the store, 24 items" in project.repair()
    else:
        project.run()
        left = [path.read_bytes() for path in project.folder.glob("out_3.json.unreadable-*")]
        assert left == [before[name] for name in before if name.endswith("demo/out_3.json")]
    assert project.path(3).read_bytes() == whole
    assert project.again() == []


def tells_and_has_again_what_its_log_lost(project: Damaged, breaks: Callable[[Damaged], None], named: str) -> None:
    """A damaged log is named, and what was in flight is done again, nothing else."""
    in_flight = project.in_flight()
    assert len(in_flight) == 6
    breaks(project)
    assert f"failure store: {named}" in project.findings()
    assert "doctor --repair" in project.refused()
    project.repair()
    assert sorted(project.again()) == sorted(in_flight)
