"""Items in the store: to be done, kept, merged, quarantined, left out, and done again."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from supervisor.model.job import StoredItem
from supervisor.store.tables.phases import next_seq
from supervisor.store.transaction import StoreReader, Transaction
from supervisor.text.strict_json import in_order

STATES = ("blocked", "waiting", "passed", "merged", "quarantined", "skipped", "dropped", "removed")
"""All that an item can be in."""
IN_WORK = "('blocked', 'waiting', 'passed')"
"""States of an item that is still to be merged or given up."""
LEFT_OUT = ("dropped", "removed")
"""States of an item that is not to be: its source has it no more, or a person removed it. Reads the same in SQL."""


def made_with_other_version(database: StoreReader, job: int, phase: int, version: int) -> list[str]:
    """Ids of a phase's items that were done with another version of its instructions, in canonical order."""
    others = "SELECT EXISTS (SELECT 1 FROM instructions WHERE job = ? AND phase = ? AND version <> ?)"
    if not database.value(others, (job, phase, version)):
        return []
    rows = database.rows(
        "SELECT id FROM items WHERE job = ? AND phase = ? AND status IN ('merged', 'quarantined')"
        " AND instructions_version <> ? ORDER BY position, id",
        (job, phase, version),
    )
    return [row["id"] for row in rows]


def ids_with_status(database: StoreReader, job: int, phase: int, *statuses: str) -> list[str]:
    """Ids of a phase's items in one of these states, in canonical order."""
    marks = ", ".join("?" * len(statuses))
    rows = database.rows(
        f"SELECT id FROM items WHERE job = ? AND phase = ? AND status IN ({marks}) ORDER BY position, id",
        (job, phase, *statuses),
    )
    return [row["id"] for row in rows]


def ids(database: StoreReader, job: int, phase: int) -> set[str]:
    """Of all items of a phase, whatever their status."""
    return {row["id"] for row in database.rows("SELECT id FROM items WHERE job = ? AND phase = ?", (job, phase))}


def count(database: StoreReader, job: int, phase: int) -> int:
    """How many items a phase has or ever had, whatever their status."""
    return int(
        database.value("SELECT coalesce(sum(n), 0) FROM item_counts WHERE job = ? AND phase = ?", (job, phase)) or 0
    )


def of_batch(database: StoreReader, batch: int) -> list[StoredItem]:
    """A batch's items in canonical order, those left out that an earlier phase could not make."""
    rows = database.rows(
        "SELECT id, status, payload, digest, value, unfinished FROM items"
        f" WHERE batch = ? AND status NOT IN {('skipped', *LEFT_OUT)} ORDER BY position, id",
        (batch,),
    )
    return [
        StoredItem(
            id=row["id"],
            status=row["status"],
            payload=None if row["payload"] is None else json.loads(row["payload"]),
            digest=row["digest"] or "",
            value=None if row["value"] is None else json.loads(row["value"]),
            unfinished=bool(row["unfinished"]),
        )
        for row in rows
    ]


def batches_of_done(database: StoreReader, job: int, phase: int, ids: Iterable[str]) -> dict[str, int | None]:
    """Item id to batch, of those among `ids` of which nothing is left to do."""
    found: dict[str, int | None] = {}
    for item_id in ids:
        row = database.row(
            f"SELECT batch FROM items WHERE job = ? AND phase = ? AND id = ? AND status NOT IN {IN_WORK}",
            (job, phase, item_id),
        )
        if row is not None:
            found[item_id] = row["batch"]
    return found


def take_edit(transaction: Transaction, job: int, phase: int, item_id: str, value: Any) -> None:
    """Take over a value that a person wrote into the main file."""
    transaction.execute(
        "UPDATE items SET status = 'merged', value = ?, seq = ?, unfinished = 0 WHERE job = ? AND phase = ? AND id = ?",
        (in_order(value), next_seq(transaction, job, phase), job, phase, item_id),
    )


def unfinished(database: StoreReader, job: int, phase: int) -> list[str]:
    """Ids of a phase's merged items whose answers are of sessions that did not come to their end, in order."""
    rows = database.rows(
        "SELECT id FROM items WHERE job = ? AND phase = ? AND unfinished AND status = 'merged' ORDER BY position, id",
        (job, phase),
    )
    return [row["id"] for row in rows]


def count_unfinished(database: StoreReader, job: int) -> int:
    """How many merged items of a job those are."""
    counted = "SELECT count(*) FROM items WHERE job = ? AND unfinished AND status = 'merged'"
    return int(database.value(counted, (job,)))


def put_back_value(transaction: Transaction, job: int, phase: int, item_id: str, value: Any) -> None:
    """Have a merged item's value again as it was before it was damaged."""
    transaction.execute(
        "UPDATE items SET value = ? WHERE job = ? AND phase = ? AND id = ?", (in_order(value), job, phase, item_id)
    )


def failed(database: StoreReader, job: int, phase: int | None = None) -> list[dict[str, Any]]:
    """Quarantined items as `{"phase", "id", "batch", "errors"}`, in order."""
    condition = "" if phase is None else "AND phase = :phase"
    rows = database.rows(
        f"SELECT phase, id, batch, errors FROM items WHERE job = :job AND status = 'quarantined' {condition}"
        " ORDER BY phase, position",
        {"job": job, "phase": phase},
    )
    return [
        {"phase": row["phase"], "id": row["id"], "batch": row["batch"], "errors": json.loads(row["errors"] or "[]")}
        for row in rows
    ]
