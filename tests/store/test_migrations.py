"""Stores that earlier versions made: they open, are brought up to date, and nothing of them is done again."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from supervisor.doctor.state_checks import look_at_state
from supervisor.errors import StoreError
from supervisor.model.session_handle import SessionHandle
from supervisor.project.project import find_project
from supervisor.project.scaffold import make_project
from supervisor.project.store_damage import store_damage
from supervisor.store.database import SCHEMA_VERSION, open_store
from supervisor.store.integrity.integrity_check import wrong_counters
from supervisor.store.integrity.write_receipts import FOLDER, PhaseReceipt
from supervisor.store.queries.job_summary import summarise
from supervisor.store.tables import attempts, jobs

KEPT = sorted((Path(__file__).parent / "earlier_stores").glob("*.sql"), key=lambda path: int(path.stem))
SCHEMA_5 = {
    "id, wish, set_aside_at FROM jobs": "id, stop_request, superseded_at FROM jobs",
    "job, id, made_with FROM items": "job, id, instructions_version FROM items",
    "id, asked, files, conversation FROM attempts": "id, item_ids, workspace_kept, provider_session_id FROM attempts",
    "agent, next_try, tries, closed_at FROM gates": (
        "agent, next_probe_at, failed_probes, started_at FROM agent_cooldowns"
    ),
    "fingerprint, version, files, made_at FROM definitions": (
        "fingerprint, version, files, made_at FROM pipeline_versions"
    ),
    "name, secret_hash, made_at FROM clients": "name, secret_hash, created_at FROM api_clients",
    "id, url, next_try, tries, said FROM deliveries": (
        "id, url, next_try, attempts, last_result FROM webhook_deliveries"
    ),
}
"""What was selected before to what is selected since."""
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
    for job in jobs.all_jobs(database, superseded=True):
        found = summarise(database, job)
        sessions, counted, batches = database.rows(
            "SELECT count(*), sum(counted), count(DISTINCT iif(counted, batch, NULL)) FROM attempts WHERE job = ?",
            (job.id,),
        )[0]
        assert (found.sessions, found.attempts, found.retries) == (sessions, counted, counted - batches)
    database.close()


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
        (sessions,) = connection.execute("SELECT count(*) FROM attempts WHERE job = 1").fetchone()
    supervisor("run", "facts", "demo", at=project)
    (job,) = json.loads(supervisor("status", "facts/demo", "--json", at=project))["jobs"]
    assert (job["status"], job["sessions"]) == ("completed", sessions)
    assert len(json.loads((project / "vfs/facts/demo/facts.json").read_text())) == 50


def test_what_schema_5_calls_otherwise_is_there_under_its_new_name(tmp_path: Path) -> None:
    path = restored(KEPT[3], tmp_path)
    connection = sqlite3.connect(path)
    connection.execute("UPDATE attempts SET conversation = 'session 1', files = 0 WHERE id = 1")  # no agent of it told
    connection.commit()
    before = {now: connection.execute(f"SELECT {then}").fetchall() for then, now in SCHEMA_5.items()}
    processes = connection.execute("SELECT id, name, pid, started_ticks FROM attempts ORDER BY id").fetchall()
    connection.close()
    database = open_store(path)
    for now, rows in before.items():
        assert all(any(cell is not None for cell in column) for column in zip(*rows, strict=True)), now
        assert Counter(map(tuple, database.rows(f"SELECT {now}"))) == Counter(rows), now
    outcomes = Counter(row[0] for row in database.rows("SELECT outcome FROM attempts"))
    assert outcomes == {"passed": 6, "partial": 1, "unvalidated": 3, "limited": 3}
    states = Counter(row[0] for row in database.rows("SELECT status FROM batches"))
    assert states == {"done": 6, "failed": 3, "pending": 3}
    assert database.rows("SELECT 1 FROM batch_counts WHERE status = 'waiting'") == []
    assert [each.handle for job in (2, 4) for each in attempts.unfinished(database, job)] == [
        SessionHandle(executor="local", session=name, address={"agent": "mine", "pid": pid, "started_ticks": ticks})
        for number, name, pid, ticks in processes
        if number in (5, 6, 7)
    ]
    database.close()


@every_earlier_store
def test_an_earlier_store_is_looked_at_without_being_changed(script: Path, tmp_path: Path) -> None:
    make_project(tmp_path / "project")
    project = find_project(tmp_path / "project")
    project.state.mkdir(parents=True)
    before = restored(script, project.state).read_bytes()
    receipt = PhaseReceipt(job=1, phase=1, pipeline="facts", collection="facts", target="demo", seq=3, sha256="")
    for seq, problems in ((1000, ["answers"]), (3, [])):
        (project.state / FOLDER).mkdir(exist_ok=True)
        told = receipt.model_copy(update={"seq": seq}).model_dump_json()
        (project.state / FOLDER / "job1-phase1.json").write_text(told, encoding="utf-8")
        assert [each.repair for each in store_damage(project, thorough=True)] == problems
    assert any(finding.text.endswith("MB") for finding in look_at_state(project))
    assert project.store.read_bytes() == before


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
