"""Where a phase's items come from: a file, or the phase before it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from supervisor.errors import SourceError
from supervisor.model.frozen_model import FrozenModel
from supervisor.store.tables.items import IN_WORK, LEFT_OUT
from supervisor.store.tables.phases import next_seq
from supervisor.store.transaction import StoreReader, Transaction
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
            restore(transaction, job, phase, item_id)
            changed.append(item_id)
    if moved:
        next_seq(transaction, job, phase)
    transaction.execute_many(
        "INSERT INTO items (job, phase, id, position, status, payload, digest) VALUES (?, ?, ?, ?, 'waiting', ?, ?)",
        fresh,
    )
    removed = [item_id for item_id, was in known.items() if was[1] not in ("dropped", "removed")]
    for item_id in removed:
        transaction.execute(
            "UPDATE items SET status = 'dropped', batch = NULL WHERE job = ? AND phase = ? AND id = ?"
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


def reconcile_removed(transaction: Transaction, job: int, phase: int, upstream: int, *, expanded: bool) -> bool:
    """Leave out what the phase before left out or a person removed from it, and have again what it has again.

    Items that were expanded come back by being expanded again. Returns whether anything changed.
    """
    of = "c.source" if expanded else "c.id"
    rows = transaction.rows(
        f"SELECT c.id, u.status IN {LEFT_OUT} AS out FROM items c"
        f" JOIN items u ON u.job = c.job AND u.phase = ? AND u.id = {of} WHERE c.job = ? AND c.phase = ?"
        f" AND ((u.status IN {LEFT_OUT} AND c.status NOT IN {LEFT_OUT})"
        f" OR (u.status NOT IN {LEFT_OUT} AND c.status = 'dropped' AND NOT ?))",
        (upstream, job, phase, expanded),
    )
    for row in rows:
        if row["out"]:
            exclude(transaction, job, phase, row["id"])
        else:
            restore(transaction, job, phase, row["id"])
    return bool(rows)


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
        elif row["up"] in ("quarantined", "skipped", "dropped", "removed") and row["own"] == "blocked":
            transaction.execute(
                "UPDATE items SET status = 'skipped' WHERE job = ? AND phase = ? AND id = ?", (job, phase, row["id"])
            )
        elif row["up"] in ("waiting", "blocked") and row["own"] in ("waiting", "skipped"):
            # The batch that it was in may have ended: then it waits for another.
            transaction.execute(
                "UPDATE items SET status = 'blocked', batch = (SELECT b.id FROM batches b WHERE b.id = items.batch"
                " AND b.status IN ('pending', 'running')) WHERE job = ? AND phase = ? AND id = ?",
                (job, phase, row["id"]),
            )


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
    """Make an item one of this source's that by its place is: in a damaged store it may have lost its source."""
    row = transaction.row(
        "SELECT digest, status FROM items WHERE job = ? AND phase = ? AND id = ? AND position / ? = ?",
        (job, phase, item_id, STRIDE, position),
    )
    if row is None:
        return False
    transaction.execute(
        "UPDATE items SET source = ? WHERE job = ? AND phase = ? AND id = ?", (source, job, phase, item_id)
    )
    if row["digest"] != digest(payload):
        redo(transaction, job, phase, item_id, payload)
    elif row["status"] == "dropped":
        restore(transaction, job, phase, item_id)
    return True


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
            row["id"]: (row["digest"], row["status"], row["position"])
            for row in transaction.rows(
                "SELECT id, digest, status, position FROM items WHERE job = ? AND phase = ? AND source = ?",
                (job, phase, source),
            )
        }
        for index, (item_id, payload) in enumerate(members):
            if item_id in before:
                known_digest, status, place = before.pop(item_id)
                if place != position * STRIDE + index:
                    transaction.execute(
                        "UPDATE items SET position = ? WHERE job = ? AND phase = ? AND id = ?",
                        (position * STRIDE + index, job, phase, item_id),
                    )
                    moved = True
                if known_digest != digest(payload):
                    redo(transaction, job, phase, item_id, payload)
                elif status == "dropped":
                    restore(transaction, job, phase, item_id)
                    left_or_back = True
                continue
            made = transaction.execute(
                "INSERT OR IGNORE INTO items (job, phase, id, position, source, status, payload, digest)"
                " VALUES (?, ?, ?, ?, ?, 'waiting', ?, ?)",
                (job, phase, item_id, position * STRIDE + index, source, in_order(payload), digest(payload)),
            )
            if made.rowcount == 0 and not _take_over(transaction, job, phase, item_id, source, position, payload):
                raise SourceError(
                    f"phase {phase}: the id {item_id!r}, expanded from {source!r}, is there already",
                    remedy="Have the `by` function give every item an id of its own.",
                )
        for item_id, (_, status, _) in before.items():
            if status not in ("dropped", "removed"):
                exclude(transaction, job, phase, item_id)
                left_or_back = True
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


def redo(transaction: Transaction, job: int, phase: int, item_id: str, payload: Any) -> None:
    """Have an item done again, with this content."""
    transaction.execute(
        "UPDATE items SET status = 'waiting', batch = NULL, payload = ?, digest = ?, value = NULL, errors = NULL,"
        " seq = CASE WHEN status = 'merged' THEN ? ELSE seq END WHERE job = ? AND phase = ? AND id = ?",
        (in_order(payload), digest(payload), next_seq(transaction, job, phase), job, phase, item_id),
    )


def exclude(transaction: Transaction, job: int, phase: int, item_id: str, *, by_hand: bool = False) -> None:
    """Leave an item out from now on; its value stays. One left out `by_hand` does not come back by itself."""
    transaction.execute(
        "UPDATE items SET status = ?, batch = NULL, seq = CASE WHEN status = 'merged' THEN ? ELSE seq END"
        " WHERE job = ? AND phase = ? AND id = ?",
        ("removed" if by_hand else "dropped", next_seq(transaction, job, phase), job, phase, item_id),
    )


def restore(transaction: Transaction, job: int, phase: int, item_id: str) -> None:
    """Have an item again that was left out, with the value that it had for the same content, or to be done."""
    transaction.execute(
        "UPDATE items SET status = CASE WHEN value IS NOT NULL THEN 'merged' WHEN payload IS NULL THEN 'blocked'"
        " ELSE 'waiting' END, batch = NULL, seq = ?"
        " WHERE job = ? AND phase = ? AND id = ?",
        (next_seq(transaction, job, phase), job, phase, item_id),
    )


def requeue_items(transaction: Transaction, job: int, phase: int, ids: Sequence[str]) -> None:
    """Have items tried again that were quarantined, left out or merged.

    Where the validator failed, and not the agent, the batch waits again as it was: its output is kept and judged first.
    """
    for item_id in ids:
        row = transaction.row(
            "SELECT status, payload, batch FROM items WHERE job = ? AND phase = ? AND id = ?", (job, phase, item_id)
        )
        if row is None or row["payload"] is None or row["status"] == "waiting":
            continue
        if row["status"] == "quarantined" and _unvalidated(transaction, row["batch"]):
            transaction.execute(
                "UPDATE items SET status = 'waiting', errors = NULL WHERE batch = ? AND status = 'quarantined'",
                (row["batch"],),
            )
            transaction.execute("UPDATE batches SET status = 'pending', ended_at = NULL WHERE id = ?", (row["batch"],))
        else:
            redo(transaction, job, phase, item_id, json.loads(row["payload"]))


def _unvalidated(database: StoreReader, batch: int | None) -> bool:
    return bool(
        database.value("SELECT EXISTS (SELECT 1 FROM attempts WHERE batch = ? AND outcome = 'unvalidated')", (batch,))
    )
