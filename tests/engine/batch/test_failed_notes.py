"""A store that refuses a statement while a session starts: nothing runs on, and nothing is done twice afterwards."""

from __future__ import annotations

import sqlite3

import pytest

from tests.support import processes
from tests.support.scripted_project import PIPELINE, TARGET, WITH_VALIDATOR, Small, numbered, said

REFUSED = {
    "attempt": "INSERT ON attempts",
    "batch's status": "UPDATE OF status ON batches WHEN NEW.status = 'running'",
    "event": "INSERT ON events WHEN NEW.kind = 'session_started'",
    "session's end": "UPDATE OF outcome ON attempts WHEN NEW.outcome != 'running'",
}


def change(small: Small, sql: str) -> None:
    connection = sqlite3.connect(small.state / "store.sqlite")
    connection.execute(sql)
    connection.commit()
    connection.close()


@pytest.mark.parametrize("statement", REFUSED)
def test_where_the_store_refuses_it_no_session_runs_on(small: Small, statement: str) -> None:
    small.lay_out(numbered(4), settings={"concurrency": 2}, **WITH_VALIDATOR)
    small.done("run", PIPELINE, "first")
    change(small, f"CREATE TRIGGER refuses BEFORE {REFUSED[statement]} BEGIN SELECT RAISE(ABORT, 'refused'); END")
    ended = small.cli("run", PIPELINE, TARGET)
    assert ended.status == 4
    assert "refused" in ended.err and "Traceback" not in ended.err
    processes.none_left(small.root)
    change(small, "DROP TRIGGER refuses")
    small.run()
    assert small.main() == said(numbered(4))
    asked = [item for each in small.sessions() if each.name.startswith("job2-") for item in each.asked]
    assert sorted(asked) == ["i01", "i02", "i03", "i04"]
