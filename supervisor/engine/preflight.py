"""Everything that can be found wrong before anything is made."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from pydantic import Field

from supervisor.agents.agent_registry import make_agents
from supervisor.agents.isolation_policy import isolation
from supervisor.engine import unknown_results
from supervisor.engine.known_answers.job_answers import chosen_places
from supervisor.engine.output_owners import check_outputs
from supervisor.engine.phases.phase_kinds import check_kind
from supervisor.engine.trial_load import try_to_load
from supervisor.errors import AgentError, PipelineError, UsageError
from supervisor.executors.executor_registry import check_executor, executor_to_ask
from supervisor.model.frozen_model import FrozenModel
from supervisor.model.job import JobOptions
from supervisor.model.pipeline import Phase, Pipeline, Upstream
from supervisor.model.target import Target
from supervisor.project.pinned_definitions import content_of
from supervisor.project.pipeline_loader import load_pipeline, read_target
from supervisor.project.project import Project
from supervisor.project.prompt_renderer import PromptRenderer
from supervisor.project.results_folder import check_results_folder
from supervisor.project.store_damage import damage_of_absence, missing
from supervisor.sinks.sink_registry import check_sink
from supervisor.sources.source import SourceContext
from supervisor.sources.source_registry import source_of
from supervisor.sources.taken_items import check_not_empty, items_fingerprint, take_items
from supervisor.store.integrity import write_receipts
from supervisor.store.integrity.integrity_check import open_current
from supervisor.store.tables import items, jobs, phases, submissions


class _Known(FrozenModel):
    """What the store knows of the job that there is."""

    taken: dict[int, str | None] = Field(default_factory=dict)
    """Phase id to the fingerprint of the items that it took last: they were read, and are not read again."""
    counts: dict[int, int] = Field(default_factory=dict)
    """Phase id to the number of items that it has or had."""
    submitted: str | None = None
    """The input that it was submitted with."""
    content: Path | None = None
    """Where the version of its pipeline is that it keeps."""
    has_work: bool = True
    """Whether anything of it is left to do."""
    options: JobOptions | None = None
    """How it was to be run by the last command."""
    nothing: bool = False
    """There is no such job, and the store is sound as far as that was looked at."""


def check(
    project: Project,
    pipeline_name: str,
    target_name: str,
    options: JobOptions,
    *,
    fresh: bool = False,
    trial: bool = False,
) -> tuple[Pipeline, Target]:
    """The pipeline and the target, where a job of them can be run here; else the first thing that is wrong.

    `fresh`: it is to begin anew, whatever job of them there is. `trial`: also whether the project's own Python can be
    called, which takes a process; where this process runs the job itself, it is found out then.
    """
    known = _Known() if fresh else _known_of(project, pipeline_name, target_name)
    at = project if known.content is None else project.with_content(known.content)
    pipeline = load_pipeline(at, pipeline_name)
    target = read_target(pipeline, target_name)
    if known.nothing:
        unknown_results.require_none(project, pipeline, target.name)
    check_outputs(project, pipeline, target.name)
    check_results_folder(project, pipeline.collection, target.name)
    check_agents(project, options if known.options is None else options.going_on_from(known.options))
    chosen_places(project)
    check_content(at, pipeline)
    if trial and known.has_work:
        try_to_load(at, pipeline)
    for phase in pipeline.phases:
        if phase.upstream is None:
            source = source_of(SourceContext(at, pipeline, phase, target, known.submitted))
            mark = items_fingerprint(source, phase, target)
            count = before = known.counts.get(phase.id, 0)
            if not mark or known.taken.get(phase.id) != mark:
                count = len(take_items(source, phase, target))
            if not options.allow_empty and known.submitted is None:  # what is submitted, its schema judges
                check_not_empty(count, before, source.name, phase.id)
    return pipeline, target


def check_pipeline(project: Project, pipeline: Pipeline) -> None:
    """All that can be wrong with a pipeline whatever the target is."""
    check_content(project, pipeline)
    check_outputs(project, pipeline, None)
    try_to_load(project, pipeline)


def check_content(project: Project, pipeline: Pipeline) -> None:
    """A pipeline's templates and Python files can be read, and what it names for its results can be written."""
    PromptRenderer(project, pipeline)
    for phase in pipeline.phases:
        check_kind(project, pipeline, phase)
        check_sink(project, pipeline, phase)
        _check_python(project, pipeline, phase)


def _known_of(project: Project, pipeline: str, target: str) -> _Known:
    try:
        if missing(project) is not None:
            return _Known(nothing=not damage_of_absence(project, write_receipts.all_receipts(project.state)))
        database = open_current(project.store)
        try:
            job = jobs.live(database, pipeline, target)
            if job is None:
                return _Known(nothing=True)
            taken = phases.sources(database, job.id)
            return _Known(
                taken=taken,
                counts={phase: items.count(database, job.id, phase) for phase in taken},
                submitted=submissions.input_of(database, job.id),
                content=content_of(project, database, job).content,
                has_work=phases.any_open_work(database, job.id),
                options=job.options,
            )
        finally:
            database.close()
    except (OSError, sqlite3.DatabaseError, ValueError, LookupError):
        return _Known()  # what is wrong with the store is said when it is opened


def check_agents(project: Project, options: JobOptions) -> None:
    """One of the agents can work here; AgentError of the first where none can."""
    failed: list[AgentError] = []
    agents = make_agents(project, options)
    for agent in agents:
        check_executor(project, agent.name)
        try:
            agent.check()
            executor = executor_to_ask(agent.profile.executor, project)
            executor.isolation_level(isolation(options, agent.profile, project.settings))
        except AgentError as error:
            failed.append(error)
        if options.max_cost is not None and not agent.tells_money():
            raise UsageError(
                f"agent {agent.name!r} does not tell what its sessions cost, so a limit could not be kept",
                where="--max-cost",
                remedy="Use --max-sessions or --max-runtime"
                + (
                    f", or give the price of its tokens: [agents.{agent.name}.price] in {project.settings_file.name}."
                    if agent.profile.tells_tokens
                    else "."
                ),
            )
    if len(failed) == len(agents):
        raise failed[0]


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
