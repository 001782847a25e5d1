"""All accepted results of a phase at one moment, for sinks."""

from __future__ import annotations

from typing import NamedTuple

from supervisor.model.frozen_model import FrozenModel
from supervisor.store.database import Database
from supervisor.store.tables import phases
from supervisor.store.tables.items import LEFT_OUT
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


def snapshot(database: Database, job: int, phase: int, merge: str) -> ResultSnapshot:
    """All that is merged of a phase at this moment."""
    with database.snapshot():
        seq = phases.current_seq(database, job, phase)
        rows = database.rows(
            "SELECT id, value FROM items WHERE job = ? AND phase = ? AND status = 'merged' ORDER BY position, id",
            (job, phase),
        )
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
    return _values(database, job, phase, "status = 'merged'")


def left_out_values(database: StoreReader, job: int, phase: int, since: int) -> dict[str, MergedValue]:
    """Item id to value of what was merged up to the change `since`, and left out after it."""
    return _values(database, job, phase, f"seq > {since:d} AND status IN {LEFT_OUT} AND value IS NOT NULL")


def _values(database: StoreReader, job: int, phase: int, condition: str) -> dict[str, MergedValue]:
    rows = database.rows(f"SELECT id, value, seq FROM items WHERE job = ? AND phase = ? AND {condition}", (job, phase))
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
