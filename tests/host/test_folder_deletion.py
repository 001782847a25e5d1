"""Folders that a program filled as it liked are gone with all that is in them, and nothing else is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from supervisor.host import folder_deletion
from supervisor.host.folder_deletion import delete_folder


def nest(root: Path, depth: int) -> None:
    """Folders one in another, deeper than a path may be long, with a file in each."""
    root.mkdir()
    folder = os.open(root, os.O_RDONLY)
    for _ in range(depth):
        os.close(os.open("file", os.O_WRONLY | os.O_CREAT, dir_fd=folder))
        os.mkdir("folder", dir_fd=folder)
        below = os.open("folder", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = below
    os.close(folder)


@pytest.mark.parametrize("depth", [0, 1, 1500])
def test_a_folder_is_deleted_however_deep(depth: int, tmp_path: Path) -> None:
    nest(tmp_path / "made", depth)
    assert delete_folder(tmp_path / "made")
    assert list(tmp_path.iterdir()) == []


def test_folders_side_by_side_and_of_names_of_all_kinds_are_deleted(tmp_path: Path) -> None:
    for path in ("a/b/c", "a/d/e", "f/a/b", "f/.deleted-0-1", os.fsdecode(b"g/\xff/h")):
        (tmp_path / "made" / path).mkdir(parents=True)
    assert delete_folder(tmp_path / "made")


def test_what_links_lead_to_is_left(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").write_text("text")
    (tmp_path / "made" / "deep").mkdir(parents=True)
    for name in ("link", "deep/link"):
        (tmp_path / "made" / name).symlink_to(tmp_path / "other")
    (tmp_path / "made" / "deep" / "file").symlink_to(tmp_path / "other" / "file")
    assert delete_folder(tmp_path / "made")
    assert (tmp_path / "other" / "file").read_text() == "text"


def test_of_a_link_in_its_place_only_the_link_is_deleted(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "made").symlink_to(tmp_path / "other")
    assert delete_folder(tmp_path / "made")
    assert (tmp_path / "other").is_dir() and not (tmp_path / "made").is_symlink()


def test_nothing_there_is_deleted_already(tmp_path: Path) -> None:
    assert delete_folder(tmp_path / "missing")


def test_folders_without_rights_are_deleted(tmp_path: Path) -> None:
    (tmp_path / "made" / "a" / "b").mkdir(parents=True)
    (tmp_path / "made" / "a" / "b" / "file").write_text("")
    for path in ("made/a/b", "made/a"):
        (tmp_path / path).chmod(0o500)
    assert delete_folder(tmp_path / "made")


def test_a_name_that_cannot_be_deleted_keeps_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in ("a/stays", "a/goes", "b/goes"):
        (tmp_path / "made" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "made" / path).write_text("")
    unlink = os.unlink

    def refusing(name: str, *, dir_fd: int | None = None) -> None:
        if name == "stays":
            raise PermissionError(name)
        unlink(name, dir_fd=dir_fd)

    monkeypatch.setattr(folder_deletion.os, "unlink", refusing)
    assert not delete_folder(tmp_path / "made")
    assert [path.name for path in (tmp_path / "made").rglob("*") if path.is_file()] == ["stays"]
