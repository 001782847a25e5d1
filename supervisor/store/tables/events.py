"""Events in the store: what happened to a job, in order."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Sequence
from typing import Any

from supervisor.model.event import Event
from supervisor.store.transaction import StoreReader, Transaction
from supervisor.text.strict_json import in_order


def record(
    transaction: Transaction, job: int, kind: str, text: str, *, level: str = "INFO", data: dict[str, Any] | None = None
) -> Event:
    """Add an event, with the change that makes it true."""
    at = time.time()
    made = transaction.execute(
        "INSERT INTO events (job, at, kind, level, text, data) VALUES (?, ?, ?, ?, ?, ?)",
        (job, at, kind, level, text, in_order(data or {})),
    )
    return Event(id=made.lastrowid or 0, job=job, at=at, kind=kind, level=level, text=text, data=data or {})


def after(database: StoreReader, job: int, event_id: int, limit: int = 10_000) -> list[Event]:
    """Events of a job with a higher number, in order."""
    rows = database.rows("SELECT * FROM events WHERE job = ? AND id > ? ORDER BY id LIMIT ?", (job, event_id, limit))
    return [_event(row) for row in rows]


def last_of_kind(database: StoreReader, job: int, kinds: Sequence[str]) -> Event | None:
    """The last event of a job that is of one of these kinds."""
    marks = ", ".join("?" * len(kinds))
    row = database.row(
        f"SELECT * FROM events WHERE job = ? AND kind IN ({marks}) ORDER BY id DESC LIMIT 1", (job, *kinds)
    )
    return None if row is None else _event(row)


def newest(database: StoreReader, job: int) -> int:
    """Number of a job's last event; 0 where it has none."""
    return int(database.value("SELECT coalesce(max(id), 0) FROM events WHERE job = ?", (job,)))


def before_the_last(database: StoreReader, job: int, count: int) -> int:
    """Number of the event after which so many came; 0 where there are no more."""
    found = database.value("SELECT id FROM events WHERE job = ? ORDER BY id DESC LIMIT 1 OFFSET ?", (job, count))
    return 0 if found is None else int(found)


def last_of_level(database: StoreReader, job: int, levels: Sequence[str], count: int) -> list[tuple[str, str]]:
    """`(level, text)` of the last events of these levels, newest last."""
    marks = ", ".join("?" * len(levels))
    rows = database.rows(
        f"SELECT level, text FROM events WHERE job = ? AND level IN ({marks}) ORDER BY id DESC LIMIT ?",
        (job, *levels, count),
    )
    return [(row["level"], row["text"]) for row in reversed(rows)]


def _event(row: sqlite3.Row) -> Event:
    return Event(
        id=row["id"],
        job=row["job"],
        at=row["at"],
        kind=row["kind"],
        level=row["level"],
        text=row["text"],
        data=json.loads(row["data"]),
    )
