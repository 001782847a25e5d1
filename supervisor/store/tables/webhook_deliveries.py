"""The outbox of webhooks: a row is there from the moment that a job ends until it was delivered or given up.

The row is made by the store itself, in the transaction that ends the job.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Collection

from supervisor.model.frozen_model import FrozenModel
from supervisor.store.transaction import StoreReader, Transaction


class Delivery(FrozenModel):
    """One message to one address."""

    id: str
    """The same at every try: who gets it twice knows it again."""
    job: int
    owner: str
    """Client that submitted the job."""
    url: str
    host: str
    """Host and port in the URL."""
    payload: str
    """JSON."""
    made_at: float
    next_try: float | None
    """When it is tried next; None: it was delivered, or given up."""
    attempts: int
    """Since it was made, or was sent again by hand."""
    delivered_at: float | None
    """When it last arrived."""
    last_result: str
    """What came of the last attempt."""

    @property
    def state(self) -> str:
        """What is to be said of it: waiting, delivered, given up."""
        if self.next_try is not None:
            return "waiting"
        return "given up" if self.delivered_at is None else "delivered"


def due(
    database: StoreReader,
    at: float,
    limit: int = 50,
    *,
    besides: Collection[str] = (),
    hosts_besides: Collection[str] = (),
) -> list[Delivery]:
    """Messages whose time has come, the longest waiting first, but for some and those to some hosts."""
    rows = database.rows(
        f"SELECT * FROM webhook_deliveries WHERE next_try <= ? AND host NOT IN ({_marks(hosts_besides)})"
        f" AND id NOT IN ({_marks(besides)}) ORDER BY next_try LIMIT ?",
        (at, *hosts_besides, *besides, limit),
    )
    return [_delivery(row) for row in rows]


def next_due(database: StoreReader, after: float = 0.0) -> float | None:
    """When the next message after a time is to be tried; None where none is."""
    found = database.value("SELECT min(next_try) FROM webhook_deliveries WHERE next_try > ?", (after,))
    return None if found is None else float(found)


def of_job(database: StoreReader, job: int) -> list[Delivery]:
    """A job's messages, oldest first."""
    rows = database.rows("SELECT * FROM webhook_deliveries WHERE job = ? ORDER BY made_at, rowid", (job,))
    return [_delivery(row) for row in rows]


def latest(database: StoreReader, most: int) -> list[Delivery]:
    """The messages that were made last, oldest first."""
    rows = database.rows("SELECT * FROM webhook_deliveries ORDER BY made_at DESC, rowid DESC LIMIT ?", (most,))
    return [_delivery(row) for row in reversed(rows)]


def note_try(
    transaction: Transaction, tried: Delivery, last_result: str, at: float, *, delivered: bool, next_try: float | None
) -> None:
    """Write down what came of a try.

    A message that somebody had sent again meanwhile is sent again nevertheless.
    """
    transaction.execute(
        "UPDATE webhook_deliveries SET attempts = attempts + 1, last_result = ?,"
        " delivered_at = coalesce(?, delivered_at),"
        " next_try = CASE WHEN next_try = ? THEN ? ELSE next_try END WHERE id = ?",
        (last_result, at if delivered else None, tried.next_try, next_try, tried.id),
    )


def redeliver(transaction: Transaction, job: int, at: float | None = None) -> int:
    """Have the last message of a job sent once more, now; how many that are."""
    return transaction.execute(
        "UPDATE webhook_deliveries SET next_try = ?, attempts = 0 WHERE id ="
        " (SELECT id FROM webhook_deliveries WHERE job = ? ORDER BY made_at DESC, rowid DESC LIMIT 1)",
        (time.time() if at is None else at, job),
    ).rowcount


def _marks(values: Collection[str]) -> str:
    return ", ".join("?" * len(values))


def _delivery(row: sqlite3.Row) -> Delivery:
    return Delivery(**dict(row))
