"""Which sink a phase's output is: by its ending, one of those here or one that an installed package offers."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from supervisor.errors import PipelineError
from supervisor.host import entry_points
from supervisor.model.pipeline import Phase, Pipeline
from supervisor.project.pipeline_loader import PIPELINE_FILE
from supervisor.project.project import Project
from supervisor.sinks.json_sink import json_sink
from supervisor.sinks.sink import Sink, SinkContext

GROUP = "supervisor.sinks"
SinkFactory = Callable[[SinkContext], Sink]
BUILT_IN: dict[str, SinkFactory] = {"json": json_sink}
"""By the ending of the output, without its dot. So are entry points named."""


def open_sink(context: SinkContext) -> Sink:
    """The sink of a phase; PipelineError where none writes files with that ending."""
    return _factory(context.path.name, str(context.path))(context)


def check_sink(project: Project, pipeline: Pipeline, phase: Phase) -> None:
    """PipelineError where no sink writes the phase's output."""
    file = project.pipeline_folder(pipeline.name) / PIPELINE_FILE
    _factory(phase.output, f"{project.relative(file)}, phase {phase.id}")


def _factory(output: str, where: str) -> SinkFactory:
    for ending, factory in BUILT_IN.items():
        if output.endswith(f".{ending}"):
            return factory
    offered = entry_points.offered(GROUP)
    fitting = [name for name in offered if output.endswith(f".{name}")]
    if not fitting:
        known = ", ".join(f".{ending}" for ending in sorted({*BUILT_IN, *offered}))
        raise PipelineError(
            f"there is no sink for the output {output!r}",
            where=where,
            remedy=f"Name a file that ends in one of: {known}.",
        )
    return cast(SinkFactory, entry_points.load(offered[max(fitting, key=len)], "sink"))
