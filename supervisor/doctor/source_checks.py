"""Whether the item files of pipelines can be what was meant, as far as that does not depend on a target."""

from __future__ import annotations

from collections.abc import Iterator

from supervisor.doctor.finding import Finding
from supervisor.errors import EmptySource, SourceError, SupervisorError
from supervisor.model.pipeline import JobInput, Phase, Pipeline
from supervisor.model.target import PART, Target
from supervisor.project.project import Project
from supervisor.sources.source import SourceContext
from supervisor.sources.source_registry import source_of
from supervisor.sources.taken_items import check_not_empty, take_items

_NONE = Target(name="any", parts={})


def look_at_sources(project: Project, pipeline: Pipeline) -> Iterator[Finding]:
    """A finding for each file of items that a job could not work on; one that is not there, or empty, is a warning."""
    for phase in pipeline.phases:
        if not _is_the_same_for_all(phase):
            continue
        try:
            source = source_of(SourceContext(project, pipeline, phase, _NONE))
            check_not_empty(len(take_items(source, phase, _NONE)), 0, source.name, phase.id)
        except SupervisorError as error:
            missing = isinstance(error, EmptySource) or isinstance(error.__cause__, OSError)
            wrong = isinstance(error, SourceError) and not missing
            yield Finding(
                level="failure" if wrong else "warning",
                subject=f"pipeline {pipeline.name}",
                text=error.in_one_line().replace("warning: ", "", 1),
            )


def _is_the_same_for_all(phase: Phase) -> bool:
    """Whether its items are in a file that every target takes them from."""
    named = f"{phase.items_file} {phase.limit or ''}"
    return phase.items_file is not None and not isinstance(phase.items, JobInput) and not PART.search(named)
