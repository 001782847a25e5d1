"""All accepted results of a phase at one moment, for sinks."""

from __future__ import annotations

from supervisor.model.frozen_model import FrozenModel
from supervisor.store.database import Database
from supervisor.store.tables import phases


class ResultSnapshot(FrozenModel):
    """What a main file is to hold."""

    job: int
    phase: int
    merge: str
    seq: int
    """The last merge that is in it."""
    rows: tuple[tuple[str, str], ...]
    """Item id and value as JSON, in canonical order."""


def snapshot(database: Database, job: int, phase: int, merge: str, *, within: bool = False) -> ResultSnapshot:
    """All that is merged of a phase at this moment; `within` a transaction that has begun."""
    if not within:
        database.execute("BEGIN")
    try:
        seq = phases.current_seq(database, job, phase)
        rows = database.rows(
            "SELECT id, value FROM items WHERE job = ? AND phase = ? AND status = 'merged' ORDER BY position, id",
            (job, phase),
        )
    finally:
        if database.connection.in_transaction and not within:
            database.execute("COMMIT")
    pairs = tuple((row["id"], row["value"]) for row in rows)
    return ResultSnapshot.model_construct(job=job, phase=phase, merge=merge, seq=seq, rows=pairs)


def record_written(database: Database, written: ResultSnapshot, sha256: str) -> None:
    """Note what the main file holds now."""
    with database.transaction(durable=False):
        database.execute(
            "UPDATE phases SET written_seq = ?, written_hash = ? WHERE job = ? AND phase = ?",
            (written.seq, sha256, written.job, written.phase),
        )
