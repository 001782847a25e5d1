"""A trial whether a pipeline's own Python can be loaded and called, in a process of its own."""

from __future__ import annotations

import asyncio

from supervisor.host.machine_errors import ignore_machine_errors
from supervisor.model.pipeline import Pipeline
from supervisor.project.project import Project
from supervisor.project_code.code_client import CodeClient
from supervisor.project_code.worker_pool import WorkerPool


def try_to_load(project: Project, pipeline: Pipeline) -> None:
    """PipelineError where a file cannot be loaded, or has no function that could be called as it will be.

    A job's run does the same in the workers that it needs anyway. Where the machine has no room for a process, nothing
    is found out.
    """
    if any(isinstance(phase.validator, str) or phase.context or phase.items_by for phase in pipeline.phases):
        asyncio.run(_try(project, pipeline))


async def _try(project: Project, pipeline: Pipeline) -> None:
    pool = WorkerPool(project, 1)
    try:
        with ignore_machine_errors():
            await CodeClient(pool, project).check(pipeline)
    finally:
        await pool.close()
