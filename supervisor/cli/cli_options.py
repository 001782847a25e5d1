"""Options that several commands share; each can also be set as SUPERVISOR_* and in the project file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

if TYPE_CHECKING:
    from supervisor.model.job import Job, JobOptions
    from supervisor.project.project import Project
    from supervisor.store.database import Database


def _seconds(text: str | float) -> float:
    from supervisor.text.human_units import seconds_of

    try:
        return seconds_of(str(text))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _session_seconds(text: str | float) -> float:
    found = _seconds(text)
    if found < 0.1:
        raise typer.BadParameter(f"{text!r} is too short for a session; write 0.1 at least")
    return found


ProjectOption = Annotated[
    Path | None,
    typer.Option(
        "--project",
        envvar="SUPERVISOR_PROJECT",
        help="Project directory; default: the nearest parent that has settings.",
        metavar="DIR",
    ),
]
AgentOption = Annotated[
    str | None,
    typer.Option(
        "--agent",
        envvar="SUPERVISOR_AGENT",
        help="Agent that does the batches; after a comma those that take over while it is limited or out.",
    ),
]
ModelOption = Annotated[str | None, typer.Option("--model", envvar="SUPERVISOR_MODEL", help="Model to ask it for.")]
ConcurrencyOption = Annotated[
    int | None,
    typer.Option("--concurrency", "-j", envvar="SUPERVISOR_CONCURRENCY", min=1, max=10_000, help="Sessions at once."),
]
BatchSizeOption = Annotated[
    int | None,
    typer.Option("--batch-size", envvar="SUPERVISOR_BATCH_SIZE", min=1, max=100_000, help="Items in a batch."),
]
MaxAttemptsOption = Annotated[
    int | None,
    typer.Option("--max-attempts", envvar="SUPERVISOR_MAX_ATTEMPTS", min=1, max=100, help="Attempts for a batch."),
]
TimeoutOption = Annotated[
    float | None,
    typer.Option(
        "--timeout",
        envvar="SUPERVISOR_TIMEOUT",
        metavar="TIME",
        parser=_session_seconds,
        help="Time for one session: seconds, or 90s, 15m, 2h.",
    ),
]
MaxCostOption = Annotated[
    float | None,
    typer.Option(
        "--max-cost",
        envvar="SUPERVISOR_MAX_COST",
        min=0.0,
        metavar="USD",
        help="Dollars that the job may cost in all; it stays with the job, 0 lifts it.",
    ),
]
MaxSessionsOption = Annotated[
    int | None,
    typer.Option(
        "--max-sessions",
        envvar="SUPERVISOR_MAX_SESSIONS",
        min=0,
        help="Sessions that it may start in all; it stays with the job, 0 lifts it.",
    ),
]
MaxRuntimeOption = Annotated[
    float | None,
    typer.Option(
        "--max-runtime",
        envvar="SUPERVISOR_MAX_RUNTIME",
        metavar="TIME",
        parser=_seconds,
        help="Time that it may be worked on in all: seconds, or 90s, 15m, 8h, 2d; it stays with the job, 0 lifts it.",
    ),
]
SandboxOption = Annotated[
    str | None,
    typer.Option(
        "--sandbox",
        envvar="SUPERVISOR_SANDBOX",
        metavar="LEVEL",
        help="How far sessions are kept apart: auto, workspace, landlock, bubblewrap, required.",
    ),
]
StrictOption = Annotated[
    bool | None,
    typer.Option(
        "--strict/--no-strict",
        envvar="SUPERVISOR_STRICT",
        help="Stop at the first batch that cannot be made to pass.",
    ),
]
FreshOption = Annotated[bool, typer.Option("--fresh", help="Set the old results aside and begin anew.")]
RedoOption = Annotated[
    bool, typer.Option("--redo-changed", help="Do again what was done with other instructions or another validator.")
]
RedoUnfinishedOption = Annotated[
    bool,
    typer.Option("--redo-unfinished", help="Do again what sessions left that did not come to their end by themselves."),
]
EmptyOption = Annotated[
    bool, typer.Option("--allow-empty", help="Take it that there are no items, also where there were some before.")
]
FaultsOption = Annotated[
    float,
    typer.Option("--faults", min=0.0, max=1.0, help="Of the embedded agent: part of its sessions that go wrong."),
]
SeedOption = Annotated[int, typer.Option("--seed", help="Of the embedded agent: which sessions go wrong, and how.")]
JobArgument = Annotated[str, typer.Argument(metavar="JOB", help="Number of a job, or pipeline/target.")]


def project_at(folder: Path | None) -> Project:
    """The project that the command is about."""
    from supervisor.project.project import find_project

    return find_project(Path.cwd() if folder is None else folder)


def job_options(
    project: Project,
    pipeline: str,
    *,
    agent: str | None,
    model: str | None,
    concurrency: int | None,
    batch_size: int | None,
    max_attempts: int | None,
    timeout: float | None,
    strict: bool | None,
    redo_changed: bool,
    redo_unfinished: bool,
    allow_empty: bool,
    faults: float,
    seed: int,
    max_cost: float | None = None,
    max_sessions: int | None = None,
    max_runtime: float | None = None,
    sandbox: str | None = None,
) -> JobOptions:
    """What the command line says, else the pipeline file of its agent, else the project file, else the default."""
    from pydantic import ValidationError

    from supervisor.agents.agent_registry import default_agent
    from supervisor.errors import UsageError
    from supervisor.model.job import JobOptions
    from supervisor.project.pipeline_loader import agent_of

    settings = project.settings
    limits = {"max_cost": max_cost, "max_sessions": max_sessions, "max_runtime": max_runtime}
    try:
        return JobOptions(
            agent=agent or agent_of(project, pipeline) or default_agent(project),
            model=model or settings.model,
            concurrency=concurrency or settings.concurrency,
            batch_size=batch_size or settings.batch_size,
            max_attempts=max_attempts or settings.max_attempts,
            timeout=timeout or settings.timeout,
            strict=settings.strict if strict is None else strict,
            redo_changed=redo_changed,
            redo_unfinished=redo_unfinished,
            allow_empty=allow_empty,
            faults=faults,
            seed=seed,
            max_cost=settings.max_cost if max_cost is None else max_cost or None,
            max_sessions=settings.max_sessions if max_sessions is None else max_sessions or None,
            sandbox=cast(Any, sandbox),
            max_runtime=settings.max_runtime if max_runtime is None else max_runtime or None,
            limits_given=tuple(name for name, given in limits.items() if given is not None),
        )
    except ValidationError as error:
        from supervisor.project.model_errors import explain, place_of

        names = {place_of(each["loc"]): f"--{str(each['loc'][0]).replace('_', '-')}" for each in error.errors()}
        said = "\n  ".join(
            f"{names.get(place, place)}: {rest}"
            for place, _, rest in (line.strip().partition(": ") for line in explain(error, JobOptions).splitlines())
        )
        raise UsageError(said, remedy="Give another value, here or in the settings.") from error


def store_of(project: Project) -> Database:
    """The project's store; JobError where nothing was run yet."""
    from supervisor.errors import JobError
    from supervisor.store.database import open_store

    if not has_store(project):
        raise JobError(
            "there are no jobs yet", where=str(project.root), remedy="`supervisor run PIPELINE TARGET` makes one."
        )

    return open_store(project.store)


def has_store(project: Project) -> bool:
    """Whether anything was run yet; StoreError where that was, and its store is lost."""
    from supervisor.project.store_damage import missing
    from supervisor.project.store_guard import require_not_lost

    require_not_lost(project)
    return missing(project) is None


def look_at_store(project: Project) -> Database:
    """The same for a short look, which leaves a store alone that may be damaged."""
    from supervisor.store.database import SCHEMA_VERSION
    from supervisor.store.integrity.integrity_check import is_empty, open_read_only

    if project.store.exists() and not is_empty(project.store):
        database = open_read_only(project.store)
        if database.value("PRAGMA user_version") == SCHEMA_VERSION:
            return database
        database.close()
    return store_of(project)


def job_named(project: Project, name: str) -> tuple[Database, Job]:
    """The store, and the job that a person named."""
    from supervisor.store.tables import jobs

    database = store_of(project)
    return database, jobs.find(database, name)
