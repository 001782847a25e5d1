"""Which phase kinds there are, by the word in a pipeline's file; a job has one object of each kind that it uses."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any

from supervisor.engine.phases.phase_kind import PhaseKind
from supervisor.engine.phases.session_phase import SessionPhase
from supervisor.errors import PipelineError
from supervisor.model.pipeline import Phase, Pipeline
from supervisor.project.pipeline_loader import PIPELINE_FILE
from supervisor.project.project import Project

KINDS: dict[str, Callable[..., PhaseKind]] = {"session": SessionPhase}


def kinds_of(project: Project, pipeline: Pipeline, **parts: Any) -> Mapping[int, PhaseKind]:
    """Phase id to its kind, which is given all of a job's `parts` by name; PipelineError where there is none."""
    for phase in pipeline.phases:
        check_kind(project, pipeline, phase)
    made = {kind: KINDS[kind](**parts) for kind in {phase.kind for phase in pipeline.phases}}
    return {phase.id: made[phase.kind] for phase in pipeline.phases}


def check_kind(project: Project, pipeline: Pipeline, phase: Phase) -> None:
    """PipelineError where there is no such kind."""
    if phase.kind in KINDS:
        return
    file = project.pipeline_folder(pipeline.name) / PIPELINE_FILE
    near = difflib.get_close_matches(phase.kind, KINDS, n=1)
    raise PipelineError(
        f"there is no phase kind {phase.kind!r}",
        where=f"{project.relative(file)}, phase {phase.id}",
        remedy=(f"Did you mean {near[0]!r}? " if near else "") + f"`kind` may be: {', '.join(KINDS)}.",
    )
