"""Attempts that are not to count after all: their batches wait again as before."""

from __future__ import annotations

from collections.abc import Iterable

from supervisor.store.tables import phases, session_totals
from supervisor.store.transaction import Transaction


def take_back(transaction: Transaction, attempts: Iterable[int]) -> list[int]:
    """Have attempts not count, and what their batches gave up for it wait again; the batches that had given up."""
    given_up: dict[int, tuple[int, int]] = {}
    changed = False
    for attempt in attempts:
        row = transaction.row(
            "SELECT a.counted, b.id, b.job, b.phase, b.status FROM attempts a JOIN batches b ON b.id = a.batch"
            " WHERE a.id = ?",
            (attempt,),
        )
        if row is None:
            continue
        if row["counted"]:
            transaction.execute("UPDATE attempts SET counted = 0 WHERE id = ?", (attempt,))
            changed = True
        if row["status"] == "failed":
            given_up[row["id"]] = (row["job"], row["phase"])
    for batch in given_up:
        transaction.execute(
            "UPDATE items SET status = 'waiting', errors = NULL WHERE batch = ? AND status = 'quarantined'", (batch,)
        )
        transaction.execute("UPDATE batches SET status = 'pending', ended_at = NULL WHERE id = ?", (batch,))
    for job, phase in sorted(set(given_up.values())):
        phases.forget_source(transaction, job, phase)  # what follows from its items is looked at again
        phases.set_status(transaction, job, phase, "waiting")
    if changed:
        session_totals.count_anew(transaction)
    return list(given_up)
