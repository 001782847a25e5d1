"""The pipelines that jobs can be submitted for, read again when a file of theirs changed."""

from __future__ import annotations

from typing import Any

from supervisor.agents.agent_registry import default_agent
from supervisor.engine import preflight
from supervisor.errors import SupervisorError, UsageError
from supervisor.model.job import Job, JobOptions
from supervisor.model.pipeline import Pipeline
from supervisor.project.job_input import InputViolation, input_schema, violations
from supervisor.project.pinned_definitions import content_of, definition_of, stamp_of
from supervisor.project.pipeline_loader import PIPELINE_FILE, load_pipeline
from supervisor.project.project import Project
from supervisor.store.database import Database
from supervisor.store.tables.pipeline_versions import PipelineVersion


class Workflow:
    """A pipeline as it is now."""

    def __init__(self, project: Project, name: str) -> None:
        self.pipeline: Pipeline = load_pipeline(project, name)
        preflight.check_content(project, self.pipeline)
        self.schema: dict[str, Any] | None = (
            None if self.pipeline.input is None else input_schema(project, self.pipeline)
        )
        self.definition: PipelineVersion | None = definition_of(project, self.pipeline)

    def refusals(self, value: Any) -> list[InputViolation]:
        """What is wrong with an input of it."""
        return [] if self.schema is None else violations(self.schema, value)

    @property
    def example(self) -> Any:
        """An input of it; None where its schema has none."""
        return next(iter((self.schema or {}).get("examples", [])), None)


class WorkflowCatalog:
    """All of a project; safe to be asked from several threads."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._known: dict[str, tuple[object, Workflow]] = {}
        self._shares: dict[tuple[str, str | None], dict[int, int | None]] = {}

    def names(self) -> list[str]:
        """Of all pipelines that there are."""
        return sorted(path.parent.name for path in self._project.root.glob(f"phase_intelligence/*/{PIPELINE_FILE}"))

    def all(self) -> list[Workflow]:
        """Those that are written rightly."""
        found = []
        for name in self.names():
            try:
                found.append(self.get(name))
            except SupervisorError:  # `supervisor doctor` says what is wrong with it
                continue
        return found

    def examples(self) -> list[dict[str, Any]]:
        """Requests that are taken as they are, one of each workflow that has an example."""
        return [
            {"workflow_name": each.pipeline.name, "input_data": each.example}
            for each in self.all()
            if each.example is not None
        ]

    def get(self, name: str) -> Workflow:
        """The pipeline of this name; UsageError where there is none, or it is written wrongly."""
        if name not in self._known and name not in self.names():
            known = ", ".join(self.names()) or "none"
            raise UsageError(f"there is no workflow {name!r}", where="workflow_name", remedy=f"There are: {known}.")
        stamp = stamp_of(self._project, name)
        known_as = self._known.get(name)
        if known_as is None or known_as[0] != stamp:
            known_as = self._known[name] = (stamp, Workflow(self._project, name))
        return known_as[1]

    def options(self, pipeline: Pipeline) -> JobOptions:
        """How a job of it is run: as it and the project's settings say."""
        settings = self._project.settings
        return JobOptions(
            agent=pipeline.agent or default_agent(self._project),
            model=settings.model,
            concurrency=settings.concurrency,
            batch_size=settings.batch_size,
            max_attempts=settings.max_attempts,
            timeout=settings.timeout,
            strict=settings.strict,
            max_cost=settings.max_cost,
            max_sessions=settings.max_sessions,
            max_runtime=settings.max_runtime,
        )

    def shares(self, database: Database, job: Job) -> dict[int, int | None]:
        """Phase id to the progress that its pipeline gives the job when the phase is done."""
        key = job.pipeline, job.definition
        if key not in self._shares:
            try:
                pipeline = load_pipeline(content_of(self._project, database, job), job.pipeline)
            except SupervisorError:
                return {}
            shares = {phase.id: phase.progress for phase in pipeline.phases}
            if job.definition is None:
                return shares
            self._shares[key] = shares
        return self._shares[key]
