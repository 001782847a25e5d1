"""Whatever a session tells of its cost, its job and all others of the project go on."""

from __future__ import annotations

import contextlib
import sqlite3

import pytest

from tests.support.scripted_project import ANSWER, TARGET, Small, numbered, said, tells, until_heard

TOLD = {
    "more tokens than the store's numbers go": '"input_tokens": 100000000000000000000',
    "tokens whose sum is more than that": '"input_tokens": 9000000000000000000',
    "fewer tokens than none": '"input_tokens": -5',
    "dollars whose sum is no number": '"cost_usd": 1e308',
    "dollars that are no float": f'"cost_usd": {"9" * 401}',
}


@pytest.mark.parametrize("told", TOLD.values(), ids=TOLD)
def test_what_no_session_can_cost_is_not_known_and_ends_nothing(small: Small, told: str) -> None:
    line = f'{{"type": "supervisor_usage", {told}, "output_tokens": 3}}'
    small.lay_out(numbered(4), agent=f"print({line!r}, flush=True)\n" * 2 + ANSWER)
    small.run()
    small.done("run", "small", "another")
    assert small.main() == said(numbered(4))
    status = small.status(f"small/{TARGET}")
    assert (status["cost_usd"], status["tokens"]) == (None, 12)
    assert "tokens 12 out" in small.done("status", f"small/{TARGET}").out


def test_a_session_of_which_nobody_can_say_what_it_cost_keeps_no_other_job_from_starting(small: Small) -> None:
    agent = "if not (here.parents[4] / 'open').exists():\n    wait_at('gate')\nwrite(answers())\n"
    small.lay_out(numbered(4), agent=tells(cost_usd=0.5) + agent)
    running = small.begin_run()
    until_heard(small.at_gate(count=2))
    running.kill()
    small.done("cancel", f"small/{TARGET}")
    with contextlib.closing(sqlite3.connect(small.state / "store.sqlite")) as store, store:
        store.execute("UPDATE attempts SET executor = 'gone' WHERE id = (SELECT min(id) FROM attempts)")
    small.write("open", "")
    ended = small.done("run", "small", "another")
    first, second = small.rows("SELECT name, cost_usd FROM attempts WHERE job = 1 ORDER BY id")
    assert (first["cost_usd"], second["cost_usd"]) == (None, 0.5)
    assert f"session {first['name']}: what came of it cannot be read or noted" in ended.out + ended.err
