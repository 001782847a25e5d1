"""A file is replaced whole, or stays as it was."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from supervisor.host.durable_files import replace_durably


def test_a_file_is_replaced_whole_or_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    path.write_bytes(b"old")
    path.chmod(0o600)
    assert not replace_durably(path, [b"new"], still=lambda: False)
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (b"old", [path])
    assert replace_durably(path, [b"n", b"ew"])
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(IsADirectoryError):
        replace_durably(folder, [b"new"])
    assert sorted(tmp_path.iterdir()) == [path, folder]
