"""Main files are written when something of them changed, and not more often than their size allows."""

from __future__ import annotations

import asyncio
import json
import os
import threading
import time
from pathlib import Path

from supervisor.engine import results_writer
from supervisor.engine.events.event_log import EventLog
from supervisor.engine.results_writer import BYTES_A_SECOND, FLOOR_BYTES, TIMES_ITS_SIZE, ResultsWriter
from supervisor.model.job import JobOptions
from supervisor.model.pipeline import Phase, Pipeline
from supervisor.sinks.json_sink import JsonSink
from supervisor.store.database import open_store
from supervisor.store.tables import items, jobs, phases
from supervisor.store.transitions import item_reconcile
from tests.support.facts_project import SmallProject


def main_file(project: SmallProject) -> Path:
    return project.root / "vfs" / "facts" / "demo" / "facts.json"


def test_a_main_file_that_holds_all_is_not_written_again(project: SmallProject) -> None:
    assert project.run().returncode == 0
    before = main_file(project).stat().st_mtime_ns
    assert project.run().returncode == 0
    assert main_file(project).stat().st_mtime_ns == before


def test_a_main_file_that_was_deleted_or_whose_note_was_is_written_again(project: SmallProject) -> None:
    assert project.run().returncode == 0
    data = main_file(project).read_bytes()
    note = project.root / "vfs/.supervisor/written/job1-phase1.json"
    note.unlink()
    assert project.run().returncode == 0
    assert note.exists()
    main_file(project).unlink()
    assert project.run().returncode == 0
    assert main_file(project).read_bytes() == data


def test_items_in_another_order_are_written_in_it(project: SmallProject) -> None:
    second = {"id": 2, "name": "two", "items": {"phase": 1}, "output": "two.json"}
    third = {"id": 3, "name": "three", "items": {"phase": 2, "by": "same.py"}, "output": "three.json"}
    project.write(
        "phase_intelligence/facts/same.py", "def expand(item_id, payload):\n    return [(item_id, payload)]\n"
    )
    project.agent(
        "import json, os\n"
        'items = json.load(open(os.environ["SUPERVISOR_INPUT_FILE"]))["items"]\n'
        'json.dump({i: {"said": i} for i in items}, open(os.environ["SUPERVISOR_OUTPUT_FILE"], "w"))\n'
    )
    project.phases({}, second, third)
    names = ("facts.json", "two.json", "three.json")
    assert project.run().returncode == 0
    assert [list(project.result(name)) for name in names] == [["a", "b", "c"]] * 3
    project.items({"c": {"n": 3}, "a": {"n": 1}, "b": {"n": 2}})
    assert project.run().returncode == 0
    assert [list(project.result(name)) for name in names] == [["c", "a", "b"]] * 3
    assert project.job()["sessions"] == 3


def test_a_main_file_with_another_form_is_written_in_it(project: SmallProject) -> None:
    assert project.run().returncode == 0
    project.phases({"merge": "array"})
    assert project.run().returncode == 0
    assert [row["id"] for row in project.result()] == ["a", "b", "c"]


def test_what_is_written_to_a_large_main_file_is_bounded_by_its_size(tmp_path: Path) -> None:
    merges = 40
    (tmp_path / "vfs").mkdir()
    database = open_store(tmp_path / "vfs/.supervisor/store.sqlite", create=True)
    phase = Phase(id=1, name="one", items="items.json", intelligence="1.md", output="one.json")
    pipeline = Pipeline(name="facts", collection="facts", phases=(phase,))
    job, _ = jobs.submit(database, pipeline, "demo", JobOptions(agent="a"))
    names = [f"i{n}" for n in range(merges)]
    with database.transaction() as transaction:
        phases.ensure(transaction, job.id, pipeline)
        item_reconcile.reconcile_source(transaction, job.id, 1, [(name, {}) for name in names], "mark")

    async def merge_all() -> tuple[int, float]:
        sinks = {1: JsonSink(tmp_path / "one.json")}
        files = ResultsWriter(job.id, EventLog(database), (phase,), sinks, _nothing, lambda _: False)
        began = time.monotonic()
        try:
            for name in names:
                with database.transaction() as transaction:
                    items.take_edit(transaction, job.id, 1, name, "x" * 100_000)
                files.mark_dirty(1)
                await asyncio.sleep(0)
                while files._tasks:
                    await asyncio.wait(files._tasks)
            await files.flush()
            return files._states[1].written_bytes, time.monotonic() - began
        finally:
            await files.close()

    share, results_writer.SHARE = results_writer.SHARE, float("inf")  # only bytes are to hold it back
    try:
        written, took = asyncio.run(merge_all())
    finally:
        results_writer.SHARE = share
        database.close()
    size = (tmp_path / "one.json").stat().st_size
    assert list(json.loads((tmp_path / "one.json").read_bytes())) == names
    assert size > merges * 100_000
    assert written <= (TIMES_ITS_SIZE + 1) * size + FLOOR_BYTES + BYTES_A_SECOND * took


def test_a_write_that_is_under_way_when_its_job_ends_lets_go_of_everything(tmp_path: Path) -> None:
    database = open_store(tmp_path / "vfs/.supervisor/store.sqlite", create=True)
    phase = Phase(id=1, name="one", items="items.json", intelligence="1.md", output="one.json")
    pipeline = Pipeline(name="facts", collection="facts", phases=(phase,))
    job, _ = jobs.submit(database, pipeline, "demo", JobOptions(agent="a"))
    with database.transaction() as transaction:
        phases.ensure(transaction, job.id, pipeline)
        item_reconcile.reconcile_source(transaction, job.id, 1, [("a", {})], "mark")
        items.take_edit(transaction, job.id, 1, "a", 1)
    lock = JsonSink(tmp_path / "one.json").lock()
    threads = threading.active_count()

    async def end_under_way() -> ResultsWriter:
        sinks = {1: JsonSink(tmp_path / "one.json")}
        files = ResultsWriter(job.id, EventLog(database), (phase,), sinks, _nothing, lambda _: False)
        with lock:  # as another process has it
            files.mark_dirty(1)
            while not files._tasks:
                await asyncio.sleep(0)
            closing = asyncio.ensure_future(files.close())
            while files._states[1].timer is not None or not files._states[1].busy.locked():
                await asyncio.sleep(0)
        await closing
        return files

    files = asyncio.run(end_under_way())
    assert files.failure is None
    assert threading.active_count() == threads
    assert not [name for name in _open_files() if name.endswith(".lock")]
    assert json.loads((tmp_path / "one.json").read_bytes()) == {"a": 1}
    database.close()


def _open_files() -> list[str]:
    """What this process has open, by name."""
    return [os.path.realpath(f"/proc/self/fd/{number}") for number in os.listdir("/proc/self/fd")]


async def _nothing(_: int, __: list[str]) -> None:
    pass
