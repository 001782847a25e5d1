"""Everything that can be found wrong before anything is made."""

from __future__ import annotations

from supervisor.agents.registry import make_agent
from supervisor.content.items import read_items
from supervisor.content.pipeline_file import Target, load_pipeline, read_target
from supervisor.content.project import Project
from supervisor.content.prompts import PromptMaker
from supervisor.errors import PipelineError
from supervisor.model.job import JobOptions
from supervisor.model.pipeline import Phase, Pipeline, Upstream


def check(project: Project, pipeline_name: str, target_name: str, options: JobOptions) -> tuple[Pipeline, Target]:
    """The pipeline and the target, where a job of them can be run here; else the first thing that is wrong."""
    pipeline = load_pipeline(project, pipeline_name)
    target = read_target(pipeline, target_name)
    make_agent(project, options).check()
    PromptMaker(project, pipeline)
    for phase in pipeline.phases:
        _check_python(project, pipeline, phase)
        if phase.upstream is None:
            read_items(project, phase, target)
    return pipeline, target


def _check_python(project: Project, pipeline: Pipeline, phase: Phase) -> None:
    """The phase's Python files compile; what they do when they run is found out in a process of their own."""
    files = []
    if isinstance(phase.validator, str):
        files.append(project.validator_folder(pipeline.name) / phase.validator)
    if isinstance(phase.items, Upstream) and phase.items.by is not None:
        files.append(project.pipeline_folder(pipeline.name) / phase.items.by)
    if phase.context is not None:
        files.append(project.pipeline_folder(pipeline.name) / phase.context)
    for path in files:
        try:
            compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            line = f", line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
            raise PipelineError(
                f"not Python: {error.msg if isinstance(error, SyntaxError) else error}",
                where=f"{project.relative(path)}{line}",
                remedy="Correct the file.",
            ) from error
