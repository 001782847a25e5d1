"""A job in a real store, with its items in batches, to which a place of known answers may know something."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from supervisor.engine.events.event_log import EventLog
from supervisor.engine.job_context import JobContext
from supervisor.engine.known_answers.known_answer import AnswerRequest, KnownAnswer, KnownAnswers
from supervisor.model.job import JobOptions, StoredBatch
from supervisor.project.pipeline_loader import load_pipeline, read_target
from supervisor.project.project import find_project
from supervisor.store.database import open_store
from supervisor.store.tables import batches, items, jobs, phases
from supervisor.store.transitions import batch_transitions, item_exclusion, item_reconcile
from tests.support.facts_project import SmallProject

PHASE = 1
SIZE = 3
ITEMS = {"a": {"n": 1}, "b": {"n": 2}, "c": {"n": 3}, "d": {"n": 4}}


class Scene:
    """Items a, b and c in the first batch, d in the second; nothing of it is done."""

    def __init__(self, folder: Path) -> None:
        small = SmallProject(folder)
        small.phases({"batch_size": SIZE})
        self.project = find_project(folder)
        self.project.sessions.mkdir(parents=True)
        self.pipeline = load_pipeline(self.project, "facts")
        self.database = open_store(self.project.store, create=True)
        job, _ = jobs.submit(self.database, self.pipeline, "demo", JobOptions(agent="mine"))
        self.context = JobContext(
            job, self.project, self.pipeline, read_target(self.pipeline, "demo"), EventLog(self.database)
        )
        with self.database.transaction() as transaction:
            phases.ensure(transaction, job.id, self.pipeline)
            item_reconcile.reconcile_source(transaction, job.id, PHASE, ITEMS.items(), "as they are")
            batches.form(transaction, job.id, PHASE, SIZE, complete=True)

    def batch(self, number: int = 1) -> StoredBatch:
        found = batches.numbered(self.database, self.context.id, PHASE, number)
        assert found is not None
        return found

    def request(self, number: int = 1) -> AnswerRequest:
        """What a batch has to do, as the store has it."""
        batch = self.batch(number)
        members = items.of_batch(self.database, batch.id)
        return AnswerRequest(
            batch=batch,
            phase=self.pipeline.phase(PHASE),
            digests={item.id: item.digest for item in members},
            todo=tuple(item.id for item in members if item.status == "waiting"),
        )

    def lookup(self, place: KnownAnswers, number: int = 1) -> list[KnownAnswer]:
        return list(asyncio.run(_lookup(place, self.request(number))))

    def values(self, place: KnownAnswers, number: int = 1) -> dict[str, Any]:
        """All that is known for a batch."""
        return {item_id: value for answer in self.lookup(place, number) for item_id, value in answer.values.items()}

    def keep(self, values: dict[str, Any], number: int = 1) -> None:
        """Have items of a batch pass, so that they are not to do any more."""
        with self.database.transaction() as transaction:
            batch_transitions.keep_passed(transaction, self.context.id, PHASE, self.batch(number).id, values)

    def change(self, item_id: str, payload: Any) -> None:
        """Have an item done in a new batch, with this content."""
        with self.database.transaction() as transaction:
            item_reconcile.redo(transaction, self.context.id, PHASE, item_id, payload)
            batches.form(transaction, self.context.id, PHASE, SIZE, complete=True)

    def remove(self, item_id: str) -> None:
        """Leave an item out, as when a person removes it from the main file."""
        with self.database.transaction() as transaction:
            item_exclusion.exclude(transaction, self.context.id, PHASE, [item_id], by_hand=True)

    def settle(self, place: KnownAnswers, accepted: Mapping[str, Any], number: int = 1) -> None:
        """End a batch, as the engine does."""
        request = self.request(number)
        with self.database.transaction() as transaction:
            phases.use_instructions(transaction, self.context.id, PHASE, "square them")
            batch_transitions.settle(
                transaction, self.context.id, PHASE, request.batch.id, request.digests, accepted, {}
            )
            batch_transitions.set_batch_status(transaction, request.batch.id, "done")
            place.settled(PHASE, list(request.digests))


async def _lookup(place: KnownAnswers, request: AnswerRequest) -> list[KnownAnswer]:
    return list(await place.lookup(request))
