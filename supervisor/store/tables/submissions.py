"""Jobs that came by the service: who submitted them, with which input, and under which key."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from supervisor.model.frozen_model import FrozenModel
from supervisor.store.transaction import StoreReader, Transaction
from supervisor.text.strict_json import in_order


class Submission(FrozenModel):
    """What a client asked for."""

    job: int
    owner: str
    input: Any
    tier: str | None = None
    webhook_url: str | None = None
    idempotency_key: str | None = None
    request_hash: str
    """Of the whole request: another one under the same key is refused."""


def add(transaction: Transaction, submission: Submission) -> None:
    """Store it, with the change that makes the job."""
    transaction.execute(
        "INSERT INTO submissions (job, owner, input, tier, webhook_url, idempotency_key, request_hash)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            submission.job,
            submission.owner,
            in_order(submission.input),
            submission.tier,
            submission.webhook_url,
            submission.idempotency_key,
            submission.request_hash,
        ),
    )


def get(database: StoreReader, job: int) -> Submission | None:
    """How a job was submitted; None where it did not come by the service."""
    row = database.row("SELECT * FROM submissions WHERE job = ?", (job,))
    return None if row is None else _submission(row)


def with_key(database: StoreReader, owner: str, key: str) -> Submission | None:
    """What a client submitted under a key; None where that is nothing yet."""
    row = database.row("SELECT * FROM submissions WHERE owner = ? AND idempotency_key = ?", (owner, key))
    return None if row is None else _submission(row)


def input_of(database: StoreReader, job: int) -> str | None:
    """The input of a job as JSON; None where it did not come by the service."""
    found = database.value("SELECT input FROM submissions WHERE job = ?", (job,))
    return None if found is None else str(found)


def _submission(row: sqlite3.Row) -> Submission:
    return Submission(**{**dict(row), "input": json.loads(row["input"])})
