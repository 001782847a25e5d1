"""What the flow of a batch works with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from supervisor.content.pipeline_file import Target
from supervisor.content.project import ProjectSettings
from supervisor.content.prompts import PromptMaker
from supervisor.engine.budget import Budget
from supervisor.engine.content_pool import ContentPool
from supervisor.engine.gates import Gates
from supervisor.engine.journal import Journal
from supervisor.engine.progress import Progress
from supervisor.executors.base import Executor
from supervisor.model.job import JobOptions
from supervisor.model.pipeline import Pipeline
from supervisor.model.session import SessionResult
from supervisor.store.attempts import Attempt
from supervisor.store.database import Database


class Tools:
    """One job's share of the engine."""

    def __init__(
        self,
        *,
        job: int,
        pipeline: Pipeline,
        target: Target,
        options: JobOptions,
        settings: ProjectSettings,
        executor: Executor,
        pool: ContentPool,
        prompts: PromptMaker,
        journal: Journal,
        progress: Progress,
        gates: Gates,
        merged: Callable[[int, list[str]], Any],
    ) -> None:
        self.job = job
        self.pipeline = pipeline
        self.target = target
        self.options = options
        self.settings = settings
        self.executor = executor
        self.pool = pool
        self.prompts = prompts
        self.journal = journal
        self.progress = progress
        self.gates = gates
        self.budget = Budget(options, progress)
        self.merged = merged
        """To be called, inside the transaction, with a phase and the ids whose state in it changed for good."""
        self.captured: dict[int, tuple[Attempt, SessionResult]] = {}
        """Batch id to an output that an earlier supervisor left unjudged."""
        self._locks = {phase.id: asyncio.Lock() for phase in pipeline.phases}

    @property
    def database(self) -> Database:
        return self.journal.database

    def merging(self, phase: int) -> asyncio.Lock:
        """Held from the last look at what is merged of a phase to the commit that adds to it."""
        return self._locks[phase]
