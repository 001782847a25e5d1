"""What the parts of one job share: which job it is, how it is to be run, and where it is written down."""

from __future__ import annotations

from supervisor.engine.events.event_log import EventLog
from supervisor.model.job import Job, JobOptions
from supervisor.model.pipeline import Phase, Pipeline
from supervisor.model.target import Target
from supervisor.project.project import Project
from supervisor.project.project_settings import ProjectSettings
from supervisor.store.database import Database


class JobContext:
    """Values, and the one writer; what else a part works with is handed to it by name."""

    def __init__(self, job: Job, project: Project, pipeline: Pipeline, target: Target, event_log: EventLog) -> None:
        self.job = job
        """As it was when this run of it began."""
        self.project = project
        """With the content that the job keeps."""
        self.pipeline = pipeline
        self.target = target
        self.event_log = event_log

    @property
    def id(self) -> int:
        """The job's."""
        return self.job.id

    @property
    def options(self) -> JobOptions:
        return self.job.options

    @property
    def settings(self) -> ProjectSettings:
        return self.project.settings

    def takes_unfinished(self, phase: Phase) -> bool:
        """Whether what a session leaves that did not come to its end may be an answer: only a validator can tell."""
        return phase.validator is not None and self.settings.unfinished == "accept"

    @property
    def database(self) -> Database:
        return self.event_log.database
