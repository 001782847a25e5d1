"""Items that a project's function makes of those of the phase before it (`by`): when, in which order, and anew."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from supervisor.errors import SourceError
from supervisor.store.tables.items import IN_WORK, LEFT_OUT
from supervisor.store.tables.phases import next_seq
from supervisor.store.transaction import StoreReader, Transaction
from supervisor.store.transitions import item_exclusion
from supervisor.store.transitions.item_reconcile import STRIDE, redo
from supervisor.text.content_hash import digest
from supervisor.text.strict_json import in_order


def frontier(database: StoreReader, job: int, phase: int) -> int | None:
    """The first position of a phase that is still open; None where none is."""
    found = database.value(
        f"SELECT min(position) FROM items WHERE job = ? AND phase = ? AND status IN {IN_WORK}", (job, phase)
    )
    return None if found is None else int(found)


def end_position(database: StoreReader, job: int, phase: int) -> int:
    """The position after the last item that is known of a phase."""
    return int(
        database.value("SELECT coalesce(max(position), -1) + 1 FROM items WHERE job = ? AND phase = ?", (job, phase))
    )


def any_expanded_past(database: StoreReader, job: int, phase: int, upstream: int, ids: Sequence[str]) -> bool:
    """Whether one of these upstream items stands before the place up to which `phase` was expanded."""
    end = int(database.value("SELECT expanded_to FROM phases WHERE job = ? AND phase = ?", (job, phase)))
    return any(
        database.value(
            "SELECT position < ? FROM items WHERE job = ? AND phase = ? AND id = ?", (end, job, upstream, item_id)
        )
        for item_id in ids
    )


def to_expand(
    database: StoreReader, job: int, phase: int, upstream: int, *, below: int | None, everything: bool
) -> list[tuple[str, int, int, Any]]:
    """`(id, position, seq, payload)` of merged upstream items, before position `below`, to be expanded (again)."""
    start = 0
    if not everything:
        start = int(database.value("SELECT expanded_to FROM phases WHERE job = ? AND phase = ?", (job, phase)) or 0)
    rows = database.rows(
        "SELECT u.id, u.position, u.seq, u.value FROM items u"
        " LEFT JOIN expansions e ON e.job = u.job AND e.phase = ? AND e.source = u.id"
        " WHERE u.job = ? AND u.phase = ? AND u.position >= ? AND u.position < ? AND u.status = 'merged'"
        " AND (e.seq IS NULL OR e.seq <> u.seq) ORDER BY u.position",
        (phase, job, upstream, start, below if below is not None else 1 << 62),
    )
    return [(row["id"], row["position"], row["seq"], json.loads(row["value"])) for row in rows]


def _take_over(
    transaction: Transaction, job: int, phase: int, item_id: str, source: str, position: int, payload: Any
) -> bool:
    """Make an item one of this source's that by its place is: in a damaged store it may have lost its source.

    Returns whether it had been left out; SourceError where it is another's.
    """
    row = transaction.row(
        "SELECT digest, status FROM items WHERE job = ? AND phase = ? AND id = ? AND position / ? = ?",
        (job, phase, item_id, STRIDE, position),
    )
    if row is None:
        raise SourceError(
            f"phase {phase}: the id {item_id!r}, expanded from {source!r}, is there already",
            remedy="Have the `by` function give every item an id of its own.",
        )
    transaction.execute(
        "UPDATE items SET source = ? WHERE job = ? AND phase = ? AND id = ?", (source, job, phase, item_id)
    )
    return _give(transaction, job, phase, item_id, payload, row)


def _give(transaction: Transaction, job: int, phase: int, item_id: str, payload: Any, known: sqlite3.Row) -> bool:
    """Have an item with this content that is `known` already (digest, status); whether it had been left out."""
    if known["digest"] != digest(payload):
        redo(transaction, job, phase, item_id, payload)
        return known["status"] in LEFT_OUT
    if known["status"] == "dropped":
        item_exclusion.restore(transaction, job, phase, [item_id])
        return True
    return False


def expand(
    transaction: Transaction,
    job: int,
    phase: int,
    sources: Sequence[tuple[str, int, int, Any]],
    expanded: Sequence[Sequence[tuple[str, Any]]],
    *,
    below: int | None,
) -> bool:
    """Take what upstream items were expanded to as this phase's items.

    Returns whether items were left out or taken back that were there before.

    SourceError where an id is doubled, or one item became more than STRIDE.
    """
    first_time = 0
    left_or_back = moved = False
    for (source, position, seq, _), members in zip(sources, expanded, strict=True):
        if len(members) > STRIDE or position * STRIDE >= 1 << 62:
            raise SourceError(f"phase {phase}: {source!r} was expanded to more items than can be kept in order")
        before = {
            row["id"]: row
            for row in transaction.rows(
                "SELECT id, digest, status, position FROM items WHERE job = ? AND phase = ? AND source = ?",
                (job, phase, source),
            )
        }
        for index, (item_id, payload) in enumerate(members):
            if item_id in before:
                known = before.pop(item_id)
                if known["position"] != position * STRIDE + index:
                    transaction.execute(
                        "UPDATE items SET position = ? WHERE job = ? AND phase = ? AND id = ?",
                        (position * STRIDE + index, job, phase, item_id),
                    )
                    moved = True
                left_or_back |= _give(transaction, job, phase, item_id, payload, known)
                continue
            made = transaction.execute(
                "INSERT OR IGNORE INTO items (job, phase, id, position, source, status, payload, digest)"
                " VALUES (?, ?, ?, ?, ?, 'waiting', ?, ?)",
                (job, phase, item_id, position * STRIDE + index, source, in_order(payload), digest(payload)),
            )
            if made.rowcount == 0:
                left_or_back |= _take_over(transaction, job, phase, item_id, source, position, payload)
        gone = [item_id for item_id, known in before.items() if known["status"] not in LEFT_OUT]
        item_exclusion.exclude(transaction, job, phase, gone)
        left_or_back |= bool(gone)
        first_time += not transaction.value(
            "SELECT count(*) FROM expansions WHERE job = ? AND phase = ? AND source = ?", (job, phase, source)
        )
        transaction.execute(
            "INSERT INTO expansions VALUES (?, ?, ?, ?)"
            " ON CONFLICT (job, phase, source) DO UPDATE SET seq = excluded.seq",
            (job, phase, source, seq),
        )
    transaction.execute(
        "UPDATE phases SET expanded_to = max(expanded_to, ?), expanded = expanded + ? WHERE job = ? AND phase = ?",
        (below if below is not None else 1 << 62, first_time, job, phase),
    )
    if moved:
        next_seq(transaction, job, phase)
    return left_or_back
