"""Stores that earlier versions made: they open, are brought up to date, and nothing of them is done again."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from supervisor.errors import StoreError
from supervisor.store.database import SCHEMA_VERSION, open_store
from supervisor.store.integrity.integrity_check import wrong_counters
from supervisor.store.queries.job_summary import summarise
from supervisor.store.tables import jobs

KEPT = sorted((Path(__file__).parent / "earlier_stores").glob("*.sql"), key=lambda path: int(path.stem))
every_earlier_store = pytest.mark.parametrize("script", KEPT, ids=lambda path: f"schema {path.stem}")


def restored(script: Path, folder: Path) -> Path:
    path = folder / "store.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(script.read_text(encoding="utf-8"))
    connection.close()
    return path


def shape(path: Path) -> dict[str, list[tuple[str, str]]]:
    """Table to its columns and their types, and the names of indices and triggers."""
    connection = sqlite3.connect(path)
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = {
        table: sorted((row[1], row[2]) for row in connection.execute(f"PRAGMA table_info({table})")) for table in tables
    }
    found["others"] = sorted(connection.execute("SELECT type, name FROM sqlite_master WHERE type <> 'table'"))
    connection.close()
    return found


def test_a_store_of_every_earlier_schema_is_kept_here() -> None:
    assert [int(path.stem) for path in KEPT] == list(range(1, SCHEMA_VERSION))


@every_earlier_store
def test_an_earlier_store_becomes_what_a_new_one_is(script: Path, tmp_path: Path) -> None:
    path = restored(script, tmp_path)
    open_store(path).close()
    new = tmp_path / "new.sqlite"
    open_store(new, create=True).close()
    assert shape(path) == shape(new)


@every_earlier_store
def test_what_an_earlier_store_did_not_count_is_counted(script: Path, tmp_path: Path) -> None:
    database = open_store(restored(script, tmp_path))
    assert wrong_counters(database) == []
    (job,) = jobs.all_jobs(database)
    found = summarise(database, job)
    sessions, counted, batches = database.rows("SELECT count(*), sum(counted), count(DISTINCT batch) FROM attempts")[0]
    database.close()
    assert (found.sessions, found.attempts, found.retries) == (sessions, counted, counted - batches)


@every_earlier_store
def test_nothing_of_an_earlier_store_is_done_again(script: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"

    def supervisor(*words: str, at: Path) -> str:
        ran = subprocess.run(
            [sys.executable, "-m", "supervisor", *words], cwd=at, capture_output=True, text=True, check=True
        )
        return ran.stdout

    supervisor("init", "project", at=tmp_path)
    (project / "vfs/.supervisor").mkdir()
    with contextlib.closing(sqlite3.connect(restored(script, project / "vfs/.supervisor"))) as connection:
        (sessions,) = connection.execute("SELECT count(*) FROM attempts").fetchone()
    supervisor("run", "facts", "demo", at=project)
    (job,) = json.loads(supervisor("status", "--json", at=project))["jobs"]
    assert (job["status"], job["sessions"]) == ("completed", sessions)
    assert len(json.loads((project / "vfs/facts/demo/facts.json").read_text())) == 50


def test_a_store_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    open_store(path, create=True).close()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    before = shutil.copy(path, tmp_path / "before")
    with pytest.raises(StoreError, match=f"schema {SCHEMA_VERSION + 1}, made by a newer supervisor"):
        open_store(path)
    assert path.read_bytes() == Path(before).read_bytes()
