"""Results of a target that the store knows nothing of: they are neither paid for again nor put away without a word."""

from __future__ import annotations

from supervisor.errors import JobError
from supervisor.model.pipeline import Pipeline
from supervisor.project.project import Project
from supervisor.sinks.sink import SinkContext
from supervisor.sinks.sink_registry import open_sink


def require_none(project: Project, pipeline: Pipeline, target: str) -> None:
    """JobError where main files of a target have results, which a job that begins would make a second time."""
    folder = project.results(pipeline.collection, target)
    for phase in pipeline.phases:
        path = folder / phase.output
        if not path.is_file():
            continue
        try:
            held = len(open_sink(SinkContext(project, path, phase.id, phase.merge)).read())
        except (OSError, ValueError):
            continue  # what cannot be read is kept beside the new file
        if held:
            raise JobError(
                f"there are {held} results of which the store knows nothing: they were brought here, or it was deleted"
                " since they were made",
                where=project.relative(path),
                remedy="`supervisor doctor --repair` takes them in, and only what is missing is made;"
                " `--fresh` sets them aside and makes all anew.",
            )
