"""`init` that is killed in the middle is brought to its end by another."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from supervisor.failpoints import INIT_POINTS
from tests.support.facts_project import Directory


def killed(folder: Path, name: str, point: str) -> bool:
    """Whether `init NAME` came to a point, and to its end there."""
    ended = Directory(folder).supervisor("init", name, env={"SUPERVISOR_FAILPOINTS": f"{point}=1"}).returncode
    assert ended in (0, -signal.SIGKILL)
    return ended != 0


@pytest.mark.parametrize("point", INIT_POINTS)
def test_in_a_directory_that_was_there(tmp_path: Path, point: str) -> None:
    folder = tmp_path / "old"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    assert killed(tmp_path, "old", point)
    assert Directory(tmp_path).supervisor("init", "old").returncode == 0
    assert (folder / "supervisor.toml").is_file() and (folder / "vfs/items.jsonl").is_file()
    assert (folder / "notes.txt").read_text() == "mine"
    assert [path.name for path in folder.glob(".*")] == [".gitignore"]


def test_in_a_new_directory(tmp_path: Path) -> None:
    assert killed(tmp_path, "new", "init.made")
    assert not (tmp_path / "new").exists()
    assert Directory(tmp_path).supervisor("init", "new").returncode == 0
    assert (tmp_path / "new/vfs/items.jsonl").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_what_a_person_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "old"
    folder.mkdir()
    assert killed(tmp_path, "old", "init.renamed")
    (moved,) = [path for path in folder.rglob("*") if path.is_file() and "supervisor-init" not in str(path)]
    moved.write_text("mine")
    assert Directory(tmp_path).supervisor("init", "old").returncode == 2
    assert moved.read_text() == "mine"
