"""Items in the store: to be done, kept, merged, quarantined, left out, and done again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from supervisor.model.job import StoredItem
from supervisor.model.report import ValidationError
from supervisor.model.strict_json import compact, in_order
from supervisor.store.database import Database

STATES = ("blocked", "waiting", "passed", "merged", "quarantined", "skipped", "dropped", "removed")
"""All that an item can be in."""
IN_WORK = "('blocked', 'waiting', 'passed')"
"""States of an item that is still to be merged or given up."""


def digest(payload: Any) -> str:
    """Identity of an item's content: equal for equal JSON values, whatever the order of their members."""
    return hashlib.blake2b(compact(payload).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def renew(database: Database, job: int, phase: int, item_id: str, payload: Any) -> None:
    """Have an item done again, with this content."""
    database.execute(
        "UPDATE items SET status = 'waiting', batch = NULL, payload = ?, digest = ?, value = NULL, errors = NULL,"
        " seq = CASE WHEN status = 'merged' THEN ? ELSE seq END WHERE job = ? AND phase = ? AND id = ?",
        (in_order(payload), digest(payload), next_seq(database, job, phase), job, phase, item_id),
    )


def made_otherwise(database: Database, job: int, phase: int, version: int) -> list[str]:
    """Ids of a phase's items that were done with another version of its instructions, in canonical order."""
    others = "SELECT EXISTS (SELECT 1 FROM instructions WHERE job = ? AND phase = ? AND version <> ?)"
    if not database.value(others, (job, phase, version)):
        return []
    rows = database.rows(
        "SELECT id FROM items WHERE job = ? AND phase = ? AND status IN ('merged', 'quarantined')"
        " AND made_with <> ? ORDER BY position, id",
        (job, phase, version),
    )
    return [row["id"] for row in rows]


def ids_with_status(database: Database, job: int, phase: int, *statuses: str) -> list[str]:
    """Ids of a phase's items in one of these states, in canonical order."""
    marks = ", ".join("?" * len(statuses))
    rows = database.rows(
        f"SELECT id FROM items WHERE job = ? AND phase = ? AND status IN ({marks}) ORDER BY position, id",
        (job, phase, *statuses),
    )
    return [row["id"] for row in rows]


def drop(database: Database, job: int, phase: int, item_id: str, *, by_hand: bool = False) -> None:
    """Leave an item out from now on; its value stays. One left out `by_hand` does not come back by itself."""
    database.execute(
        "UPDATE items SET status = ?, batch = NULL, seq = CASE WHEN status = 'merged' THEN ? ELSE seq END"
        " WHERE job = ? AND phase = ? AND id = ?",
        ("removed" if by_hand else "dropped", next_seq(database, job, phase), job, phase, item_id),
    )


def take_back(database: Database, job: int, phase: int, item_id: str) -> None:
    """Have an item again that was left out, with the value that it had for the same content, or to be done."""
    database.execute(
        "UPDATE items SET status = CASE WHEN value IS NOT NULL THEN 'merged' WHEN payload IS NULL THEN 'blocked'"
        " ELSE 'waiting' END, batch = NULL, seq = ?"
        " WHERE job = ? AND phase = ? AND id = ?",
        (next_seq(database, job, phase), job, phase, item_id),
    )


def of_batch(database: Database, batch: int) -> list[StoredItem]:
    """A batch's items in canonical order, those left out that an earlier phase could not make."""
    rows = database.rows(
        "SELECT id, status, payload, digest, value FROM items"
        " WHERE batch = ? AND status NOT IN ('skipped', 'dropped', 'removed') ORDER BY position, id",
        (batch,),
    )
    return [
        StoredItem(
            id=row["id"],
            status=row["status"],
            payload=None if row["payload"] is None else json.loads(row["payload"]),
            digest=row["digest"] or "",
            value=None if row["value"] is None else json.loads(row["value"]),
        )
        for row in rows
    ]


def batches_of_done(database: Database, job: int, phase: int, ids: Iterable[str]) -> dict[str, int | None]:
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


def keep_passed(database: Database, job: int, phase: int, batch: int, values: dict[str, Any]) -> None:
    """Keep what passed of an attempt, and only that; call it inside the transaction that ends the attempt."""
    database.execute(
        "UPDATE items SET status = 'waiting', value = NULL WHERE batch = ? AND status = 'passed'", (batch,)
    )
    database.connection.executemany(
        "UPDATE items SET status = 'passed', value = ? WHERE job = ? AND phase = ? AND id = ? AND batch = ?",
        [(in_order(value), job, phase, item_id, batch) for item_id, value in values.items()],
    )


def keep(database: Database, job: int, phase: int, item_id: str, value: Any) -> None:
    """Have an item pass with the answer that it had in a store that was lost; call it inside a transaction."""
    database.execute(
        "UPDATE items SET status = 'passed', value = ? WHERE job = ? AND phase = ? AND id = ? AND status = 'waiting'",
        (in_order(value), job, phase, item_id),
    )


def settle(
    database: Database,
    job: int,
    phase: int,
    batch: int,
    digests: dict[str, str],
    accepted: Mapping[str, Any],
    refused: Mapping[str, Sequence[ValidationError]],
) -> int:
    """Merge a batch's accepted items and quarantine the refused; call it inside a transaction.

    An item whose content changed since the batch began (`digests`) is not touched: it waits for a batch of its own.
    Returns the sequence number of the merge.
    """
    seq = next_seq(database, job, phase)
    version = database.value("SELECT instructions FROM phases WHERE job = ? AND phase = ?", (job, phase))
    database.connection.executemany(
        "UPDATE items SET status = 'merged', value = ?, seq = ?, errors = NULL, made_with = ?"
        " WHERE job = ? AND phase = ? AND id = ? AND batch = ? AND digest = ?",
        [(in_order(value), seq, version, job, phase, i, batch, digests[i]) for i, value in accepted.items()],
    )
    database.connection.executemany(
        "UPDATE items SET status = 'quarantined', value = NULL, errors = ?, made_with = ?"
        " WHERE job = ? AND phase = ? AND id = ? AND batch = ? AND digest = ?",
        [
            (in_order([error.model_dump() for error in errors]), version, job, phase, i, batch, digests[i])
            for i, errors in refused.items()
        ],
    )
    return seq


def take_edit(database: Database, job: int, phase: int, item_id: str, value: Any) -> None:
    """Take over a value that a person wrote into the main file; call it inside a transaction."""
    database.execute(
        "UPDATE items SET status = 'merged', value = ?, seq = ? WHERE job = ? AND phase = ? AND id = ?",
        (in_order(value), next_seq(database, job, phase), job, phase, item_id),
    )


def put_back_value(database: Database, job: int, phase: int, item_id: str, value: Any) -> None:
    """Have a merged item's value again as it was before it was damaged; call it inside a transaction."""
    database.execute(
        "UPDATE items SET value = ? WHERE job = ? AND phase = ? AND id = ?", (in_order(value), job, phase, item_id)
    )


def release(database: Database, job: int, phase: int, ids: Sequence[str]) -> None:
    """Have items tried again that were quarantined, left out or merged; call it inside a transaction.

    Where the validator failed, and not the agent, the batch waits again as it was: its output is kept and judged first.
    """
    for item_id in ids:
        row = database.row(
            "SELECT status, payload, batch FROM items WHERE job = ? AND phase = ? AND id = ?", (job, phase, item_id)
        )
        if row is None or row["payload"] is None or row["status"] == "waiting":
            continue
        if row["status"] == "quarantined" and _unjudged(database, row["batch"]):
            database.execute(
                "UPDATE items SET status = 'waiting', errors = NULL WHERE batch = ? AND status = 'quarantined'",
                (row["batch"],),
            )
            database.execute("UPDATE batches SET status = 'waiting', ended_at = NULL WHERE id = ?", (row["batch"],))
        else:
            renew(database, job, phase, item_id, json.loads(row["payload"]))


def _unjudged(database: Database, batch: int | None) -> bool:
    return bool(
        database.value("SELECT EXISTS (SELECT 1 FROM attempts WHERE batch = ? AND outcome = 'unjudged')", (batch,))
    )


def failed(database: Database, job: int, phase: int | None = None) -> list[dict[str, Any]]:
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


def next_seq(database: Database, job: int, phase: int) -> int:
    """The next number in the order in which what is merged changes."""
    row = database.row(
        "UPDATE phases SET next_seq = next_seq + 1 WHERE job = ? AND phase = ? RETURNING next_seq - 1", (job, phase)
    )
    assert row is not None
    return int(row[0])


def current_seq(database: Database, job: int, phase: int) -> int:
    """The number of the last change of what is merged."""
    return int(database.value("SELECT next_seq - 1 FROM phases WHERE job = ? AND phase = ?", (job, phase)))
