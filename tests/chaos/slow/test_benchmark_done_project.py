"""A project that a benchmark made as done is the one that real runs leave."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

from benchmarks.done_project import make_done
from benchmarks.scratch import SUPERVISOR, Scratch

OF_THE_MOMENT = {"handle", "duration_s"}
"""Columns that differ from run to run, besides those of times."""
EVENTS_OF_A_BATCH = {"session_started", "batch_ended"}


def supervisor(scratch: Scratch, *words: str) -> str:
    ran = subprocess.run(
        [*SUPERVISOR, *words, "--project", str(scratch.root)], capture_output=True, encoding="utf-8", check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def rows(scratch: Scratch) -> dict[str, list[dict[str, Any]]]:
    """Every table of the store, without what belongs to the moment."""
    with contextlib.closing(sqlite3.connect(scratch.root / "vfs" / ".supervisor" / "store.sqlite")) as store:
        store.row_factory = sqlite3.Row
        tables = [row[0] for row in store.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        found = {name: [dict(row) for row in store.execute(f"SELECT * FROM {name}")] for name in tables}
    found["events"] = [{"kind": row["kind"]} for row in found["events"] if row["kind"] in EVENTS_OF_A_BATCH]
    del found["jobs"]
    for row in (row for table in found.values() for row in table):
        for name in list(row):
            if name in OF_THE_MOMENT or name == "at" or name.endswith("_at"):
                del row[name]
    return {name: sorted(table, key=str) for name, table in found.items()}


def test_a_project_made_as_done_ends_as_one_that_was_run(tmp_path: Path) -> None:
    ran = Scratch(tmp_path / "ran", "copy.sh", batches=4, batch_size=3)
    ran.add_pipeline("facts")
    supervisor(ran, "run", "facts", "demo", "--concurrency", "1")
    made = make_done(tmp_path / "made", 3, batch_size=3)
    said = supervisor(made, "run", "facts", "demo", "--concurrency", "1")
    assert "3 batches done before" in said
    assert "WARNING" not in said
    assert rows(made) == rows(ran)
    ((file, same),) = zip(*(sorted(s.root.glob("vfs/facts/demo/*.json")) for s in (ran, made)), strict=True)
    assert file.read_bytes() == same.read_bytes()
