"""A store of one job whose sessions are as a test wants them, made by the store's own functions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from supervisor.model import session_name
from supervisor.model.job import Job, JobOptions, StoredBatch
from supervisor.model.pipeline import Phase, Pipeline
from supervisor.model.validation_report import ValidationError
from supervisor.store.database import Database, open_store
from supervisor.store.tables import jobs, phases
from supervisor.store.tables.attempts import Outcome
from supervisor.store.transaction import Transaction
from supervisor.store.transitions import batch_transitions
from tests.support.stored_sessions import result

BEGUN = 1_700_000_000.0


class Ran(NamedTuple):
    """A session: when it began after the job's start, and what came of it."""

    start: float
    took: float
    outcome: Outcome = "passed"
    phase: int = 1
    batch: int = 1
    agent: str = "mine"
    errors: tuple[ValidationError, ...] = ()
    cost_usd: float | None = None
    model: str | None = None


class MadeStore:
    """The store, and its job."""

    def __init__(self, folder: Path, *, names: Sequence[str] = ("first", "second"), detail: str = "") -> None:
        self.database: Database = open_store(folder / "store.sqlite", create=True)
        made = tuple(
            Phase(id=n, name=name, items="items.json", intelligence="1.md", output=f"{n}.json")
            for n, name in enumerate(names, 1)
        )
        pipeline = Pipeline(name="facts", collection="facts", phases=made)
        job, _ = jobs.submit(self.database, pipeline, "demo", JobOptions(agent="mine", concurrency=4))
        with self.database.transaction() as transaction:
            phases.ensure(transaction, job.id, pipeline)
            jobs.set_status(transaction, job.id, "failed", detail)
        self._id = job.id
        self._batches: dict[tuple[int, int], tuple[StoredBatch, int]] = {}

    @property
    def job(self) -> Job:
        return jobs.get(self.database, self._id)

    def add(self, *sessions: Ran) -> None:
        """Note sessions, and that the batches of those that passed ended with them."""
        with self.database.transaction(durable=False) as transaction:
            for session in sessions:
                self._add(transaction, session)

    def tell(self, at: float, kind: str, data: str = "{}") -> None:
        """Note an event so many seconds after the job's start."""
        with self.database.transaction(durable=False) as transaction:
            transaction.execute(
                "INSERT INTO events (job, at, kind, level, text, data) VALUES (?, ?, ?, 'INFO', '', ?)",
                (self._id, BEGUN + at, kind, data),
            )

    def _add(self, transaction: Transaction, session: Ran) -> None:
        key = (session.phase, session.batch)
        if key not in self._batches:
            made = transaction.execute(
                "INSERT INTO batches (job, phase, number, size, status) VALUES (?, ?, ?, 20, 'running')",
                (self._id, *key),
            )
            assert made.lastrowid is not None
            of = StoredBatch(made.lastrowid, self._id, session.phase, session.batch, 20, "running")
            self._batches[key] = (of, 0)
        of, number = self._batches[key]
        self._batches[key] = (of, number + 1)
        name = session_name.session_name(of, number + 1)
        begun = BEGUN + session.start
        attempt = batch_transitions.adopt_session(transaction, of, number + 1, name, session.agent, ["i"], begun).id
        came = result(took=session.took, model=session.model, cost_usd=session.cost_usd)
        counted = session.outcome in ("passed", "partial", "failed")
        batch_transitions.end_session(
            transaction, attempt, session.outcome, counted=counted, errors=session.errors, result=came
        )
        if session.outcome == "passed":
            transaction.execute(
                "UPDATE batches SET status = 'done', ended_at = ? WHERE id = ?",
                (BEGUN + session.start + session.took, of.id),
            )
