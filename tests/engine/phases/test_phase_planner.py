"""What is done stays done, whatever incidental changed; what changed in itself is done again, and only that."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support import processes
from tests.support.scripted_project import ANSWER, TARGET, Small, numbered, said

TWO_PHASES = [{}, {}]
LETTERS = """
def expand(item_id, payload):
    for letter in payload["said"].get("letters", "ab"):
        yield f"{item_id}{letter}", {"n": payload["said"]["n"], "letter": letter}
"""
THREE_PHASES = [{}, {}, {"items": {"phase": 2, "by": "letters.py"}, "batch_size": 3}]
THIRD = """
write({i: {"said": p["said"] if phase == 2 else p} for i, p in items.items()})
"""
HALFWAY = """
if phase == 1 and batch == 2:
    wait_at("gate")
write(answers())
"""


@pytest.fixture(scope="module")
def three_phases_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _done_once(
        tmp_path_factory, numbered(4), agent=THIRD, phases=THREE_PHASES, functions={"letters.py": LETTERS}
    )


@pytest.fixture
def three_phases(small: Small, three_phases_once: Path) -> Small:
    """A project whose three phases are done, the third expanded from the second."""
    return _copied_to(small, three_phases_once)


@pytest.fixture(scope="module")
def two_phases_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _done_once(tmp_path_factory, numbered(4), phases=TWO_PHASES)


@pytest.fixture
def two_phases(small: Small, two_phases_once: Path) -> Small:
    """A project whose two phases are done."""
    return _copied_to(small, two_phases_once)


@pytest.fixture(scope="module")
def halfway_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    small = _empty(tmp_path_factory)
    stopped_halfway(small)
    return small.root


@pytest.fixture
def halfway(small: Small, halfway_once: Path) -> Small:
    """A project that `stopped_halfway` left."""
    return _copied_to(small, halfway_once)


def _empty(tmp_path_factory: pytest.TempPathFactory) -> Small:
    root = tmp_path_factory.mktemp("once").resolve() / "project"
    root.mkdir()
    return Small(root)


def _done_once(tmp_path_factory: pytest.TempPathFactory, items: dict[str, Any], **laid_out: Any) -> Path:
    small = _empty(tmp_path_factory).lay_out(items, **laid_out)
    small.run()
    processes.none_left(small.root)
    return small.root


def _copied_to(small: Small, original: Path) -> Small:
    """What was done once for all tests of this file, in the folder of one: a copy goes on as the original does."""
    ignored = shutil.ignore_patterns("gate", ".stderr-*")
    shutil.copytree(original, small.root, symlinks=True, ignore=ignored, dirs_exist_ok=True)
    return small


def asked_since(small: Small, before: Sequence[str]) -> set[tuple[int, str]]:
    """`(phase, item)` of all sessions that are not among `before`."""
    return {(each.phase, item) for each in small.sessions() if each.name not in before for item in each.asked}


def names(small: Small) -> list[str]:
    return [session.name for session in small.sessions()]


def stopped_halfway(small: Small) -> None:
    """Run, one session at a time, until the first batch of phase 1 is merged and the second at work; then kill -9."""
    small.lay_out(numbered(6), agent=HALFWAY, phases=TWO_PHASES, agents={"other": ANSWER})
    running = small.begin_run("--concurrency", "1")
    running.line_with("phase 1 batch 1/3: 2 items merged")
    small.at_gate()
    running.kill()
    processes.none_left(small.root)
    small.write("agents/plain.py", (small.root / "agents/other.py").read_text())


def test_the_same_command_after_completion_runs_no_session(small: Small) -> None:
    small.lay_out(numbered(4), agent=THIRD, phases=THREE_PHASES, functions={"letters.py": LETTERS}).run()
    files = {path: path.read_bytes() for path in small.folder.glob("*.json")}
    before = names(small)
    ended = small.run()
    assert names(small) == before
    assert {path: path.read_bytes() for path in small.folder.glob("*.json")} == files
    assert f"small/{TARGET}: nothing was left to do, completed" in ended.out


def _batch_size(small: Small) -> list[str]:
    return ["--batch-size", "3"]


def _moved(small: Small) -> list[str]:
    root = small.root.with_name("elsewhere")
    small.root.rename(root)
    small.root = root
    return []


def _copied(small: Small) -> list[str]:
    root = small.root.with_name("copy")
    shutil.copytree(small.root, root, ignore=shutil.ignore_patterns("gate"))
    shutil.rmtree(small.root / "vfs")
    small.root = root
    return []


CHANGES: dict[str, Callable[[Small], list[str]]] = {
    "concurrency": lambda _: ["--concurrency", "1"],
    "batch size": _batch_size,
    "agent": lambda _: ["--agent", "other"],
    "model": lambda _: ["--model", "large"],
    "max attempts": lambda _: ["--max-attempts", "1"],
    "timeout": lambda _: ["--timeout", "50"],
    "directory moved": _moved,
    "directory copied": _copied,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_no_finished_item_is_done_again_when_something_incidental_changed(
    halfway: Small, change: Callable[[Small], list[str]]
) -> None:
    small, before = halfway, names(halfway)
    done = {(row["phase"], row["id"]) for row in small.rows("SELECT phase, id FROM items WHERE status = 'merged'")}
    assert {(1, "i01"), (1, "i02")} <= done
    small.run(*change(small))
    again = asked_since(small, before)
    assert not again & done
    assert again | done == {(phase, item) for phase in (1, 2) for item in numbered(6)}
    assert small.main(2) == said(said(numbered(6)))
    finished = names(small)
    small.run()
    assert names(small) == finished
    processes.none_left(small.root)


def test_changed_content_of_an_item_is_done_again_with_all_that_depends_on_it_and_nothing_else(
    three_phases: Small,
) -> None:
    small, before = three_phases, names(three_phases)
    small.write_items({**numbered(4), "i03": {"n": 33}})
    small.run()
    assert asked_since(small, before) == {(1, "i03"), (2, "i03"), (3, "i03a"), (3, "i03b")}
    assert small.main(1)["i03"] == {"said": {"n": 33}}
    assert small.main(3)["i03b"] == {"said": {"n": 33, "letter": "b"}}
    assert list(small.main(3)) == [f"{item}{letter}" for item in numbered(4) for letter in "ab"]


def test_content_that_changes_what_it_expands_to_adds_and_drops_items_and_can_go_back(three_phases: Small) -> None:
    small = three_phases
    for letters in ("bc", "a", "ab"):
        small.write_items({**numbered(4), "i02": {"n": 2, "letters": letters}})
        small.run()
        expected = [f"{item}{each}" for item in numbered(4) for each in (letters if item == "i02" else "ab")]
        assert list(small.main(3)) == expected


def test_what_an_item_no_longer_expands_to_is_left_out_of_all_later_phases(small: Small) -> None:
    """Once as a plain phase over the expanded one, once expanded again."""
    phases = [*THREE_PHASES, {"batch_size": 3}, {"items": {"phase": 4, "by": "twice.py"}}]
    twice = "def expand(item_id, payload):\n    yield f'{item_id}1', payload\n    yield f'{item_id}2', payload\n"
    small.lay_out(
        numbered(3),
        agent="write({i: {'said': p['said'] if phase == 2 else p} for i, p in items.items()})\n",
        phases=phases,
        functions={"letters.py": LETTERS, "twice.py": twice},
    ).run()
    for letters in ("a", "ab", ""):
        small.write_items({**numbered(3), "i02": {"n": 2, "letters": letters}})
        small.run()
        expected = [f"{item}{each}" for item in numbered(3) for each in (letters if item == "i02" else "ab")]
        assert list(small.main(3)) == expected
        assert list(small.main(4)) == expected
        assert list(small.main(5)) == [f"{item}{number}" for item in expected for number in (1, 2)]


def test_a_changed_item_whose_answer_stays_the_same_redoes_nothing_downstream(small: Small) -> None:
    constant = "write({i: {'said': len(p) if phase == 1 else p} for i, p in items.items()})\n"
    small.lay_out(numbered(4), agent=constant, phases=TWO_PHASES).run()
    before = names(small)
    small.write_items({**numbered(4), "i03": {"n": 33}})
    small.run()
    assert asked_since(small, before) == {(1, "i03")}


def test_members_in_another_order_are_no_change(small: Small) -> None:
    small.lay_out({"a": {"x": 1, "y": [1, {"p": 1, "q": 2}]}}).run()
    before = names(small)
    small.write_items({"a": {"y": [1, {"q": 2, "p": 1}], "x": 1}})
    small.run()
    assert names(small) == before


@pytest.mark.parametrize("first", [True, False], ids=["before the others", "after them"])
def test_new_items_make_new_batches_and_stand_in_canonical_order(three_phases: Small, first: bool) -> None:
    small, before = three_phases, names(three_phases)
    new = {"x1": {"n": 10}, "x2": {"n": 11}}
    items = {**new, **numbered(4)} if first else {**numbered(4), **new}
    small.write_items(items)
    small.run()
    assert {item for _, item in asked_since(small, before)} == {"x1", "x2", "x1a", "x1b", "x2a", "x2b"}
    assert list(small.main(1)) == list(items)
    assert list(small.main(2)) == list(items)
    assert list(small.main(3)) == [f"{item}{letter}" for item in items for letter in "ab"]


def test_removed_items_are_reported_and_what_was_made_of_them_stays(two_phases: Small) -> None:
    small, before = two_phases, names(two_phases)
    small.write_items({i: p for i, p in numbered(4).items() if i != "i02"})
    ended = small.run()
    assert "no longer there" in ended.out and "i02" in ended.out
    assert "WARNING" in next(line for line in small.progress.splitlines() if "no longer there" in line)
    assert names(small) == before
    assert small.main(1) == said(numbered(4))
    assert small.main(2) == said(said(numbered(4)))


def test_an_item_that_was_removed_is_not_done_again_though_it_is_asked_for(small: Small) -> None:
    small.lay_out(numbered(3))
    small.run()
    small.write_items(numbered(2))
    small.run()
    small.done("retry", "small/demo", "--items", "i03")
    small.run()
    assert list(small.main()) == ["i01", "i02"]
    assert len(small.sessions()) == 2


def test_an_item_removed_before_it_was_done_is_not_done_and_done_when_it_comes_back(halfway: Small) -> None:
    small = halfway
    small.write_items({i: p for i, p in numbered(6).items() if i not in ("i03", "i05")})
    small.run()
    left = {i: p for i, p in numbered(6).items() if i not in ("i03", "i05")}
    assert small.main(1) == said(left)
    assert small.main(2) == said(said(left))
    small.write_items(numbered(6))
    small.run()
    assert small.main(1) == said(numbered(6))
    assert small.main(2) == said(said(numbered(6)))


def test_changed_instructions_are_named_at_every_run_until_redo_changed_redoes_that_phase(two_phases: Small) -> None:
    small, before = two_phases, names(two_phases)
    small.write("phase_intelligence/small/phase_1.md", "# Phase 1\n\nLouder.\n")
    for _ in range(2):
        warning = next(line for line in small.run().out.splitlines() if "WARNING" in line)
        assert "phase 1" in warning and "--redo-changed" in warning
        assert names(small) == before
    small.run("--redo-changed")
    assert asked_since(small, before) == {(1, item) for item in numbered(4)}  # the answers, so phase 2, stay the same
    assert all("Louder." in session.prompt for session in small.sessions(1) if session.name not in before)
    assert "WARNING" not in small.run().out


def test_redo_changed_leaves_alone_what_was_done_under_the_new_instructions(halfway: Small) -> None:
    small, before = halfway, names(halfway)
    done = {row["id"] for row in small.rows("SELECT id FROM items WHERE phase = 1 AND status = 'merged'")}
    small.write("phase_intelligence/small/phase_1.md", "# Phase 1\n\nLouder.\n")
    small.run()
    finished = names(small)
    assert {item for phase, item in asked_since(small, before) if phase == 1} == set(numbered(6)) - done
    small.run("--redo-changed")
    assert asked_since(small, finished) == {(1, item) for item in done}


def test_a_changed_validator_is_warned_of_too(small: Small) -> None:
    body = "def validate(batch, output, merged):\n    return ValidationReport()\n"
    small.lay_out(numbered(2), phases=[{"validator": "check.py"}], validators={"check.py": body}).run()
    path = small.root / "validators/small/check.py"
    path.write_text(path.read_text() + "\n# stricter\n")
    assert "phase 1: its instructions or its validator changed" in small.run().out


def test_fresh_sets_the_old_results_aside_and_begins_anew(two_phases: Small) -> None:
    small = two_phases
    old = {path.name: path.read_bytes() for path in small.folder.glob("out_*.json")}
    old_log = small.progress
    before = names(small)
    small.run("--fresh")
    (aside,) = small.folder.glob("set_aside_*")
    assert {name: (aside / name).read_bytes() for name in old} == old
    assert (aside / "progress.log").read_text() == old_log
    assert asked_since(small, before) == {(phase, item) for phase in (1, 2) for item in numbered(4)}
    assert small.main(2) == said(said(numbered(4)))
    assert "starts" in small.progress.splitlines()[0]
    small.run("--fresh")
    assert len(list(small.folder.glob("set_aside_*"))) == 2


def test_sessions_attempts_and_time_go_on_from_where_they_were(small: Small) -> None:
    stopped_halfway(small)
    first = small.status()
    assert first["sessions"] >= 2
    assert first["elapsed_s"] > 0
    small.run()
    second = small.status()
    assert second["elapsed_s"] > first["elapsed_s"]
    assert second["sessions"] == first["sessions"] + len(small.sessions()) - len(
        small.rows("SELECT 1 FROM attempts WHERE id <= ?", first["sessions"])
    )
    small.run()
    assert small.status()["sessions"] == second["sessions"]
    assert small.status()["attempts"] == second["attempts"]


def test_a_new_item_has_all_its_attempts_whatever_one_had_that_left(small: Small) -> None:
    agent = 'if not {"i03", "i04"} & set(items):\n    write(answers())\n'
    small.lay_out(numbered(3), agent=agent, phases=[{"batch_size": 1, "max_attempts": 2}])
    small.run("--concurrency", "1", "--max-sessions", "3", status=4)
    small.write_items(numbered(2))
    small.run("--max-sessions", "0")
    small.write_items({**numbered(2), "i04": {"n": 4}})
    small.run(status=1)
    assert [list(each.asked) for each in small.sessions()] == [["i01"], ["i02"], ["i03"], ["i04"], ["i04"]]
