"""Calls of a project's own code, in workers: validators, `context` and `by` functions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from supervisor.errors import PipelineError, ProjectCodeError
from supervisor.model.batch import BatchInput
from supervisor.model.frozen_model import FrozenModel
from supervisor.model.item_rows import Item
from supervisor.model.pipeline import Phase, Pipeline, Upstream
from supervisor.model.validation_report import ValidationError, ValidationReport
from supervisor.project.project import Project
from supervisor.project_code.worker_pool import WorkerPool

_SIGNATURES = {
    "validate": "validate(batch, output, merged)",
    "context": "context(batch, merged)",
    "expand": "expand(item_id, payload)",
}


class CodeVerdict(FrozenModel):
    """A validator's report, and the phases whose merged items it looked at."""

    report: ValidationReport
    read_phases: tuple[int, ...] = ()


class CodeClient:
    """The code of one project, or of the version of a pipeline that a job keeps."""

    def __init__(self, pool: WorkerPool, project: Project) -> None:
        self._pool = pool
        self._project = project

    async def begin_run(self) -> None:
        """A run of a job begins: what was mended since the last one is loaded anew; the version that a job keeps cannot
        have been."""
        if self._project.content == self._project.root:
            await self._pool.begin_run(self._key)

    @property
    def _key(self) -> str:
        return str(self._project.content)

    def warm(self) -> None:
        """Have a worker ready before it is needed."""
        self._pool.warm(self._key)

    async def check(self, pipeline: Pipeline) -> None:
        """Load all of a pipeline's Python for a trial; PipelineError where a file could not be called."""
        for phase in pipeline.phases:
            for path, function, arguments in self._files(pipeline.name, phase):
                request = {"do": "check", "path": str(path), "function": function, "arguments": arguments}
                try:
                    await self._pool.ask(self._key, request, phase.validator_timeout)
                except ProjectCodeError as error:
                    place = error.where.removeprefix(path.name)
                    raise PipelineError(
                        error.what,
                        where=f"{self._project.relative(path)}{place}, phase {phase.id}",
                        remedy=error.remedy or f"Write `def {_SIGNATURES[function]}` in it.",
                    ) from error

    def _files(self, pipeline: str, phase: Phase) -> Iterator[tuple[Path, str, int]]:
        """A phase's Python files, each with the function that is called in it and how many arguments that gets."""
        folder = self._project.pipeline_folder(pipeline)
        if isinstance(phase.validator, str):
            yield self._project.validator_folder(pipeline) / phase.validator, "validate", 3
        if phase.context is not None:
            yield folder / phase.context, "context", 2
        if phase.items_by is not None:
            yield folder / phase.items_by, "expand", 2

    async def validate(self, phase: Phase, batch: BatchInput, output: Any, job: int | None) -> CodeVerdict:
        """Judge an output; without a validator everything passes. ProjectCodeError where the validator fails."""
        if phase.validator is None:
            return CodeVerdict(report=ValidationReport())
        folder = self._project.validator_folder(batch.pipeline)
        request = {"batch": batch.model_dump(), "output": output, "job": job}
        if isinstance(phase.validator, str):
            request |= {"do": "validate", "path": str(folder / phase.validator)}
        else:
            request |= {"do": "command", "path": str(folder), "command": phase.validator}
        reply = await self._pool.ask(self._key, request, phase.validator_timeout)
        errors = tuple(ValidationError.model_validate(error) for error in reply["errors"])
        return CodeVerdict(report=ValidationReport(errors=errors), read_phases=tuple(reply["looked_at"]))

    async def context(self, phase: Phase, batch: BatchInput, job: int) -> Any:
        """What the phase's `context` function adds for a batch; None where it has none."""
        if phase.context is None:
            return None
        path = self._project.pipeline_folder(batch.pipeline) / phase.context
        request = {"do": "context", "path": str(path), "batch": batch.model_dump(), "job": job}
        return (await self._pool.ask(self._key, request, phase.validator_timeout))["context"]

    async def expand(self, pipeline: str, phase: Phase, rows: list[Item]) -> list[list[Item]]:
        """What the phase's `by` function makes of upstream items."""
        assert isinstance(phase.items, Upstream) and phase.items.by is not None
        path = self._project.pipeline_folder(pipeline) / phase.items.by
        reply = await self._pool.ask(
            self._key, {"do": "expand", "path": str(path), "rows": rows}, phase.validator_timeout
        )
        return [[(item_id, payload) for item_id, payload in members] for members in reply["expanded"]]
