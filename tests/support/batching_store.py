"""A store with one job of three phases, and what the engine does with it: batches are formed, ended and merged."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from supervisor.model.job import Job, JobOptions
from supervisor.model.pipeline import Phase, Pipeline, Upstream
from supervisor.model.validation_report import ValidationError
from supervisor.sinks import json_sink
from supervisor.store.database import Database, open_store
from supervisor.store.queries import merged_snapshot
from supervisor.store.tables import batches, items, jobs, phases
from supervisor.store.transitions import batch_transitions, item_reconcile
from tests.support.property_examples import examples

FAST = examples(30)
SECOND = 2
EXPANDED = 3


@contextmanager
def opened(batch_size: int = 3) -> Iterator[tuple[Database, Job]]:
    """A store with one job of three phases: items, the same items, and items expanded from the second phase."""
    common: dict[str, Any] = {"intelligence": "x.md", "batch_size": batch_size}
    pipeline = Pipeline(
        name="p",
        collection="c",
        phases=(
            Phase(id=1, name="one", items="items.json", output="one.json", **common),
            Phase(id=SECOND, name="two", items=Upstream(phase=1), output="two.json", **common),
            Phase(id=EXPANDED, name="three", items=Upstream(phase=2, by="by.py"), output="three.json", **common),
        ),
    )
    with tempfile.TemporaryDirectory() as folder:
        database = open_store(Path(folder) / "store.sqlite", create=True)
        database.connection.execute("PRAGMA synchronous = OFF")
        job, _ = jobs.submit(database, pipeline, "t", JobOptions(agent="a"))
        with database.transaction(durable=False) as transaction:
            phases.ensure(transaction, job.id, pipeline)
        try:
            yield database, job
        finally:
            database.close()


def take(database: Database, job: Job, source: list[tuple[str, Any]]) -> item_reconcile.SourceChange:
    with database.transaction(durable=False) as transaction:
        return item_reconcile.reconcile_source(transaction, job.id, 1, source, repr(source))


def numbered(count: int) -> list[tuple[str, Any]]:
    return [(f"i{number:03}", {"n": number}) for number in range(count)]


def form(database: Database, job: Job, phase: int, size: int, *, complete: bool = True) -> None:
    with database.transaction(durable=False) as transaction:
        batches.form(transaction, job.id, phase, size, complete=complete)


def formed(database: Database, job: Job, phase: int = 1) -> list[list[str]]:
    """Ids of the items of every batch, by its number."""
    found = [
        row["id"]
        for row in database.rows("SELECT id FROM batches WHERE job = ? AND phase = ? ORDER BY number", (job.id, phase))
    ]
    return [[item.id for item in items.of_batch(database, batch)] for batch in found]


def merge(database: Database, job: Job, phase: int, batch: int, refused: frozenset[str] = frozenset()) -> None:
    """End a batch as the engine does: what is refused is quarantined, the rest merged."""
    members = items.of_batch(database, batch)
    error = (ValidationError(type="refused", message="refused"),)
    with database.transaction(durable=False) as transaction:
        batch_transitions.settle(
            transaction,
            job.id,
            phase,
            batch,
            {item.id: item.digest for item in members},
            {item.id: {"of": item.payload} for item in members if item.id not in refused},
            {item.id: error for item in members if item.id in refused},
        )
        batch_transitions.set_batch_status(transaction, batch, "failed" if refused else "done")


def merged(database: Database, job: Job, phase: int) -> dict[str, Any]:
    taken = merged_snapshot.snapshot(database, job.id, phase, "object")
    found: dict[str, Any] = json.loads(json_sink.render(taken))
    return found
