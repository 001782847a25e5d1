"""What a person does to a main file is taken over or set aside, said aloud, and never silently overwritten."""

from __future__ import annotations

import hashlib
import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from tests.support.project_folder import Running
from tests.support.scripted_project import TARGET, Small, numbered, open_gate, said
from tests.support.waiting import until

HALFWAY = """
if (phase, batch) == (1, 2) and session == 1:
    wait_at("gate")
write({i: {"said": p} for i, p in items.items()})
"""
TWO_PHASES = [{}, {}]
EXPANDED = """
def expand(item_id, payload):
    yield f"{item_id}x", payload
"""
THREE_PHASES = [{}, {}, {"items": {"phase": 2, "by": "each.py"}}]


def halfway(small: Small, phases: list[dict[str, Any]]) -> Running:
    """A run whose first batch is in the main files of all phases, and whose second stands at a gate."""
    small.lay_out(numbered(4), agent=HALFWAY, phases=phases, functions={"each.py": EXPANDED})
    running = small.begin_run()
    small.at_gate()
    for phase in range(1, len(phases) + 1):
        until(lambda number=phase: _written(small, number), f"the main file of phase {phase}")
    return running


def _written(small: Small, phase: int, count: int = 2) -> bool:
    """Whether the first items are in a phase's main file, and the store knows which file that is."""
    try:
        data = small.path(phase).read_bytes()
    except FileNotFoundError:
        return False
    (row,) = small.rows("SELECT written_hash FROM phases WHERE phase = ?", phase)
    return len(json.loads(data)) == count and row["written_hash"] == hashlib.sha256(data).hexdigest()


def go_on(small: Small, running: Running) -> None:
    open_gate(small.at_gate()[0])
    assert running.end() == 0, "\n".join(running.lines) + running.err


def edit(path: Path, change: Callable[[Any], Any]) -> None:
    path.write_text(json.dumps(change(json.loads(path.read_text())), indent=2))


def warnings(small: Small) -> str:
    return "\n".join(line for line in small.progress.splitlines() if "WARNING" in line)


def copies(small: Small) -> list[str]:
    """What was kept beside the main file of phase 1."""
    return [path.read_text() for path in sorted(small.folder.glob("out_1.json.*-*"))]


def test_a_changed_value_is_taken_over_and_what_comes_from_it_follows(small: Small) -> None:
    running = halfway(small, TWO_PHASES)
    edit(small.path(1), lambda main: {**main, "i01": {"said": "by hand"}})
    go_on(small, running)
    assert small.main(1) == {**said(numbered(4)), "i01": {"said": "by hand"}}
    assert small.main(2) == said(small.main(1))
    assert "out_1.json" in warnings(small) and "i01" in warnings(small)
    assert {item for each in small.sessions(2) if each.number > 1 or each.batch > 2 for item in each.asked} == {"i01"}
    assert "1 items edited by hand" in warnings(small)


def test_a_changed_value_is_followed_through_all_phases(small: Small) -> None:
    running = halfway(small, THREE_PHASES)
    edit(small.path(1), lambda main: {**main, "i02": {"said": "by hand"}})
    go_on(small, running)
    assert small.main(2)["i02"] == {"said": {"said": "by hand"}}
    assert small.main(3)["i02x"] == {"said": {"said": {"said": "by hand"}}}
    assert list(small.main(3)) == [f"{item}x" for item in numbered(4)]


def test_a_removed_item_is_left_out_and_kept_in_a_copy_and_can_be_had_again(small: Small) -> None:
    running = halfway(small, TWO_PHASES)
    edit(small.path(1), lambda main: {"i02": main["i02"]})
    mine = small.path(1).read_text()
    go_on(small, running)
    assert list(small.main(1)) == ["i02", "i03", "i04"]
    assert "i01" in warnings(small) and "removed by hand" in warnings(small)
    assert copies(small) == [mine]
    small.run()
    assert list(small.main(1)) == ["i02", "i03", "i04"]
    small.done("retry", "small/demo", "--items", "i01", "--phase", "1")
    assert small.until_ended() == "completed", small.progress
    assert small.main(1) == said(numbered(4))
    assert small.main(2) == said(said(numbered(4)))


def test_what_comes_from_a_removed_item_is_left_out_in_all_phases_below_and_comes_back_with_it(small: Small) -> None:
    small.lay_out(numbered(4), phases=[*THREE_PHASES, {}], functions={"each.py": EXPANDED}).run()
    before = [small.main(phase) for phase in (1, 2, 3, 4)]
    edit(small.path(1), lambda main: {"i02": main["i02"], "i04": main["i04"]})
    asked = len(small.sessions())
    small.run()
    left = [f"i0{n}{end}" for end in ("", "", "x", "x") for n in (2, 4)]
    assert [item for phase in (1, 2, 3, 4) for item in small.main(phase)] == left
    assert len(small.sessions()) == asked
    small.done("retry", "small/demo", "--items", "i01,i03", "--phase", "1")
    assert small.until_ended() == "completed", small.progress
    assert [small.main(phase) for phase in (1, 2, 3, 4)] == before
    assert len(small.sessions()) == asked + 1
    assert list(small.sessions(1)[-1].asked) == ["i01", "i03"]


def test_files_below_a_removed_entry_follow_while_the_run_goes_on(small: Small) -> None:
    agent = "if batch == 2:\n    wait_at('gate')\nwrite(answers())\n"
    small.lay_out(numbered(4), agent=agent, phases=TWO_PHASES)
    running = small.begin_run()
    (above,) = small.at_gate()
    until(lambda: _written(small, 1) and _written(small, 2), "the main files of both phases")
    edit(small.path(1), lambda main: {"i02": main["i02"]})
    open_gate(above)
    (below,) = small.at_gate()
    until(lambda: list(small.main(2)) == ["i02"], "phase 2 without what was removed")
    open_gate(below)
    assert running.end() == 0


def test_a_removed_entry_is_no_foreign_one_in_the_files_below(small: Small) -> None:
    """What comes from it stands there still when another entry of theirs was changed at the same time."""
    small.lay_out(numbered(3), phases=TWO_PHASES).run()
    edit(small.path(1), lambda main: {i: value for i, value in main.items() if i != "i01"})
    edit(small.path(2), lambda main: {**main, "i02": {"said": "by hand"}})
    small.run()
    assert small.main(2) == {"i02": {"said": "by hand"}, "i03": {"said": {"said": {"n": 3}}}}
    assert "no merged items" not in warnings(small)
    assert not list(small.folder.glob("out_2.json.*-*"))


def test_an_entry_that_was_changed_below_a_removed_one_is_kept_in_a_copy(small: Small) -> None:
    small.lay_out(numbered(3), phases=TWO_PHASES).run()
    edit(small.path(1), lambda main: {i: value for i, value in main.items() if i != "i01"})
    edit(small.path(2), lambda main: {**main, "i01": {"said": "by hand"}})
    mine = small.path(2).read_text()
    small.run()
    assert list(small.main(2)) == ["i02", "i03"]
    assert [path.read_text() for path in small.folder.glob("out_2.json.*-*")] == [mine]


def test_a_phase_whose_failed_items_are_left_out_has_not_failed(small: Small) -> None:
    agent = "write({i: p for i, p in items.items() if phase == 1 or i != 'i01'})\n"
    small.lay_out(numbered(3), agent=agent, phases=[{}, {"max_attempts": 1}]).run(status=1)
    edit(small.path(1), lambda main: {i: value for i, value in main.items() if i != "i01"})
    small.run()
    assert [phase["status"] for phase in small.status()["phases"]] == ["completed"] * 2
    assert list(small.main(2)) == ["i02", "i03"]


def test_what_is_expanded_from_a_removed_item_comes_back_though_its_answer_is_another(small: Small) -> None:
    """The second phase makes the same of every answer to an item."""
    agent = "write({i: {'said': [p, batch] if phase == 1 else i} for i, p in items.items()})\n"
    phases: list[dict[str, Any]] = [{}, {"items": {"phase": 1, "by": "each.py"}}, {}]
    small.lay_out(numbered(4), agent=agent, phases=phases, functions={"each.py": EXPANDED}).run()
    below = [small.main(phase) for phase in (2, 3)]
    edit(small.path(1), lambda main: {i: value for i, value in main.items() if i != "i01"})
    small.run()
    assert [list(small.main(phase)) for phase in (2, 3)] == [["i02x", "i03x", "i04x"]] * 2
    assert "phase 3: 1 items are left out, as is what they come from" in warnings(small)
    small.done("retry", "small/demo", "--items", "i01", "--phase", "1")
    assert small.until_ended() == "completed"
    assert small.main(1)["i01"] == {"said": [{"n": 1}, 3]}
    assert [small.main(phase) for phase in (2, 3)] == below


def test_what_waits_below_a_removed_item_is_not_worked_on(small: Small) -> None:
    """All items of a batch of phase 2 are removed while it waits for a slot, and one item of a session that runs."""
    agent = "if (phase, batch) in ((1, 3), (2, 1)):\n    wait_at('gate')\nwrite(answers())\n"
    small.lay_out(numbered(6), agent=agent, phases=TWO_PHASES, settings={"concurrency": 2})
    running = small.begin_run()
    gates = {(each.phase, each.batch): each for each in small.at_gate(count=2)}
    until(lambda: _written(small, 1, 4), "the main file of phase 1")
    edit(small.path(1), lambda main: {"i01": main["i01"]})
    open_gate(gates[1, 3])
    running.line_with("3 items removed by hand")
    open_gate(gates[2, 1])
    assert running.end() == 0, running.err
    assert [list(small.main(phase)) for phase in (1, 2)] == [["i01", "i05", "i06"]] * 2
    assert sorted(each.batch for each in small.sessions(2)) == [1, 3]


@pytest.mark.parametrize("garbage", ["{ not json", "", "[1, 2]", '{"i01": {}, "i01": {}}', '{"i01": NaN}'])
def test_a_file_that_does_not_parse_is_set_aside_and_made_again(small: Small, garbage: str) -> None:
    running = halfway(small, TWO_PHASES)
    small.path(1).write_text(garbage)
    go_on(small, running)
    assert small.main(1) == said(numbered(4))
    assert copies(small) == [garbage]
    assert "out_1.json" in warnings(small) and "set aside" in warnings(small)


def test_an_entry_that_is_no_item_is_kept_in_a_copy_and_named(small: Small) -> None:
    running = halfway(small, TWO_PHASES)
    edit(small.path(1), lambda main: {**main, "i99": {"said": "my own"}})
    mine = small.path(1).read_text()
    go_on(small, running)
    assert small.main(1) == said(numbered(4))
    assert copies(small) == [mine]
    assert "i99" in warnings(small)


def test_an_answer_written_by_hand_before_its_time_is_kept_in_a_copy(small: Small) -> None:
    running = halfway(small, TWO_PHASES)
    edit(small.path(1), lambda main: {**main, "i03": {"said": "before its time"}})
    mine = small.path(1).read_text()
    go_on(small, running)
    assert small.main(1) == said(numbered(4))
    assert copies(small) == [mine]
    assert "i03" in warnings(small)


def test_change_removal_and_addition_at_once_are_each_done_right(small: Small) -> None:
    running = halfway(small, TWO_PHASES)
    edit(small.path(1), lambda main: {"i01": {"said": "by hand"}, "i99": 1})
    mine = small.path(1).read_text()
    go_on(small, running)
    assert small.main(1) == {"i01": {"said": "by hand"}, **said({i: {"n": n} for i, n in (("i03", 3), ("i04", 4))})}
    assert copies(small) == [mine]
    for word in ("i01", "i02", "i99"):
        assert word in warnings(small)


def test_a_deleted_main_file_is_made_again(small: Small) -> None:
    running = halfway(small, TWO_PHASES)
    small.path(1).unlink()
    go_on(small, running)
    assert small.main(1) == said(numbered(4))


def test_an_edit_between_two_runs_is_taken_over(small: Small) -> None:
    small.lay_out(numbered(4), phases=THREE_PHASES, functions={"each.py": EXPANDED}).run()
    edit(small.path(1), lambda main: {**main, "i04": {"said": "between"}})
    small.run()
    assert small.main(1)["i04"] == {"said": "between"}
    assert small.main(2)["i04"] == {"said": {"said": "between"}}
    assert small.main(3)["i04x"] == {"said": {"said": {"said": "between"}}}
    small.run()
    assert small.main(1)["i04"] == {"said": "between"}


def test_an_edit_in_an_array_is_taken_over(small: Small) -> None:
    rows = "write([[i, p['n'] if isinstance(p, dict) else p] for i, p in items.items()])\n"
    small.lay_out(numbered(4), agent=rows, phases=[{"merge": "array"}]).run()
    small.path().write_text(json.dumps([row if row[0] != "i02" else ["i02", "by hand"] for row in small.main()]))
    small.run()
    assert small.main() == [["i01", 1], ["i02", "by hand"], ["i03", 3], ["i04", 4]]


def test_other_indentation_is_no_edit(small: Small) -> None:
    small.lay_out(numbered(2)).run()
    made = small.path().read_bytes()
    small.path().write_text(json.dumps(small.main()))
    small.run()
    assert small.path().read_bytes() == made
    assert not warnings(small)
    assert not list(small.folder.glob("out_1.json.*-*"))


def test_a_main_file_that_was_there_before_the_first_run_is_asked_about(small: Small) -> None:
    small.lay_out(numbered(2))
    mine = '{"i01": {"said": "mine"}}'
    small.folder.mkdir(parents=True)
    small.path().write_text(mine)
    small.run(status=2)
    assert small.path().read_text() == mine
    small.run("--fresh")
    assert small.main() == said(numbered(2))
    assert [path.read_text() for path in small.folder.glob("set_aside_*/out_1.json")] == [mine]


def test_an_edit_made_while_a_run_is_dead_is_taken_over(small: Small) -> None:
    running = halfway(small, TWO_PHASES)
    running.kill()
    edit(small.path(1), lambda main: {**main, "i02": {"said": "while nobody looked"}})
    small.run()
    assert small.main(1) == {**said(numbered(4)), "i02": {"said": "while nobody looked"}}
    assert small.main(2) == said(small.main(1))


def test_what_a_session_makes_of_content_that_was_edited_meanwhile_is_not_taken(small: Small) -> None:
    agent = """
if (phase, batch, session) in ((1, 2, 1), (2, 1, 1)):
    wait_at("gate")
write({i: {"said": p} for i, p in items.items()})
"""
    small.lay_out(numbered(4), agent=agent, phases=TWO_PHASES)
    running = small.begin_run()
    upstream, downstream = small.at_gate(count=2)
    until(lambda: _written(small, 1), "the main file of phase 1")
    edit(small.path(1), lambda main: {**main, "i01": {"said": "by hand"}})
    open_gate(upstream)
    running.line_with("1 items edited by hand")
    open_gate(downstream)
    assert running.end() == 0
    assert small.main(1) == {**said(numbered(4)), "i01": {"said": "by hand"}}
    assert small.main(2) == said(small.main(1))
    assert [list(each.asked) for each in small.sessions(2)].count(["i01"]) == 1


def test_a_main_file_that_another_program_has_locked_is_written_when_it_lets_go(small: Small) -> None:
    small.lay_out(numbered(2))
    small.folder.mkdir(parents=True)
    with FileLock(f"{small.path()}.lock"):
        running = small.begin_run()
        running.line_with("starts")
        assert not small.path().exists()
    assert running.end() == 0
    assert small.main() == said(numbered(2))


@pytest.mark.parametrize("point", ["main_file.before_folder_sync", "receipt.before_write", "receipt.written"])
def test_what_a_writer_wrote_that_was_killed_before_it_could_say_so_is_no_edit(small: Small, point: str) -> None:
    small.lay_out(numbered(4))
    killed = small.cli("run", "small", TARGET, SUPERVISOR_FAILPOINTS=f"{point}=1")
    assert killed.status == -signal.SIGKILL
    there = small.main(1)
    assert there and small.rows("SELECT written_seq FROM phases")[0]["written_seq"] == 0
    small.done("retry", "small/demo", "--items", next(iter(there)), "--phase", "1")
    assert small.until_ended() == "completed"
    assert small.main(1) == said(numbered(4))
    assert (copies(small), warnings(small)) == ([], "")


def test_an_edit_of_what_a_killed_writer_wrote_is_one(small: Small) -> None:
    small.lay_out(numbered(4))
    assert small.cli("run", "small", TARGET, SUPERVISOR_FAILPOINTS="receipt.before_write=1").status == -signal.SIGKILL
    mine = {**small.main(1), "i99": {"said": "by hand"}}
    small.path(1).write_text(json.dumps(mine))
    small.run()
    assert small.main(1) == said(numbered(4))
    assert [json.loads(copy) for copy in copies(small)] == [mine]


def test_a_file_that_was_written_once_and_is_put_back_is_an_edit(small: Small) -> None:
    agent = "if batch == 2 and session == 1:\n    wait_at('gate')\nwrite(answers())\n"
    small.lay_out(numbered(4), agent=agent)
    assert small.cli("run", "small", TARGET, SUPERVISOR_FAILPOINTS="receipt.written=1").status == -signal.SIGKILL
    first = small.path(1).read_text()
    small.run()
    small.path(1).write_text(first)
    small.run()
    assert "removed by hand" in warnings(small)
    assert copies(small) == [first]
