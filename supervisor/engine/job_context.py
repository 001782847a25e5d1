"""What the flow of a batch works with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from supervisor.engine.accounting.budget import Budget
from supervisor.engine.accounting.job_progress import JobProgress
from supervisor.engine.dispatch.cooldown_tracker import CooldownTracker
from supervisor.engine.dispatch.disk_space import DiskSpace
from supervisor.engine.events.event_log import EventLog
from supervisor.engine.known_answers.captured_outputs import Captured
from supervisor.engine.known_answers.orphan_sessions import OrphanSessions
from supervisor.engine.known_answers.restored_answers import RestoredAnswers
from supervisor.executors.executor import Executor
from supervisor.model.job import JobOptions
from supervisor.model.pipeline import Pipeline
from supervisor.model.target import Target
from supervisor.project.project_settings import ProjectSettings
from supervisor.project.prompt_renderer import PromptRenderer
from supervisor.project_code.code_client import CodeClient
from supervisor.store.database import Database


class JobContext:
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
        code: CodeClient,
        prompts: PromptRenderer,
        event_log: EventLog,
        progress: JobProgress,
        cooldowns: CooldownTracker,
        room: DiskSpace,
        restored: RestoredAnswers,
        orphans: OrphanSessions,
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
        self.event_log = event_log
        self.progress = progress
        self.cooldowns = cooldowns
        self.room = room
        self.budget = Budget(options, progress)
        self.merged = merged
        """To be called, inside the transaction, with a phase and the ids whose state in it changed for good."""
        self.captured: dict[int, list[Captured]] = {}
        """Batch id to outputs that an earlier supervisor left unjudged."""
        self.restored = restored
        """Answers that the store had before it was lost."""
        self.orphans = orphans
        """Sessions that the store does not know."""
        self._locks = {phase.id: asyncio.Lock() for phase in pipeline.phases}

    @property
    def database(self) -> Database:
        return self.event_log.database

    def merging(self, phase: int) -> asyncio.Lock:
        """Held from the last look at what is merged of a phase to the commit that adds to it."""
        return self._locks[phase]
