"""Files of an untrusted folder: through no link, of one name, and within bounds."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from supervisor.host.untrusted_folder import read_below, texts_below, unlink_below


def lay(root: Path, path: str, text: str) -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def test_a_plain_file_is_read_with_its_times(tmp_path: Path) -> None:
    file = lay(tmp_path, "a/b/c", "text")
    found = read_below(tmp_path, "a/b/c", 4)
    assert found is not None and found.data == b"text" and found.status.st_ino == file.stat().st_ino


@pytest.mark.parametrize("kind", ["none", "a pipe", "a folder", "a link", "a second name", "too large"])
def test_what_is_no_plain_file_is_not_read(kind: str, tmp_path: Path) -> None:
    other, file = lay(tmp_path, "other", "text"), tmp_path / "root" / "file"
    file.parent.mkdir()
    made = {
        "none": lambda: None,
        "a pipe": lambda: os.mkfifo(file),
        "a folder": file.mkdir,
        "a link": lambda: file.symlink_to(other),
        "a second name": lambda: os.link(other, file),
        "too large": lambda: file.write_text("texts"),
    }
    made[kind]()
    assert read_below(tmp_path / "root", "file", 4) is None


def test_nothing_is_deleted_through_a_link(tmp_path: Path) -> None:
    lay(tmp_path, "other/file", "text")
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "a").symlink_to(tmp_path / "other")
    unlink_below(tmp_path / "root", "a/file")
    assert (tmp_path / "other" / "file").exists()


def test_files_of_a_pattern_come_by_their_names_and_within_their_bytes(tmp_path: Path) -> None:
    for path in ("a/2/x.l", "a/1/x.l", "a/1/deep/er/y.l", "a/1/x.other", "b/1/x.l"):
        lay(tmp_path, path, path)
    assert list(texts_below(tmp_path, "a/*/x.l", 1000)) == ["a/1/x.l", "a/2/x.l"]
    assert list(texts_below(tmp_path, "a/*/**/*.l", 1000)) == ["a/1/deep/er/y.l", "a/1/x.l", "a/2/x.l"]
    assert list(texts_below(tmp_path, "a/*/x.l", 13)) == ["a/1/x.l"]
    assert list(texts_below(tmp_path / "missing", "a/*/x.l", 13)) == []


def test_folders_that_lie_one_in_another_without_end_are_looked_at_within_reason(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(100):
        deep = deep / "d"
    lay(deep, "x.l", "text")
    assert list(texts_below(tmp_path, "**/*.l", 1000)) == []
