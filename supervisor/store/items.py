"""Items in the store: taken from sources and earlier phases, kept, merged, quarantined."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from supervisor.errors import ItemsError
from supervisor.model.base import Frozen
from supervisor.model.job import StoredItem
from supervisor.model.report import ValidationError
from supervisor.model.strict_json import compact, in_order
from supervisor.store.database import Database

STRIDE = 1 << 20
"""Positions that one upstream item has for the items expanded from it."""
_IN_WORK = "('blocked', 'waiting', 'passed')"


class SourceChange(Frozen):
    """How an item file differs from what was read of it before."""

    new: int = 0
    moved: bool = False
    """Whether items have another place in the order than before."""
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


def digest(payload: Any) -> str:
    """Identity of an item's content: equal for equal JSON values, whatever the order of their members."""
    return hashlib.blake2b(compact(payload).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def take_source(
    database: Database, job: int, phase: int, items: Iterable[tuple[str, Any]], fingerprint: str
) -> SourceChange:
    """Bring a phase's items to what its file says; call it inside a transaction.

    What is merged stays where its content is the same. Changed content is done again; an item that is no longer in the
    file is not worked on any more, and keeps its result where it has one.
    """
    known = {
        row["id"]: (row["digest"], row["status"], row["position"])
        for row in database.rows(
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
            database.execute(
                "UPDATE items SET position = ? WHERE job = ? AND phase = ? AND id = ?", (position, job, phase, item_id)
            )
        if was[0] != mark:
            renew(database, job, phase, item_id, payload)
            changed.append(item_id)
        elif was[1] == "dropped":
            take_back(database, job, phase, item_id)
            changed.append(item_id)
    database.connection.executemany(
        "INSERT INTO items (job, phase, id, position, status, payload, digest) VALUES (?, ?, ?, ?, 'waiting', ?, ?)",
        fresh,
    )
    removed = [item_id for item_id, was in known.items() if was[1] not in ("dropped", "removed")]
    for item_id in removed:
        database.execute(
            "UPDATE items SET status = 'dropped', batch = NULL WHERE job = ? AND phase = ? AND id = ?"
            " AND status NOT IN ('merged', 'removed')",
            (job, phase, item_id),
        )
    database.execute(
        "UPDATE phases SET source = ?, complete = 1 WHERE job = ? AND phase = ?", (fingerprint, job, phase)
    )
    return SourceChange(new=len(fresh), moved=moved, changed=tuple(changed), removed=tuple(removed))


def renew(database: Database, job: int, phase: int, item_id: str, payload: Any) -> None:
    """Have an item done again, with this content."""
    database.execute(
        "UPDATE items SET status = 'waiting', batch = NULL, payload = ?, digest = ?, value = NULL, errors = NULL,"
        " seq = CASE WHEN status = 'merged' THEN ? ELSE seq END WHERE job = ? AND phase = ? AND id = ?",
        (in_order(payload), digest(payload), next_seq(database, job, phase), job, phase, item_id),
    )


def reposition(database: Database, job: int, phase: int, upstream: int, *, expanded: bool) -> None:
    """Give a phase's items the places that follow from those of the phase before it; call it inside a transaction."""
    if expanded:
        database.execute(
            "UPDATE items SET position = u.position * ? + items.position % ? FROM items u"
            " WHERE items.job = ? AND items.phase = ? AND u.job = items.job AND u.phase = ? AND u.id = items.source",
            (STRIDE, STRIDE, job, phase, upstream),
        )
        database.execute("UPDATE phases SET expanded_to = 0 WHERE job = ? AND phase = ?", (job, phase))
    else:
        database.execute(
            "UPDATE items SET position = u.position FROM items u"
            " WHERE items.job = ? AND items.phase = ? AND u.job = items.job AND u.phase = ? AND u.id = items.id",
            (job, phase, upstream),
        )


def mirror(database: Database, job: int, phase: int, upstream: int) -> None:
    """Give a phase a blocked item for every item of the phase before it; call it inside a transaction."""
    database.execute(
        "INSERT OR IGNORE INTO items (job, phase, id, position, status)"
        " SELECT job, ?, id, position, 'blocked' FROM items"
        " WHERE job = ? AND phase = ? AND status NOT IN ('dropped', 'removed')",
        (phase, job, upstream),
    )
    database.execute(
        "UPDATE phases SET complete = (SELECT complete FROM phases WHERE job = ? AND phase = ?)"
        " WHERE job = ? AND phase = ?",
        (job, upstream, job, phase),
    )


def feed(database: Database, job: int, phase: int, upstream: int, ids: Sequence[str] | None = None) -> None:
    """Hand merged upstream items on as this phase's payloads; call it inside a transaction.

    `ids` names the upstream items that may have changed; None looks at all that could matter to what is still to do.
    """
    sql = (
        "SELECT u.id, u.status AS up, u.value, c.status AS own, c.digest FROM items u"
        " JOIN items c ON c.job = u.job AND c.phase = ? AND c.id = u.id WHERE u.job = ? AND u.phase = ?"
    )
    if ids is None:
        rows = database.rows(f"{sql} AND c.status IN ('blocked', 'waiting', 'skipped')", (phase, job, upstream))
    else:
        rows = [row for i in ids for row in database.rows(f"{sql} AND u.id = ?", (phase, job, upstream, i))]
    for row in rows:
        if row["up"] == "merged":
            payload = json.loads(row["value"])
            if row["own"] == "blocked":
                database.execute(
                    "UPDATE items SET status = 'waiting', payload = ?, digest = ?"
                    " WHERE job = ? AND phase = ? AND id = ?",
                    (row["value"], digest(payload), job, phase, row["id"]),
                )
            elif row["digest"] != digest(payload) or row["own"] == "skipped":
                renew(database, job, phase, row["id"], payload)
        elif row["up"] in ("quarantined", "skipped", "dropped", "removed") and row["own"] == "blocked":
            database.execute(
                "UPDATE items SET status = 'skipped' WHERE job = ? AND phase = ? AND id = ?", (job, phase, row["id"])
            )
        elif row["up"] in ("waiting", "blocked") and row["own"] in ("waiting", "skipped"):
            # The batch that it was in may have ended: then it waits for another.
            database.execute(
                "UPDATE items SET status = 'blocked', batch = (SELECT b.id FROM batches b WHERE b.id = items.batch"
                " AND b.status IN ('waiting', 'running')) WHERE job = ? AND phase = ? AND id = ?",
                (job, phase, row["id"]),
            )


def frontier(database: Database, job: int, phase: int) -> int | None:
    """The first position of a phase that is still open; None where none is."""
    found = database.value(
        f"SELECT min(position) FROM items WHERE job = ? AND phase = ? AND status IN {_IN_WORK}", (job, phase)
    )
    return None if found is None else int(found)


def made_otherwise(database: Database, job: int, phase: int, version: int) -> list[str]:
    """Ids of a phase's items that were done with another version of its instructions, in canonical order."""
    rows = database.rows(
        "SELECT id FROM items WHERE job = ? AND phase = ? AND status IN ('merged', 'quarantined')"
        " AND made_with <> ? ORDER BY position, id",
        (job, phase, version),
    )
    return [row["id"] for row in rows]


def end_position(database: Database, job: int, phase: int) -> int:
    """The position after the last item that is known of a phase."""
    return int(
        database.value("SELECT coalesce(max(position), -1) + 1 FROM items WHERE job = ? AND phase = ?", (job, phase))
    )


def ids_with_status(database: Database, job: int, phase: int, *statuses: str) -> list[str]:
    """Ids of a phase's items in one of these states, in canonical order."""
    marks = ", ".join("?" * len(statuses))
    rows = database.rows(
        f"SELECT id FROM items WHERE job = ? AND phase = ? AND status IN ({marks}) ORDER BY position, id",
        (job, phase, *statuses),
    )
    return [row["id"] for row in rows]


def any_expanded_past(database: Database, job: int, phase: int, upstream: int, ids: Sequence[str]) -> bool:
    """Whether one of these upstream items stands before the place up to which `phase` was expanded."""
    end = int(database.value("SELECT expanded_to FROM phases WHERE job = ? AND phase = ?", (job, phase)))
    return any(
        database.value(
            "SELECT position < ? FROM items WHERE job = ? AND phase = ? AND id = ?", (end, job, upstream, item_id)
        )
        for item_id in ids
    )


def to_expand(
    database: Database, job: int, phase: int, upstream: int, *, below: int | None, everything: bool
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


def expand(
    database: Database,
    job: int,
    phase: int,
    sources: Sequence[tuple[str, int, int, Any]],
    expanded: Sequence[Sequence[tuple[str, Any]]],
    *,
    below: int | None,
) -> None:
    """Take what upstream items were expanded to as this phase's items; call it inside a transaction.

    ItemsError where an id is doubled, or one item became more than STRIDE.
    """
    first_time = 0
    for (source, position, seq, _), members in zip(sources, expanded, strict=True):
        if len(members) > STRIDE or position * STRIDE >= 1 << 62:
            raise ItemsError(f"phase {phase}: {source!r} was expanded to more items than can be kept in order")
        before = {
            row["id"]: (row["digest"], row["status"], row["position"])
            for row in database.rows(
                "SELECT id, digest, status, position FROM items WHERE job = ? AND phase = ? AND source = ?",
                (job, phase, source),
            )
        }
        for index, (item_id, payload) in enumerate(members):
            if item_id in before:
                known_digest, status, place = before.pop(item_id)
                if place != position * STRIDE + index:
                    database.execute(
                        "UPDATE items SET position = ? WHERE job = ? AND phase = ? AND id = ?",
                        (position * STRIDE + index, job, phase, item_id),
                    )
                if known_digest != digest(payload):
                    renew(database, job, phase, item_id, payload)
                elif status == "dropped":
                    take_back(database, job, phase, item_id)
                continue
            made = database.execute(
                "INSERT OR IGNORE INTO items (job, phase, id, position, source, status, payload, digest)"
                " VALUES (?, ?, ?, ?, ?, 'waiting', ?, ?)",
                (job, phase, item_id, position * STRIDE + index, source, in_order(payload), digest(payload)),
            )
            if made.rowcount == 0:
                raise ItemsError(
                    f"phase {phase}: the id {item_id!r}, expanded from {source!r}, is there already",
                    remedy="Have the `by` function give every item an id of its own.",
                )
        for item_id, (_, status, _) in before.items():
            if status not in ("dropped", "removed"):
                drop(database, job, phase, item_id)
        first_time += not database.value(
            "SELECT count(*) FROM expansions WHERE job = ? AND phase = ? AND source = ?", (job, phase, source)
        )
        database.execute(
            "INSERT INTO expansions VALUES (?, ?, ?, ?)"
            " ON CONFLICT (job, phase, source) DO UPDATE SET seq = excluded.seq",
            (job, phase, source, seq),
        )
    database.execute(
        "UPDATE phases SET expanded_to = max(expanded_to, ?), expanded = expanded + ? WHERE job = ? AND phase = ?",
        (below if below is not None else 1 << 62, first_time, job, phase),
    )


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
        "UPDATE items SET status = CASE WHEN value IS NULL THEN 'waiting' ELSE 'merged' END, batch = NULL, seq = ?"
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


def keep_passed(database: Database, job: int, phase: int, batch: int, values: dict[str, Any]) -> None:
    """Keep what passed of an attempt, and only that; call it inside the transaction that ends the attempt."""
    database.execute("UPDATE items SET status = 'waiting' WHERE batch = ? AND status = 'passed'", (batch,))
    database.connection.executemany(
        "UPDATE items SET status = 'passed', value = ? WHERE job = ? AND phase = ? AND id = ? AND batch = ?",
        [(in_order(value), job, phase, item_id, batch) for item_id, value in values.items()],
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
