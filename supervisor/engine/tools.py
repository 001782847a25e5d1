"""What the flow of a batch works with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from supervisor.content.pipeline_file import Target
from supervisor.content.project import ProjectSettings
from supervisor.content.prompts import PromptMaker
from supervisor.engine.budget import Budget
from supervisor.engine.earlier_answers import EarlierAnswers
from supervisor.engine.gates import Gates
from supervisor.engine.journal import Journal
from supervisor.engine.machine_faults import DiskRoom
from supervisor.engine.progress import Progress
from supervisor.engine.project_calls import ProjectCalls
from supervisor.engine.recovery import Captured
from supervisor.engine.stray_sessions import StraySessions
from supervisor.executors.base import Executor
from supervisor.model.job import JobOptions
from supervisor.model.pipeline import Pipeline
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
        code: ProjectCalls,
        prompts: PromptMaker,
        journal: Journal,
        progress: Progress,
        gates: Gates,
        room: DiskRoom,
        earlier: EarlierAnswers,
        strays: StraySessions,
        merged: Callable[[int, list[str]], Any],
    ) -> None:
        self.job = job
        self.pipeline = pipeline
        self.target = target
        self.options = options
        self.settings = settings
        self.executor = executor
        self.code = code
        self.prompts = prompts
        self.journal = journal
        self.progress = progress
        self.gates = gates
        self.room = room
        self.budget = Budget(options, progress)
        self.merged = merged
        """To be called, inside the transaction, with a phase and the ids whose state in it changed for good."""
        self.captured: dict[int, list[Captured]] = {}
        """Batch id to outputs that an earlier supervisor left unjudged."""
        self.earlier = earlier
        """Answers that the store had before it was lost."""
        self.strays = strays
        """Sessions that the store does not know."""
        self._locks = {phase.id: asyncio.Lock() for phase in pipeline.phases}

    @property
    def database(self) -> Database:
        return self.journal.database

    def merging(self, phase: int) -> asyncio.Lock:
        """Held from the last look at what is merged of a phase to the commit that adds to it."""
        return self._locks[phase]
