"""Items that are left out: a source has them no more, or a person removed them; what comes from them follows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from supervisor.store.tables.items import LEFT_OUT
from supervisor.store.tables.phases import next_seq
from supervisor.store.transaction import Transaction

_AMONG = "IN (SELECT value FROM json_each(?))"


class Followed(NamedTuple):
    """How many items of a phase followed those that they come from."""

    left_out: int
    back: int


def exclude(transaction: Transaction, job: int, phase: int, ids: Sequence[str], *, by_hand: bool = False) -> None:
    """Leave items out from now on; what is merged of them stays in the store, what only passed does not.

    Left out `by_hand`, they do not come back by themselves.
    """
    if not ids:
        return
    transaction.execute(
        "UPDATE items SET status = ?, batch = NULL, value = CASE WHEN status = 'merged' THEN value END,"
        " seq = CASE WHEN status = 'merged' THEN ? ELSE seq END"
        f" WHERE job = ? AND phase = ? AND id {_AMONG}",
        ("removed" if by_hand else "dropped", next_seq(transaction, job, phase), job, phase, json.dumps(ids)),
    )


def restore(transaction: Transaction, job: int, phase: int, ids: Sequence[str]) -> None:
    """Have items again that were left out, with what was merged of them for the same content, or to be done."""
    if not ids:
        return
    transaction.execute(
        "UPDATE items SET status = CASE WHEN value IS NOT NULL THEN 'merged' WHEN payload IS NULL THEN 'blocked'"
        f" ELSE 'waiting' END, batch = NULL, seq = ? WHERE job = ? AND phase = ? AND id {_AMONG}",
        (next_seq(transaction, job, phase), job, phase, json.dumps(ids)),
    )


def follow_upstream(
    transaction: Transaction, job: int, phase: int, upstream: int, ids: Sequence[str] | None = None, *, expanded: bool
) -> Followed:
    """Leave out what comes from items that the phase before left out, and have again what comes from those that it has.

    `ids` are the upstream items that may have changed; None: any. What was `expanded` comes back by being expanded
    again.
    """
    of, among = "c.source" if expanded else "c.id", "" if ids is None else f" AND u.id {_AMONG}"
    rows = transaction.rows(
        f"SELECT c.id, u.status IN {LEFT_OUT} AS is_out FROM items u JOIN items c ON c.job = u.job AND c.phase = ?"
        f" AND {of} = u.id WHERE u.job = ? AND u.phase = ?{among}"
        f" AND ((u.status IN {LEFT_OUT} AND c.status NOT IN {LEFT_OUT})"
        f" OR (u.status NOT IN {LEFT_OUT} AND c.status = 'dropped' AND NOT ?))",
        (phase, job, upstream, *([] if ids is None else [json.dumps(ids)]), expanded),
    )
    left_out = [row["id"] for row in rows if row["is_out"]]
    back = [row["id"] for row in rows if not row["is_out"]]
    exclude(transaction, job, phase, left_out)
    restore(transaction, job, phase, back)
    return Followed(len(left_out), len(back))
