"""Runs commands of a small project under the tracer, and keeps what they did and what they left."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from supervisor.errors import StoreError
from supervisor.store.database import open_store
from supervisor.text.content_hash import digest
from tests.chaos.power_loss.disk_model import Tree
from tests.chaos.power_loss.recorded_calls import Call, read_calls, traced
from tests.chaos.power_loss.replay import real
from tests.support.project_folder import PROGRAM
from tests.support.scripted_project import PIPELINE, TARGET, Small

Item = tuple[int, int, str]
"""Job, phase, id."""


class Stored(NamedTuple):
    """What a store holds."""

    merged: dict[Item, str]
    """A digest of the value of every merged item."""
    batches: dict[tuple[int, int], dict[Item, str]]
    """Phase and number of the newest job's batches to the values that were merged of them."""
    wrong: list[str]
    """What a store may never be."""


class Step(NamedTuple):
    """One command, and what a person did to the project's files before it."""

    by_hand: dict[str, bytes]
    fresh: bool
    calls: list[Call]
    left: Tree
    stored: Stored


def main_files(tree: Mapping[str, bytes | None]) -> dict[str, bytes]:
    """Path to content of every main file that is where it belongs."""
    return {path: data for path, data in tree.items() if data is not None and Path(path).match("made/*/out_?.json")}


def record(
    project: Small, *options: str, killed_at: int | None = None, by_hand: Mapping[str, bytes] | None = None
) -> Step:
    """`supervisor run small demo OPTIONS` until it ended, or until it was killed as it began its fdatasync of that
    number. `by_hand` are files in `vfs/` that a person writes before.
    """
    for name, data in (by_hand or {}).items():
        (project.root / "vfs" / name).write_bytes(data)
    log = project.root / ".calls"
    ran = subprocess.run(
        traced(log, [*PROGRAM, "run", PIPELINE, TARGET, *options], killed_at=killed_at),
        cwd=project.root,
        env=project.environment(PYTHONUNBUFFERED=""),  # else a line is written, and recorded, in pieces
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (ran.returncode == 0) == (killed_at is None), f"it ended with {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
    left = real(project.root / "vfs")
    return Step(dict(by_hand or {}), "--fresh" in options, read_calls(log), left, stored_in(left))


def stored_in(tree: Tree) -> Stored:
    """What the store in a `vfs/` holds, read from a copy, since reading a store changes its files."""
    with tempfile.TemporaryDirectory(dir=fast_folder()) as folder:
        for path, data in tree.items():
            name = Path(path).name
            if name.startswith("store.sqlite") and not name.endswith(("-shm", "-bell")) and data is not None:
                Path(folder, name).write_bytes(data)
        store = Path(folder, "store.sqlite")
        if not store.exists():
            return Stored({}, {}, [])
        try:
            database = open_store(store)
        except StoreError as error:
            return Stored({}, {}, [str(error)])
        try:
            return _read(database.connection)
        except sqlite3.DatabaseError as error:
            return Stored({}, {}, [f"it cannot be read: {error}"])
        finally:
            database.close()


def _read(store: sqlite3.Connection) -> Stored:
    wrong = [row[0] for row in store.execute("PRAGMA quick_check") if row[0] != "ok"]
    for table in ("item", "batch"):
        sql = (
            f"SELECT job, phase, status, n FROM {table}_counts WHERE n <> 0 EXCEPT"
            f" SELECT job, phase, status, count(*) FROM {'items' if table == 'item' else 'batches'} GROUP BY 1, 2, 3"
        )
        wrong += [f"{table}s are counted wrongly: {tuple(row)}" for row in store.execute(sql)]
    merged: dict[Item, str] = {}
    batches: dict[tuple[int, int], dict[Item, str]] = {}
    sql = (
        "SELECT i.job, i.phase, i.id, i.value, b.number, b.job = (SELECT max(id) FROM jobs) AS newest FROM items i"
        " LEFT JOIN batches b ON b.id = i.batch WHERE i.status = 'merged'"
    )
    for row in store.execute(sql):
        item = (row["job"], row["phase"], row["id"])
        merged[item] = digest(json.loads(row["value"]))
        if row["newest"]:
            batches.setdefault((row["phase"], row["number"]), {})[item] = merged[item]
    return Stored(merged, batches, wrong)


def laid_out_at(root: Path, like: Small, tree: Tree) -> Small:
    """A project with the content of another, and with this `vfs/`."""
    shutil.copytree(like.root, root, ignore=shutil.ignore_patterns("vfs", ".*"))
    (root / "vfs").mkdir()
    for path, data in sorted(tree.items()):
        if data is None:
            (root / "vfs" / path).mkdir()
        else:
            (root / "vfs" / path).write_bytes(data)
    return Small(root)


def fast_folder() -> str | None:
    """Where files need not reach a disk, where there is such a place."""
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() else None
