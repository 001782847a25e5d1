"""Phases in the store: their state, and whether all of their items are known."""

from __future__ import annotations

from supervisor.model.pipeline import Pipeline
from supervisor.model.write_receipt import WriteReceipt
from supervisor.store.database import Database
from supervisor.store.transaction import StoreReader, Transaction

_OPEN_WORK = (
    "(EXISTS (SELECT 1 FROM batch_counts c WHERE c.job = p.job AND c.phase = p.phase AND c.n > 0"
    " AND c.status IN ('pending', 'running'))"
    " OR EXISTS (SELECT 1 FROM item_counts c WHERE c.job = p.job AND c.phase = p.phase AND c.n > 0"
    " AND c.status IN ('blocked', 'waiting', 'passed')))"
)
"""Of a phase `p`: whether anything of it is left to do."""


def ensure(transaction: Transaction, job: int, pipeline: Pipeline) -> None:
    """Give the job a row for every phase."""
    for position, phase in enumerate(pipeline.phases):
        transaction.execute(
            "INSERT INTO phases (job, phase, position, name, output, merge, status)"
            " VALUES (?, ?, ?, ?, ?, ?, 'waiting') ON CONFLICT (job, phase) DO UPDATE SET"
            " position = excluded.position, name = excluded.name, output = excluded.output, merge = excluded.merge,"
            " next_seq = next_seq + (merge <> excluded.merge)",
            (job, phase.id, position, phase.name, phase.output, phase.merge),
        )


def ids(database: StoreReader, job: int) -> list[int]:
    """A job's phases, in their order."""
    return [row["phase"] for row in database.rows("SELECT phase FROM phases WHERE job = ? ORDER BY position", (job,))]


def is_complete(database: StoreReader, job: int, phase: int) -> bool:
    """Whether all items that the phase will ever have are known."""
    return bool(database.value("SELECT complete FROM phases WHERE job = ? AND phase = ?", (job, phase)))


def set_complete(transaction: Transaction, job: int, phase: int, complete: bool) -> None:
    """Note whether more items may come."""
    transaction.execute("UPDATE phases SET complete = ? WHERE job = ? AND phase = ?", (int(complete), job, phase))


def status(database: StoreReader, job: int, phase: int) -> str:
    """waiting, running, completed, completed_with_gaps or failed."""
    return str(database.value("SELECT status FROM phases WHERE job = ? AND phase = ?", (job, phase)))


def set_status(transaction: Transaction, job: int, phase: int, new: str) -> None:
    """Write a phase's state."""
    transaction.execute("UPDATE phases SET status = ? WHERE job = ? AND phase = ?", (new, job, phase))


def source(database: StoreReader, job: int, phase: int) -> str | None:
    """Fingerprint of the item file as it was read last."""
    found = database.value("SELECT source FROM phases WHERE job = ? AND phase = ?", (job, phase))
    return None if found is None else str(found)


def sources(database: StoreReader, job: int) -> dict[int, str | None]:
    """The same of all phases, by their ids."""
    return {
        row["phase"]: row["source"] for row in database.rows("SELECT phase, source FROM phases WHERE job = ?", (job,))
    }


def any_open_work(database: StoreReader, job: int) -> bool:
    """Whether anything of a job is left to do, or it is not known yet of what it consists."""
    return bool(
        database.value(
            f"SELECT NOT EXISTS (SELECT 1 FROM phases WHERE job = :job) OR EXISTS (SELECT 1 FROM phases p"
            f" WHERE p.job = :job AND (NOT p.complete OR {_OPEN_WORK}))",
            {"job": job},
        )
    )


def forget_source(transaction: Transaction, job: int, phase: int) -> None:
    """Have the phase's item file read again at the next start: an item that is to be done may be there no longer."""
    transaction.execute(
        "UPDATE phases SET source = '' WHERE job = ? AND phase = ? AND source IS NOT NULL", (job, phase)
    )


def use_instructions(transaction: Transaction, job: int, phase: int, text_fingerprint: str) -> int:
    """Note what the phase is run with from now on; its version number."""
    version = transaction.value(
        "SELECT version FROM instructions WHERE job = ? AND phase = ? AND fingerprint = ?",
        (job, phase, text_fingerprint),
    )
    if version is None:
        version = 1 + transaction.value(
            "SELECT coalesce(max(version), 0) FROM instructions WHERE job = ? AND phase = ?", (job, phase)
        )
        transaction.execute("INSERT INTO instructions VALUES (?, ?, ?, ?)", (job, phase, version, text_fingerprint))
    transaction.execute("UPDATE phases SET instructions = ? WHERE job = ? AND phase = ?", (version, job, phase))
    return int(version)


def open_work(database: StoreReader, job: int, phase: int) -> bool:
    """Whether a batch of the phase is pending or runs, or an item waits to be put into one."""
    return bool(database.value(f"SELECT {_OPEN_WORK} FROM phases p WHERE job = ? AND phase = ?", (job, phase)))


def is_at_end(database: StoreReader, job: int, phase: int) -> bool:
    """Whether nothing is left to do of a phase that is not noted as ended, or with failures though it has none now."""
    return bool(
        database.value(
            "SELECT complete AND (status NOT IN ('completed', 'completed_with_gaps', 'failed')"
            " OR (status <> 'completed' AND NOT EXISTS"
            " (SELECT 1 FROM item_counts c WHERE c.job = p.job AND c.phase = p.phase AND c.n > 0"
            " AND c.status = 'quarantined')))"
            f" AND NOT {_OPEN_WORK} FROM phases p WHERE job = ? AND phase = ?",
            (job, phase),
        )
    )


def next_seq(database: StoreReader, job: int, phase: int) -> int:
    """The next number in the order in which what is merged changes."""
    row = database.row(
        "UPDATE phases SET next_seq = next_seq + 1 WHERE job = ? AND phase = ? RETURNING next_seq - 1", (job, phase)
    )
    assert row is not None
    return int(row[0])


def current_seq(database: StoreReader, job: int, phase: int) -> int:
    """The number of the last change of what is merged."""
    return int(database.value("SELECT next_seq - 1 FROM phases WHERE job = ? AND phase = ?", (job, phase)))


def record_written(database: Database, job: int, phase: int, written: WriteReceipt) -> None:
    """Note what the phase's sink holds now."""
    with database.transaction(durable=False) as transaction:
        transaction.execute(
            "UPDATE phases SET written_seq = ?, written_hash = ? WHERE job = ? AND phase = ?",
            (written.seq, written.sha256, job, phase),
        )
