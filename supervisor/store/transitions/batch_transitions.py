"""Changes of a batch that touch several tables: a session begins, ends, is adopted; answers are kept and settled."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from supervisor.model.agent_report import Usage
from supervisor.model.bounded_errors import kept
from supervisor.model.job import StoredBatch
from supervisor.model.session import SessionResult
from supervisor.model.session_handle import SessionHandle
from supervisor.model.validation_report import ValidationError
from supervisor.store.tables.attempts import Attempt, Outcome, attempt_of
from supervisor.store.tables.phases import next_seq
from supervisor.store.tables.session_totals import OPEN
from supervisor.store.transaction import Transaction
from supervisor.text.plain_text import plain_line
from supervisor.text.strict_json import in_order


def begin_session(
    transaction: Transaction,
    batch: StoredBatch,
    number: int,
    name: str,
    agent: str,
    item_ids: Sequence[str],
    handle: SessionHandle | None,
) -> int:
    """Note a session, and where it is if it was started; returns the attempt's id."""
    made = transaction.execute(
        "INSERT INTO attempts (job, phase, batch, number, name, agent, item_ids, started_at, handle, executor)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            batch.job,
            batch.phase,
            batch.id,
            number,
            name,
            agent,
            in_order(list(item_ids)),
            time.time(),
            None if handle is None else in_order(handle.address),
            "local" if handle is None else handle.executor,  # as where nothing tells: the column's default
        ),
    )
    assert made.lastrowid is not None
    return made.lastrowid


def adopt_session(
    transaction: Transaction,
    batch: StoredBatch,
    number: int,
    name: str,
    agent: str,
    item_ids: Sequence[str],
    started_at: float,
) -> Attempt:
    """Note a session that the store had lost."""
    attempt = begin_session(transaction, batch, number, name, agent, item_ids, None)
    transaction.execute("UPDATE attempts SET started_at = ? WHERE id = ?", (started_at, attempt))
    row = transaction.row("SELECT * FROM attempts WHERE id = ?", (attempt,))
    assert row is not None
    return attempt_of(row)


def end_session(
    transaction: Transaction,
    attempt: int,
    outcome: Outcome,
    *,
    counted: bool,
    errors: Sequence[ValidationError] = (),
    mended: Sequence[str] = (),
    result: SessionResult | None = None,
    unfinished: bool = False,
) -> None:
    """Note how a session ended, with the change that keeps what it gave.

    One that has ended for good stays as it was noted: it is counted. Of many or long errors a part is kept.
    `unfinished`: it gave answers though it had not come to its end.
    """
    if result is not None:
        record_session(transaction, attempt, result)
    transaction.execute(
        "UPDATE attempts SET outcome = ?, counted = ?, errors = ?, mended = ?, ended_at = ?, unfinished = ?"
        f" WHERE id = ? AND outcome IN {OPEN}",
        (
            outcome,
            int(counted),
            in_order([error.model_dump() for error in kept(errors)]),
            in_order([plain_line(line, 300) for line in mended]) if mended else None,
            time.time(),
            int(unfinished),
            attempt,
        ),
    )


def forget_handle(transaction: Transaction, attempt: int) -> None:
    """Note that a session, which was noted before it was to be, never came to be."""
    transaction.execute("UPDATE attempts SET handle = NULL WHERE id = ?", (attempt,))


def record_session(transaction: Transaction, attempt: int, result: SessionResult) -> None:
    """Note how long a session took, what it cost, and what else its agent told.

    What was known of it and is not told again stays.
    """
    heard, usage = result.heard, result.heard.usage
    known = ", ".join(f"{name} = coalesce(?, {name})" for name in ("model", "provider_session_id", *Usage.model_fields))
    transaction.execute(
        f"UPDATE attempts SET duration_s = ?, exit_status = ?, {known} WHERE id = ? AND outcome IN {OPEN}",
        (
            result.duration_s,
            result.exit_status,
            heard.model,
            heard.provider_session_id,
            *(getattr(usage, name) for name in Usage.model_fields),
            attempt,
        ),
    )


def set_batch_status(transaction: Transaction, batch: int, status: str) -> None:
    """Write a batch's new state."""
    ended = time.time() if status in ("done", "failed") else None
    transaction.execute("UPDATE batches SET status = ?, ended_at = ? WHERE id = ?", (status, ended, batch))


def keep_passed(
    transaction: Transaction,
    job: int,
    phase: int,
    batch: int,
    values: dict[str, Any],
    unfinished: Collection[str] = (),
) -> None:
    """Keep what passed of an attempt, and only that, with the change that ends the attempt.

    `unfinished` names what is of sessions that did not come to their end.
    """
    transaction.execute(
        "UPDATE items SET status = 'waiting', value = NULL WHERE batch = ? AND status = 'passed'", (batch,)
    )
    transaction.execute_many(
        "UPDATE items SET status = 'passed', value = ?, unfinished = ?"
        " WHERE job = ? AND phase = ? AND id = ? AND batch = ?",
        [(in_order(value), int(i in unfinished), job, phase, i, batch) for i, value in values.items()],
    )


def keep(transaction: Transaction, job: int, phase: int, item_id: str, value: Any) -> None:
    """Have an item pass with the answer that it had in a store that was lost."""
    transaction.execute(
        "UPDATE items SET status = 'passed', value = ?, unfinished = 0"
        " WHERE job = ? AND phase = ? AND id = ? AND status = 'waiting'",
        (in_order(value), job, phase, item_id),
    )


def settle(
    transaction: Transaction,
    job: int,
    phase: int,
    batch: int,
    digests: dict[str, str],
    accepted: Mapping[str, Any],
    refused: Mapping[str, Sequence[ValidationError]],
    unfinished: Collection[str] = (),
) -> int:
    """Merge a batch's accepted items and quarantine the refused.

    An item whose content changed since the batch began (`digests`) is not touched: it waits for a batch of its own.
    `unfinished` names what of the accepted is of sessions that did not come to their end.
    Returns the sequence number of the merge.
    """
    seq = next_seq(transaction, job, phase)
    version = transaction.value("SELECT instructions FROM phases WHERE job = ? AND phase = ?", (job, phase))
    transaction.execute_many(
        "UPDATE items SET status = 'merged', value = ?, seq = ?, errors = NULL, instructions_version = ?,"
        " unfinished = ? WHERE job = ? AND phase = ? AND id = ? AND batch = ? AND digest = ?",
        [
            (in_order(value), seq, version, int(i in unfinished), job, phase, i, batch, digests[i])
            for i, value in accepted.items()
        ],
    )
    transaction.execute_many(
        "UPDATE items SET status = 'quarantined', value = NULL, errors = ?, instructions_version = ?"
        " WHERE job = ? AND phase = ? AND id = ? AND batch = ? AND digest = ?",
        [
            (in_order([error.model_dump() for error in kept(errors)]), version, job, phase, i, batch, digests[i])
            for i, errors in refused.items()
        ],
    )
    return seq
