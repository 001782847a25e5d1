"""A phase's items are brought to what its source says: a file, or the phase before it, item for item."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from supervisor.model.frozen_model import FrozenModel
from supervisor.store.tables.items import IN_WORK, LEFT_OUT
from supervisor.store.tables.phases import next_seq
from supervisor.store.transaction import StoreReader, Transaction
from supervisor.store.transitions import item_exclusion
from supervisor.text.content_hash import digest
from supervisor.text.strict_json import in_order

STRIDE = 1 << 20
"""Positions that one upstream item has for the items expanded from it."""


class SourceChange(FrozenModel):
    """How an item file differs from what was read of it before."""

    new: int = 0
    moved: bool = False
    """Whether items have another place in the order than before."""
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


def reconcile_source(
    transaction: Transaction, job: int, phase: int, items: Iterable[tuple[str, Any]], fingerprint: str
) -> SourceChange:
    """Bring a phase's items to what its file says.

    What is merged stays where its content is the same. Changed content is done again; an item that is no longer in the
    file is not worked on any more, and keeps its result where it has one.
    """
    known = {
        row["id"]: (row["digest"], row["status"], row["position"])
        for row in transaction.rows(
            "SELECT id, digest, status, position FROM items WHERE job = ? AND phase = ?", (job, phase)
        )
    }
    fresh: list[tuple[Any, ...]] = []
    changed: list[str] = []
    moved = False
    for position, (item_id, payload) in enumerate(items):
        was = known.pop(item_id, None)
        mark = digest(payload)
        if was is None:
            fresh.append((job, phase, item_id, position, in_order(payload), mark))
            continue
        if was[2] != position:
            moved = True
            transaction.execute(
                "UPDATE items SET position = ? WHERE job = ? AND phase = ? AND id = ?", (position, job, phase, item_id)
            )
        if was[0] != mark:
            redo(transaction, job, phase, item_id, payload)
            changed.append(item_id)
        elif was[1] == "dropped":
            item_exclusion.restore(transaction, job, phase, [item_id])
            changed.append(item_id)
    if moved:
        next_seq(transaction, job, phase)
    transaction.execute_many(
        "INSERT INTO items (job, phase, id, position, status, payload, digest) VALUES (?, ?, ?, ?, 'waiting', ?, ?)",
        fresh,
    )
    removed = [item_id for item_id, was in known.items() if was[1] not in LEFT_OUT]
    for item_id in removed:
        transaction.execute(
            "UPDATE items SET status = 'dropped', batch = NULL, value = NULL WHERE job = ? AND phase = ? AND id = ?"
            " AND status NOT IN ('merged', 'removed')",
            (job, phase, item_id),
        )
    transaction.execute(
        "UPDATE phases SET source = ?, complete = 1 WHERE job = ? AND phase = ?", (fingerprint, job, phase)
    )
    return SourceChange(new=len(fresh), moved=moved, changed=tuple(changed), removed=tuple(removed))


def reposition(transaction: Transaction, job: int, phase: int, upstream: int, *, expanded: bool) -> None:
    """Give a phase's items the places that follow from those of the phase before it."""
    if expanded:
        transaction.execute(
            "UPDATE items SET position = u.position * ? + items.position % ? FROM items u"
            " WHERE items.job = ? AND items.phase = ? AND u.job = items.job AND u.phase = ? AND u.id = items.source",
            (STRIDE, STRIDE, job, phase, upstream),
        )
        transaction.execute("UPDATE phases SET expanded_to = 0 WHERE job = ? AND phase = ?", (job, phase))
    else:
        transaction.execute(
            "UPDATE items SET position = u.position FROM items u"
            " WHERE items.job = ? AND items.phase = ? AND u.job = items.job AND u.phase = ? AND u.id = items.id",
            (job, phase, upstream),
        )
    next_seq(transaction, job, phase)


def mirror_items(transaction: Transaction, job: int, phase: int, upstream: int) -> None:
    """Give a phase a blocked item for every item of the phase before it."""
    transaction.execute(
        "INSERT OR IGNORE INTO items (job, phase, id, position, status)"
        " SELECT job, ?, id, position, 'blocked' FROM items"
        f" WHERE job = ? AND phase = ? AND status NOT IN {LEFT_OUT}",
        (phase, job, upstream),
    )
    transaction.execute(
        "UPDATE phases SET complete = (SELECT complete FROM phases WHERE job = ? AND phase = ?)"
        " WHERE job = ? AND phase = ?",
        (job, upstream, job, phase),
    )


def feed_payloads(
    transaction: Transaction, job: int, phase: int, upstream: int, ids: Sequence[str] | None = None
) -> None:
    """Hand merged upstream items on as this phase's payloads.

    `ids` names the upstream items that may have changed; None looks at all that could matter to what is still to do.
    """
    sql = (
        "SELECT u.id, u.status AS up, u.value, c.status AS own, c.digest FROM items u"
        " JOIN items c ON c.job = u.job AND c.phase = ? AND c.id = u.id WHERE u.job = ? AND u.phase = ?"
        " AND NOT (u.status = 'merged' AND c.status = 'waiting' AND c.payload IS u.value)"  # most of them, by far
        f" AND NOT (u.status IN {IN_WORK} AND c.status = 'blocked')"
    )
    if ids is None:
        rows = transaction.rows(f"{sql} AND c.status IN ('blocked', 'waiting', 'skipped')", (phase, job, upstream))
    else:
        rows = [row for i in ids for row in transaction.rows(f"{sql} AND u.id = ?", (phase, job, upstream, i))]
    for row in rows:
        if row["up"] == "merged":
            payload = json.loads(row["value"])
            if row["own"] == "blocked":
                transaction.execute(
                    "UPDATE items SET status = 'waiting', payload = ?, digest = ?"
                    " WHERE job = ? AND phase = ? AND id = ?",
                    (row["value"], digest(payload), job, phase, row["id"]),
                )
            elif row["digest"] != digest(payload) or row["own"] == "skipped":
                redo(transaction, job, phase, row["id"], payload)
        elif row["up"] in ("quarantined", "skipped", *LEFT_OUT) and row["own"] == "blocked":
            transaction.execute(
                "UPDATE items SET status = 'skipped' WHERE job = ? AND phase = ? AND id = ?", (job, phase, row["id"])
            )
        elif row["up"] in ("waiting", "blocked", "passed") and row["own"] in ("waiting", "skipped"):
            # The batch that it was in may have ended: then it waits for another.
            transaction.execute(
                "UPDATE items SET status = 'blocked', batch = (SELECT b.id FROM batches b WHERE b.id = items.batch"
                " AND b.status IN ('pending', 'running')) WHERE job = ? AND phase = ? AND id = ?",
                (job, phase, row["id"]),
            )


def redo(transaction: Transaction, job: int, phase: int, item_id: str, payload: Any) -> None:
    """Have an item done again, with this content."""
    transaction.execute(
        "UPDATE items SET status = 'waiting', batch = NULL, payload = ?, digest = ?, value = NULL, errors = NULL,"
        " seq = CASE WHEN status = 'merged' THEN ? ELSE seq END WHERE job = ? AND phase = ? AND id = ?",
        (in_order(payload), digest(payload), next_seq(transaction, job, phase), job, phase, item_id),
    )


def requeue_items(transaction: Transaction, job: int, phase: int, ids: Sequence[str]) -> None:
    """Have items tried again that were quarantined, left out or merged.

    Where the project's own code failed, and not the agent, the batch waits again as it was: what a validator failed on
    is kept and judged first; of a context that failed there is no session.
    """
    for item_id in ids:
        row = transaction.row(
            "SELECT status, payload, batch FROM items WHERE job = ? AND phase = ? AND id = ?", (job, phase, item_id)
        )
        if row is None or row["payload"] is None or row["status"] == "waiting":
            continue
        if row["status"] == "quarantined" and _never_answered(transaction, row["batch"]):
            transaction.execute(
                "UPDATE items SET status = 'waiting', errors = NULL WHERE batch = ? AND status = 'quarantined'",
                (row["batch"],),
            )
            transaction.execute("UPDATE batches SET status = 'pending', ended_at = NULL WHERE id = ?", (row["batch"],))
        else:
            redo(transaction, job, phase, item_id, json.loads(row["payload"]))


def _never_answered(database: StoreReader, batch: int | None) -> bool:
    """Whether no answer of a batch was judged: its validator failed, or its context did."""
    return batch is not None and bool(
        database.value(
            "SELECT EXISTS (SELECT 1 FROM attempts WHERE batch = :batch AND outcome = 'unvalidated')"
            " OR NOT EXISTS (SELECT 1 FROM attempts WHERE batch = :batch)",
            {"batch": batch},
        )
    )
