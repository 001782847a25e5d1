"""Attempts in the store: one row a session, written as it starts and when it ended."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Literal

from supervisor.model.frozen_model import FrozenModel
from supervisor.model.job import StoredBatch
from supervisor.model.session_handle import SessionHandle
from supervisor.model.session_name import session_name
from supervisor.model.validation_report import ValidationError
from supervisor.store.database import Database
from supervisor.store.tables.session_totals import OPEN
from supervisor.store.transaction import StoreReader
from supervisor.text.strict_json import in_order

Outcome = Literal[
    "passed", "partial", "failed", "interrupted", "unvalidated", "not_started", "limited", "overloaded", "stalled"
]


class Attempt(FrozenModel):
    """A session for a batch, as the store has it."""

    id: int
    batch: int
    phase: int
    number: int
    name: str
    agent: str
    item_ids: tuple[str, ...]
    started_at: float
    outcome: str
    handle: SessionHandle
    """Where it is, or was; where its record was lost, by its name alone."""


def unfinished(database: StoreReader, job: int) -> list[Attempt]:
    """Attempts that a dead supervisor left running, and those whose output nobody could judge yet; oldest first."""
    return [
        attempt_of(row)
        for row in database.rows(f"SELECT * FROM attempts WHERE job = ? AND outcome IN {OPEN} ORDER BY id", (job,))
    ]


def unaccounted(database: StoreReader) -> list[Attempt]:
    """Cut-off sessions of jobs that nobody works on, of which it is not noted what they cost."""
    return [
        attempt_of(row)
        for row in database.rows(
            f"SELECT a.* FROM jobs j CROSS JOIN attempts a ON a.job = j.id WHERE a.outcome IN {OPEN}"  # in this order
            " AND a.duration_s IS NULL AND (j.superseded_at IS NOT NULL OR j.status IN ('stopped', 'cancelled'))"
            " ORDER BY a.id"
        )
    ]


class Tally(FrozenModel):
    """What a batch's sessions came to so far."""

    sessions: int
    """Sessions started."""
    counted: int
    """Those that count as attempts since the batch's items were last released."""
    stalls: int
    """Those that were ended since they gave no sign of life, and did not count."""
    errors: tuple[ValidationError, ...]
    """What the last judged attempt got wrong, unless that was taken back."""


def last_number(database: StoreReader, batch: StoredBatch) -> int:
    """The highest number of a batch's sessions, and of one that had its number before it; 0 where there was none."""
    name = session_name(batch, "")
    return int(
        database.value(
            "SELECT max((SELECT coalesce(max(number), 0) FROM attempts WHERE batch = ?),"
            " (SELECT coalesce(max(number), 0) FROM attempts WHERE name > ? AND name < ?))",
            (batch.id, name, f"{name}:"),  # the sign that follows the digits
        )
    )


def name_of(database: StoreReader, attempt: int) -> str:
    """The name of an attempt's session."""
    return str(database.value("SELECT name FROM attempts WHERE id = ?", (attempt,)))


def unknown(database: StoreReader, names: Iterable[str]) -> list[str]:
    """Those of some names of sessions that no attempt has."""
    rows = database.rows(
        "SELECT value FROM json_each(?) WHERE NOT EXISTS (SELECT 1 FROM attempts WHERE name = value)",
        (in_order(list(names)),),
    )
    return [row["value"] for row in rows]


def tally(database: StoreReader, batch: int) -> Tally:
    """The attempts of a batch so far."""
    row = database.row(
        "SELECT count(*) AS sessions, coalesce(sum(counted), 0) AS counted,"
        " coalesce(sum(outcome = 'stalled'), 0) AS stalls FROM attempts WHERE batch = ?",
        (batch,),
    )
    assert row is not None
    errors = database.value(
        "SELECT errors FROM attempts WHERE batch = ? AND (outcome = 'partial' OR (outcome = 'failed' AND counted))"
        " ORDER BY number DESC LIMIT 1",
        (batch,),
    )
    return Tally(
        sessions=row["sessions"],
        counted=row["counted"],
        stalls=row["stalls"],
        errors=tuple(ValidationError.model_validate(error) for error in json.loads(errors or "[]")),
    )


def mended_outputs(database: StoreReader, job: int) -> int:
    """How many sessions of a job gave an output in which something was mended."""
    return int(database.value("SELECT count(*) FROM attempts WHERE job = ? AND mended IS NOT NULL", (job,)))


class FailedAttempt(FrozenModel):
    """An attempt of which nothing passed."""

    id: int
    item_ids: tuple[str, ...]
    errors: tuple[ValidationError, ...]


def failed_since_pass(database: StoreReader, job: int, phase: int, agent: str) -> list[FailedAttempt]:
    """Counted attempts of a phase and agent that failed since the last of them of which something passed."""
    rows = database.rows(
        "SELECT id, item_ids, errors FROM attempts WHERE job = :job AND phase = :phase AND agent = :agent AND counted"
        " AND outcome = 'failed' AND ended_at > (SELECT coalesce(max(ended_at), 0) FROM attempts WHERE job = :job"
        " AND phase = :phase AND agent = :agent AND outcome IN ('passed', 'partial'))",
        {"job": job, "phase": phase, "agent": agent},
    )
    return [
        FailedAttempt(
            id=row["id"],
            item_ids=tuple(json.loads(row["item_ids"])),
            errors=tuple(ValidationError.model_validate(error) for error in json.loads(row["errors"] or "[]")),
        )
        for row in rows
    ]


def last_used(database: StoreReader) -> dict[str, float]:
    """Agent to the clock time at which its last session started."""
    return {
        row["agent"]: row["at"]
        for row in database.rows("SELECT agent, max(started_at) AS at FROM attempts GROUP BY agent")
    }


def running(database: StoreReader, job: int) -> list[sqlite3.Row]:
    """Running sessions: `name, phase, number, started_at, agent, batch_number`, oldest first."""
    return database.rows(
        "SELECT a.name, a.phase, a.number, a.started_at, a.agent, b.number AS batch_number FROM attempts a"
        f" JOIN batches b ON b.id = a.batch WHERE a.job = ? AND a.outcome IN {OPEN} AND a.outcome = 'running'"
        " ORDER BY a.id",
        (job,),
    )


def of_batch(database: StoreReader, job: int, batch_number: int, phase: int | None) -> list[sqlite3.Row]:
    """Attempts of the batches with this number, of one phase or of all, in order."""
    condition = "" if phase is None else "AND a.phase = :phase"
    return database.rows(
        "SELECT a.* FROM attempts a JOIN batches b ON b.id = a.batch"
        f" WHERE a.job = :job AND b.number = :number {condition} ORDER BY a.phase, a.number",
        {"job": job, "number": batch_number, "phase": phase},
    )


def latest(database: StoreReader, job: int, most: int) -> list[sqlite3.Row]:
    """The last sessions of a job that ended, the newest first, with the numbers of their batches."""
    return database.rows(
        "SELECT a.*, b.number AS batch_number FROM attempts a JOIN batches b ON b.id = a.batch WHERE a.id IN"
        " (SELECT id FROM attempts WHERE job = ? AND outcome <> 'running' ORDER BY id DESC LIMIT ?) ORDER BY a.id DESC",
        (job, most),
    )


def named(database: StoreReader, job: int, name: str) -> sqlite3.Row | None:
    """The session of this name, with the number of its batch; None where the job has none."""
    return database.row(
        "SELECT a.*, b.number AS batch_number FROM attempts a JOIN batches b ON b.id = a.batch"
        " WHERE a.job = ? AND a.name = ?",
        (job, name),
    )


def expired(database: StoreReader, before: float) -> list[str]:
    """Names of sessions that passed and ended before a time, whose files may go."""
    rows = database.rows(
        "SELECT name FROM attempts WHERE workspace_kept AND outcome = 'passed' AND ended_at < ? LIMIT 1000", (before,)
    )
    return [row["name"] for row in rows]


def forget_files(database: Database, names: Sequence[str]) -> None:
    """Note that these sessions' files are gone."""
    with database.transaction(durable=False) as transaction:
        transaction.execute_many("UPDATE attempts SET workspace_kept = 0 WHERE name = ?", [(name,) for name in names])


def attempt_of(row: sqlite3.Row) -> Attempt:
    """An attempt as its row has it."""
    return Attempt(
        id=row["id"],
        batch=row["batch"],
        phase=row["phase"],
        number=row["number"],
        name=row["name"],
        agent=row["agent"],
        item_ids=tuple(json.loads(row["item_ids"])),
        started_at=row["started_at"],
        outcome=row["outcome"],
        handle=_handle(row),
    )


def _handle(row: sqlite3.Row) -> SessionHandle:
    address = {"agent": row["agent"], **json.loads(row["handle"] or "{}")}
    return SessionHandle(executor=row["executor"], session=row["name"], address=address)
