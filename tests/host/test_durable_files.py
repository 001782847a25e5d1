"""A file is replaced whole, or stays as it was."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from supervisor.host import file_modes
from supervisor.host.durable_files import replace_durably


@pytest.fixture
def umask() -> Iterator[Callable[[int], object]]:
    """Sets the process's umask for one test."""
    before = os.umask(0o022)
    yield os.umask
    os.umask(before)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_a_new_file_has_the_mode_that_the_umask_gives(
    tmp_path: Path, umask: Callable[[int], object], mask: int, mode: int
) -> None:
    umask(mask)
    replace_durably(tmp_path / "new", [b"x"])
    assert (mode_of(tmp_path / "new"), file_modes.umask()) == (mode, mask)


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o755])
def test_a_file_keeps_its_mode_and_its_copy_gets_it(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "kept"
    path.write_bytes(b"old")
    path.chmod(mode)
    replace_durably(path, [b"new"])
    replace_durably(tmp_path / "copy", [b"new"], like=path)
    assert (mode_of(path), mode_of(tmp_path / "copy")) == (mode, mode)


@pytest.mark.skipif(os.getuid() != 0, reason="only root may give files away")
def test_a_file_keeps_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    path.write_bytes(b"old")
    os.chown(path, 1234, 2345)
    replace_durably(path, [b"new"])
    assert (path.stat().st_uid, path.stat().st_gid) == (1234, 2345)


def test_what_a_link_leads_to_is_replaced_and_the_link_stays(tmp_path: Path) -> None:
    target, link, to_nothing = tmp_path / "far" / "target", tmp_path / "link", tmp_path / "to_nothing"
    target.parent.mkdir()
    target.write_bytes(b"old")
    target.chmod(0o640)
    link.symlink_to("far/target")
    to_nothing.symlink_to("far/new")
    replace_durably(link, [b"new"])
    replace_durably(to_nothing, [b"new"])
    assert (os.readlink(link), target.read_bytes(), mode_of(target)) == ("far/target", b"new", 0o640)
    assert (os.readlink(to_nothing), (tmp_path / "far" / "new").read_bytes()) == ("far/new", b"new")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["far", "link", "new", "target", "to_nothing"]


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    replace_durably(Path(f"/proc/self/fd/{writer}"), [b"n", b"ew"])
    assert os.read(reader, 10) == b"new"
    os.close(reader)
    os.close(writer)


def test_a_file_is_replaced_whole_or_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    path.write_bytes(b"old")
    path.chmod(0o600)
    assert not replace_durably(path, [b"new"], still=lambda: False)
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (b"old", [path])
    assert replace_durably(path, [b"n", b"ew"])
    assert path.read_bytes() == b"new"
    assert mode_of(path) == 0o600
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(IsADirectoryError):
        replace_durably(folder, [b"new"])
    assert sorted(tmp_path.iterdir()) == [path, folder]
