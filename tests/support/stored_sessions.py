"""A store with one job, and sessions of it that begin and end as a test wants, by the store's own functions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from supervisor.model import session_name
from supervisor.model.agent_report import AgentReport, Usage
from supervisor.model.job import JobOptions, StoredBatch
from supervisor.model.pipeline import Phase, Pipeline
from supervisor.model.session import SessionResult
from supervisor.store.database import Database, open_store
from supervisor.store.tables import jobs
from supervisor.store.tables.attempts import Outcome
from supervisor.store.transitions import batch_transitions


def one_job(folder: Path, phases: int = 1) -> Database:
    """A new store with job 1."""
    database = open_store(folder / "store.sqlite", create=True)
    made = tuple(
        Phase(id=n, name=f"phase {n}", items="items.json", intelligence="1.md", output=f"{n}.json")
        for n in range(1, phases + 1)
    )
    jobs.submit(database, Pipeline(name="facts", collection="facts", phases=made), "demo", JobOptions(agent="a"))
    return database


def begin(database: Database, batch: int, number: int = 1, *, phase: int = 1, agent: str = "a") -> int:
    """Begin the session of that number in a batch of job 1; the id of the attempt."""
    of = StoredBatch(id=batch, job=1, phase=phase, number=batch, size=1, status="pending")
    with database.transaction(durable=False) as transaction:
        return batch_transitions.begin_session(
            transaction, of, number, session_name.session_name(of, number), agent, ["i"], None
        )


def result(*, took: float = 1.0, model: str | None = None, **usage: Any) -> SessionResult:
    """What came of a session that took so many seconds and used so much."""
    heard = AgentReport(model=model, usage=Usage(**usage))
    return SessionResult(ending="exited", heard=heard, duration_s=took)


def end(database: Database, attempt: int, outcome: Outcome, *, counted: bool = True, result: SessionResult) -> None:
    """End a session."""
    with database.transaction(durable=False) as transaction:
        batch_transitions.end_session(transaction, attempt, outcome, counted=counted, result=result)
