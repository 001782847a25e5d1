"""Which pipelines of a project would write the same file of results."""

from __future__ import annotations

from supervisor.errors import PipelineError, SupervisorError
from supervisor.model.pipeline import Pipeline
from supervisor.project.pipeline_loader import PIPELINE_FILE, load_pipeline, read_target
from supervisor.project.project import Project


def check_outputs(project: Project, pipeline: Pipeline, target: str | None) -> None:
    """PipelineError where a pipeline of the project writes a file that another one writes for the same target.

    Without a `target`: for any that both could take. Pipelines that cannot be read write nothing.
    """
    own = {phase.output.casefold(): phase for phase in pipeline.phases}
    for path in sorted(project.root.glob(f"phase_intelligence/*/{PIPELINE_FILE}")):
        if path.parent.name == pipeline.name:
            continue
        try:
            other = load_pipeline(project, path.parent.name)
        except (SupervisorError, OSError):
            continue
        if other.collection != pipeline.collection or not _both_take(pipeline, other, target):
            continue
        for phase in other.phases:
            if (ours := own.get(phase.output.casefold())) is not None:
                file = project.relative(project.results(pipeline.collection, target or "TARGET") / phase.output)
                raise PipelineError(
                    f"phase {ours.id} of pipeline {pipeline.name!r} and phase {phase.id} of pipeline {other.name!r}"
                    f" would both write {file}",
                    where=f"{project.relative(project.pipeline_folder(pipeline.name))}/{PIPELINE_FILE}",
                    remedy="Give one of them another `collection`, or its phase another `output`.",
                )


def _both_take(pipeline: Pipeline, other: Pipeline, target: str | None) -> bool:
    if target is None:
        rules = (pipeline.target, other.target)
        return None in rules or rules[0] == rules[1]
    try:
        read_target(other, target)
    except SupervisorError:
        return False
    return True
