"""Batches in the store: formed from canonical order alone, found when ready, ended."""

from __future__ import annotations

import sqlite3
import sys
import time
from collections.abc import Sequence
from typing import cast

from supervisor.model.job import BatchStatus, StoredBatch
from supervisor.store.transaction import StoreReader, Transaction

_OPEN = "status IN ('pending', 'running')"
"""Besides a narrower condition, where ended batches are not to be looked through."""
_FREE = "batch IS NULL AND status IN ('blocked', 'waiting', 'passed')"


def form(transaction: Transaction, job: int, phase: int, size: int, *, complete: bool) -> None:
    """Put a phase's free items into batches, in canonical order.

    Only full batches are formed while more items may come; when the phase is `complete`, the last may be smaller.
    """
    free = [
        row["id"]
        for row in transaction.rows(
            f"SELECT id FROM items WHERE job = ? AND phase = ? AND {_FREE} ORDER BY position, id", (job, phase)
        )
    ]
    number = newest(transaction, job, phase)
    for start in range(0, len(free), size):
        members = free[start : start + size]
        if len(members) < size and not complete:
            break
        number += 1
        made = transaction.execute(
            "INSERT INTO batches (job, phase, number, size, status) VALUES (?, ?, ?, ?, 'pending')",
            (job, phase, number, len(members)),
        )
        transaction.connection.executemany(
            "UPDATE items SET batch = ? WHERE job = ? AND phase = ? AND id = ?",
            [(made.lastrowid, job, phase, item_id) for item_id in members],
        )


def dissolve_unstarted(transaction: Transaction, job: int, phase: int, size: int) -> None:
    """Free the items of batches that have another size and no session yet."""
    doomed = [
        row["id"]
        for row in transaction.rows(
            f"SELECT id FROM batches b WHERE job = ? AND phase = ? AND {_OPEN} AND status = 'pending' AND size <> ?"
            " AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.batch = b.id)",
            (job, phase, size),
        )
    ]
    for batch in doomed:
        transaction.execute("UPDATE items SET batch = NULL WHERE batch = ?", (batch,))
        transaction.execute("DELETE FROM batches WHERE id = ?", (batch,))


def ready(database: StoreReader, job: int, phase: int, *, above: int = 0) -> list[StoredBatch]:
    """Pending batches of a phase, with numbers above `above`, whose items all have their content; in order."""
    rows = database.execute(
        f"SELECT * FROM batches b WHERE job = ? AND phase = ? AND {_OPEN} AND status = 'pending' AND number > ?"
        " AND NOT EXISTS"
        " (SELECT 1 FROM items i WHERE i.batch = b.id AND i.status = 'blocked') ORDER BY number",
        (job, phase, above),
    )
    return [_batch(row) for row in rows]


def ready_among(database: StoreReader, job: int, phase: int, item_ids: Sequence[str]) -> list[StoredBatch]:
    """Of the batches that hold these items, those that are pending and have all their content."""
    holders: set[int] = set()
    for item_id in item_ids:
        batch = database.value("SELECT batch FROM items WHERE job = ? AND phase = ? AND id = ?", (job, phase, item_id))
        if batch is not None:
            holders.add(batch)
    found: list[StoredBatch] = []
    for holder in sorted(holders):
        row = database.row(
            "SELECT * FROM batches b WHERE id = ? AND status = 'pending' AND NOT EXISTS"
            " (SELECT 1 FROM items i WHERE i.batch = b.id AND i.status = 'blocked')",
            (holder,),
        )
        if row is not None:
            found.append(_batch(row))
    return found


def get(database: StoreReader, batch: int | None) -> StoredBatch | None:
    """The batch with this id; None where there is none."""
    row = database.row("SELECT * FROM batches WHERE id = ?", (batch,))
    return None if row is None else _batch(row)


def numbered(database: StoreReader, job: int, phase: int, number: int) -> StoredBatch | None:
    """The batch of a phase that has this number; None where there is none."""
    row = database.row("SELECT * FROM batches WHERE (job, phase, number) = (?, ?, ?)", (job, phase, number))
    return None if row is None else _batch(row)


def newest(database: StoreReader, job: int, phase: int) -> int:
    """The highest batch number of a phase; 0 where it has none."""
    return int(database.value("SELECT coalesce(max(number), 0) FROM batches WHERE job = ? AND phase = ?", (job, phase)))


def cells(database: StoreReader, job: int, phase: int, after: int, most: int) -> list[sqlite3.Row]:
    """Number, size and status of a phase's batches with a higher number than `after`, in order, with how many sessions
    they had, and how many of these count as attempts."""
    return database.rows(
        "SELECT number, size, status, (SELECT count(*) FROM attempts a WHERE a.batch = b.id) AS sessions,"
        " (SELECT coalesce(sum(counted), 0) FROM attempts a WHERE a.batch = b.id) AS counted"
        " FROM batches b WHERE job = ? AND phase = ? AND number > ? ORDER BY number LIMIT ?",
        (job, phase, after, most),
    )


def grid(database: StoreReader, job: int, phase: int, each: int) -> str:
    """A letter for every `each` batches of a phase, in order: (w)aiting, (r)unning, re(t)ried, (d)one, (f)ailed; for
    several, the first of f, t, r that one of them is, else w, else d."""
    rows = database.rows(
        "SELECT max(status = 'failed') AS f, max(status = 'running' AND EXISTS"
        " (SELECT 1 FROM attempts a WHERE a.batch = b.id AND a.counted)) AS t,"
        " max(status = 'running') AS r, max(status = 'pending') AS w"
        " FROM batches b WHERE job = ? AND phase = ? GROUP BY (number - 1) / ? ORDER BY number",
        (job, phase, each),
    )
    return "".join(next((letter for letter in "ftrw" if row[letter]), "d") for row in rows)


def reset_running(transaction: Transaction, job: int) -> None:
    """Have batches be pending again whose supervisor is gone."""
    transaction.execute(
        f"UPDATE batches SET status = 'pending' WHERE job = ? AND {_OPEN} AND status = 'running'", (job,)
    )


def drop_empty(transaction: Transaction, job: int) -> None:
    """End pending batches that lost all their items.

    One that had sessions stays, as done, so that no later batch has its number or its id, and with it its attempts.
    """
    empty = f"job = ? AND {_OPEN} AND status = 'pending'"
    empty += " AND NOT EXISTS (SELECT 1 FROM items i WHERE i.batch = batches.id)"
    transaction.execute(
        f"UPDATE batches SET status = 'done', ended_at = ? WHERE {empty}"
        " AND EXISTS (SELECT 1 FROM attempts a WHERE a.batch = batches.id)",
        (time.time(), job),
    )
    transaction.execute(f"DELETE FROM batches WHERE {empty}", (job,))


def total(database: StoreReader, job: int, phase: int) -> int | None:
    """Batches of a phase; None while more may be formed."""
    row = database.row(
        "SELECT complete, (SELECT sum(n) FROM batch_counts c WHERE c.job = p.job AND c.phase = p.phase) AS n"
        " FROM phases p WHERE job = ? AND phase = ?",
        (job, phase),
    )
    return int(row["n"] or 0) if row is not None and row["complete"] else None


def _batch(row: sqlite3.Row) -> StoredBatch:
    return StoredBatch(
        id=row["id"],
        job=row["job"],
        phase=row["phase"],
        number=row["number"],
        size=row["size"],
        status=cast(BatchStatus, sys.intern(row["status"])),
    )
