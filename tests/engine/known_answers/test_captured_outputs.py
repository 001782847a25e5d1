"""An output that an earlier session left is judged where nobody judged it; half of one, or an old one, is not taken."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from tests.engine.known_answers.conformance.places import Captured
from tests.engine.known_answers.conformance.scene import Scene
from tests.support import processes
from tests.support.scripted_project import Small, numbered, said
from tests.support.waiting import reader_of

SLOW = """
import os
def validate(batch, output, merged):
    pipe = os.path.join(os.path.dirname(__file__), "..", "..", "pipe")
    if os.path.exists(pipe):
        open(pipe).read()
    return ValidationReport()
"""
"""A validator that waits where there is a pipe in the project's folder."""


def killed_while_it_validates(small: Small) -> None:
    """A run whose last output is there, whole, and paid for."""
    os.mkfifo(small.root / "pipe")
    running = small.begin_run()
    pipe = reader_of(small.root / "pipe")
    running.kill()
    (small.root / "pipe").unlink()
    os.close(pipe)
    processes.none_left(small.root)


def test_a_finished_output_that_nobody_judged_is_judged_and_not_made_again(small: Small) -> None:
    small.lay_out(numbered(2), phases=[{"validator": "check.py"}], validators={"check.py": SLOW})
    killed_while_it_validates(small)
    (session,) = small.sessions()
    small.run()
    assert [each.name for each in small.sessions()] == [session.name]
    assert small.main() == said(numbered(2))
    assert "judged, not made again" in small.progress
    assert small.status()["attempts"] == 1


def test_a_half_written_output_of_a_killed_run_is_made_again(small: Small) -> None:
    half = """
if session == 1:
    output.write_text('{"i01": {"said"')
    wait_at("gate")
write(answers())
"""
    small.lay_out(numbered(2), agent=half)
    running = small.begin_run()
    small.at_gate()
    running.kill()
    small.run()
    assert [session.number for session in small.sessions()] == [1, 2]
    assert "# RETRY" not in small.sessions()[1].prompt
    assert small.status()["attempts"] == 1
    assert small.main() == said(numbered(2))


def test_an_item_that_a_person_removes_while_its_batch_is_prepared_is_looked_up_no_more(tmp_path: Path) -> None:
    scene = Scene(tmp_path.resolve() / "project")
    captured = Captured(scene)
    captured.leave_nothing()
    place, asked = captured.open(), scene.request()
    scene.remove("b")
    assert asked.todo == ("a", "b", "c")
    assert asyncio.run(place.lookup(asked)) == []
    scene.database.close()


def test_a_file_that_an_earlier_attempt_left_is_never_taken(small: Small) -> None:
    """The second session writes nothing; the first one's file, whole and right in form, must not stand in for it."""
    lazy = "write({'i01': {'said': {'n': 1}}}) if session == 1 else sys.exit(0)\n"
    small.lay_out(numbered(2), agent=lazy, phases=[{"max_attempts": 2}]).run(status=1)
    assert small.main() == {"i01": {"said": {"n": 1}}}
    (failed,) = small.status()["failed_items"]
    assert failed["id"] == "i02"
    assert [error["type"] for error in failed["errors"]] == ["no_output"]
