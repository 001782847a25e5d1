"""All accepted results of a phase at one moment, for sinks."""

from __future__ import annotations

from typing import NamedTuple

from supervisor.model.frozen_model import FrozenModel
from supervisor.model.write_receipt import WriteReceipt
from supervisor.store.database import Database
from supervisor.store.tables import phases
from supervisor.store.transaction import StoreReader


class ResultSnapshot(FrozenModel):
    """What a sink is to hold."""

    job: int
    phase: int
    merge: str
    seq: int
    """The last merge that is in it."""
    rows: tuple[tuple[str, str], ...]
    """Item id and value as JSON, in canonical order."""


def snapshot(database: StoreReader, job: int, phase: int, merge: str, *, within: bool = False) -> ResultSnapshot:
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


class MergedValue(NamedTuple):
    """A merged item."""

    value: str
    """As JSON."""
    seq: int
    """Of the merge."""


def merged_values(database: StoreReader, job: int, phase: int) -> dict[str, MergedValue]:
    """Item id to value of all that is merged of a phase."""
    rows = database.rows(
        "SELECT id, value, seq FROM items WHERE job = ? AND phase = ? AND status = 'merged'", (job, phase)
    )
    return {row["id"]: MergedValue(row["value"], row["seq"]) for row in rows}


class LastWrite(NamedTuple):
    """What the store has noted of a phase's sink."""

    seq: int
    """The last merge that it was given."""
    sha256: str | None
    """Digest of what was written; None: nothing was."""
    newest: int
    """The last merge that there is."""


def last_write(database: StoreReader, job: int, phase: int) -> LastWrite:
    """What a phase's sink was given last, as the store has it."""
    row = database.row(
        "SELECT next_seq, written_seq, written_hash FROM phases WHERE job = ? AND phase = ?", (job, phase)
    )
    assert row is not None
    return LastWrite(row["written_seq"], row["written_hash"], row["next_seq"] - 1)


def record_written(database: Database, job: int, phase: int, written: WriteReceipt) -> None:
    """Note what the phase's sink holds now."""
    with database.transaction(durable=False):
        database.execute(
            "UPDATE phases SET written_seq = ?, written_hash = ? WHERE job = ? AND phase = ?",
            (written.seq, written.sha256, job, phase),
        )
