"""Results that the store does not know are neither paid for again nor put away without a word."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.support.scripted_project import TARGET, Small, numbered, said


@pytest.mark.parametrize("command", ["run", "start"])
def test_after_the_state_folder_was_deleted_nothing_is_made_again_silently(small: Small, command: str) -> None:
    small.lay_out(numbered(4))
    small.run()
    shutil.rmtree(small.state)
    ended = small.done(command, "small", TARGET, status=2)
    assert "vfs/made/demo/out_1.json: there are 4 results of which the store knows nothing" in ended.err
    assert "supervisor doctor --repair" in ended.err and "--fresh" in ended.err
    assert (small.main(), small.sessions()) == (said(numbered(4)), [])


def test_a_repair_takes_them_in_and_only_what_is_missing_is_made(small: Small) -> None:
    small.lay_out(numbered(4))
    small.run()
    shutil.rmtree(small.state)
    small.write_items(numbered(6))
    small.done("doctor", "--repair")
    small.run()
    assert [set(each.asked) for each in small.sessions()] == [{"i05", "i06"}]
    assert small.main() == said(numbered(6))


def test_a_repair_takes_in_those_of_one_target_beside_others(small: Small) -> None:
    small.lay_out(numbered(2))
    small.run()
    shutil.rmtree(small.state)
    small.done("run", "small", "other")
    small.done("run", "small", TARGET, status=2)
    small.done("doctor", "--repair")
    small.run()
    assert len(small.sessions()) == 1
    assert small.main() == said(numbered(2))


def test_fresh_sets_them_aside_and_makes_them_anew(small: Small) -> None:
    small.lay_out(numbered(2))
    small.run()
    shutil.rmtree(small.state)
    small.run("--fresh")
    (aside,) = small.folder.glob("set_aside_*")
    assert json.loads((aside / "out_1.json").read_text(encoding="utf-8")) == said(numbered(2))
    assert len(small.sessions()) == 1


def test_an_empty_main_file_is_in_nobodys_way(small: Small) -> None:
    small.lay_out(numbered(2))
    small.folder.mkdir(parents=True)
    small.path().write_text("{}", encoding="utf-8")
    small.run()
    assert small.main() == said(numbered(2))
