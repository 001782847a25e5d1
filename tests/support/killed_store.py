"""A store as a killed process leaves it, and its rows."""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from supervisor.store.database import open_store
from supervisor.text import content_hash

PAGE = 1024
COUNT = 300


@contextmanager
def killed_while_open(folder: Path, transactions: int) -> Iterator[Path]:
    """A copy of a store as a killed process leaves it: with a log that was not taken into the store yet."""
    path = folder / "store.sqlite"
    database = open_store(path, create=True)
    for number in range(transactions):
        with database.transaction():
            for n in range(number, COUNT, transactions):
                payload = {"n": n, "text": f"{n} " * 40}
                database.connection.execute(
                    "INSERT INTO items"
                    " (job, phase, id, position, status, payload, digest, value, seq, instructions_version)"
                    " VALUES (1, 1, ?, ?, 'merged', ?, ?, ?, 1, 1)",
                    (f"i{n:04}", n, json.dumps(payload), content_hash.digest(payload), json.dumps({"said": n})),
                )
    copy = folder / "copy"
    copy.mkdir()
    for name in ("store.sqlite", "store.sqlite-wal"):
        shutil.copy(folder / name, copy / name)
    database.close()
    yield copy / "store.sqlite"


@contextmanager
def scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def rows(path: Path) -> dict[str, tuple[Any, ...]]:
    connection = sqlite3.connect(path)
    try:
        return {row[0]: row[1:] for row in connection.execute("SELECT id, position, status, payload, value FROM items")}
    finally:
        connection.close()
