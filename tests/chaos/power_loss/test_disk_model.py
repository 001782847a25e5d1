"""The disk forgets what was not synced, and nothing else; what calls were recorded do to it is what they did."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos.power_loss.disk_model import Disk, File, Folder, Tree, fates
from tests.chaos.power_loss.recorded_calls import read_calls, traced
from tests.chaos.power_loss.replay import Said, real, replay

ROOT = "/disk"


def states(disk: Disk) -> list[Tree]:
    """All that a loss of power may leave."""
    found: list[Tree] = []
    for fate in fates(disk.pending, random.Random(0), most=100, drawn=500):
        tree = disk.left_by(fate)
        if tree not in found:
            found.append(tree)
    return found


@pytest.fixture
def disk() -> Disk:
    """One with an old file of 1024 bytes."""
    disk = Disk(Path(ROOT))
    disk.put(f"{ROOT}/file", b"o" * 1024)
    return disk


def test_what_is_synced_stays(disk: Disk) -> None:
    disk.write(1, f"{ROOT}/file", 0, b"n" * 1024)
    disk.sync(2, f"{ROOT}/file")
    assert states(disk) == [{"file": b"n" * 1024}]


def test_what_was_written_while_a_sync_was_under_way_may_be_lost(disk: Disk) -> None:
    disk.write(2, f"{ROOT}/file", 0, b"n")
    disk.sync(1, f"{ROOT}/file")
    assert {"file": b"o" * 1024} in states(disk)


def test_a_write_arrives_whole_not_at_all_in_sectors_or_as_zeros(disk: Disk) -> None:
    disk.write(1, f"{ROOT}/file", 0, b"n" * 1024)
    old, new = b"o" * 512, b"n" * 512
    assert {tree["file"] for tree in states(disk)} == {old + old, new + new, new + old, old + new, bytes(1024)}


def test_later_writes_may_arrive_without_earlier_ones(disk: Disk) -> None:
    disk.write(1, f"{ROOT}/file", 0, b"1")
    disk.write(2, f"{ROOT}/file", 600, b"2")
    left = [tree["file"] or b"" for tree in states(disk)]
    assert {(data[:1], data[600:601]) for data in left} >= {(b"o", b"2"), (b"1", b"o"), (b"1", b"2"), (b"o", b"o")}


def test_a_new_file_that_is_synced_may_be_gone_until_its_folder_is(disk: Disk) -> None:
    disk.name(1, (f"{ROOT}/new", File()))
    disk.write(2, f"{ROOT}/new", None, b"new")
    disk.sync(3, f"{ROOT}/new")
    assert {tree.get("new") for tree in states(disk)} == {None, b"new"}
    disk.sync(4, ROOT)
    assert {tree.get("new") for tree in states(disk)} == {b"new"}


def test_all_in_a_new_folder_may_be_gone_until_the_one_above_it_is_synced(disk: Disk) -> None:
    disk.name(1, (f"{ROOT}/new", Folder()))
    disk.name(2, (f"{ROOT}/new/file", File()))
    disk.sync(3, f"{ROOT}/new")
    assert {"new/file" in tree for tree in states(disk)} == {True, False}
    disk.sync(4, ROOT)
    assert {"new/file" in tree for tree in states(disk)} == {True}


def test_a_rename_is_done_or_not_done(disk: Disk) -> None:
    disk.name(1, (f"{ROOT}/file", None), (f"{ROOT}/other", disk.find(f"{ROOT}/file")))
    assert {tuple(tree) for tree in states(disk)} == {("file",), ("other",)}


def test_two_states_have_the_same_mark_where_they_are_the_same(disk: Disk) -> None:
    disk.write(1, f"{ROOT}/file", 0, b"n" * 2000)
    disk.name(2, (f"{ROOT}/new", File()))
    disk.resize(3, f"{ROOT}/file", 100)
    marks: dict[frozenset[tuple[object, ...]], Tree] = {}
    for fate in fates(disk.pending, random.Random(0), most=9, drawn=100):
        tree = disk.left_by(fate)
        assert marks.setdefault(disk.mark_of(fate, lambda path: True), tree) == tree
    assert len(marks) > 6


REPLACE = """
import os, sys
folder, leave_out = sys.argv[1:]
for text in ("first", "second"):
    with open(f"{folder}/new", "w") as file:
        file.write(text)
        file.flush()
        if leave_out != "sync of the file":
            os.fsync(file.fileno())
    if leave_out == "rename":
        os.unlink(f"{folder}/file") if text == "second" else None
        os.link(f"{folder}/new", f"{folder}/file")
    else:
        os.rename(f"{folder}/new", f"{folder}/file")
    if leave_out != "sync of the folder":
        descriptor = os.open(folder, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
    os.write(1, f"{text} is there".encode())
"""


@pytest.mark.parametrize("left_out", ["nothing", "sync of the file", "sync of the folder", "rename"])
def test_a_program_that_leaves_out_a_step_is_found_to_lose_what_it_reported(tmp_path: Path, left_out: str) -> None:
    folder, log = tmp_path / "folder", tmp_path / "calls"
    folder.mkdir()
    disk = Disk(folder)
    disk.load()
    subprocess.run(traced(log, [sys.executable, "-c", REPLACE, str(folder), left_out]), check=True)
    reported: set[bytes] = set()
    lost = False
    for moment in replay(disk, read_calls(log), "no log"):
        if isinstance(moment, Said):
            reported.add(moment.text.split()[0].encode())
        allowed = [b"second"] if b"second" in reported else [b"first", b"second"]
        lost |= bool(reported) and any(tree.get("file") not in allowed for tree in states(disk))
    assert disk.now() == real(folder)
    assert lost == (left_out != "nothing")
