"""`run`, `start`, and the daemon's own command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from supervisor.cli import cli_options as o

if TYPE_CHECKING:
    from supervisor.model.job import Job, JobOptions


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(run)
    app.command()(start)
    app.command(hidden=True)(daemon)


PipelineArgument = Annotated[str, typer.Argument(help="Name of a folder in phase_intelligence/.")]
TargetArgument = Annotated[str, typer.Argument(help="What to make, for example spa_for_eng_20seeds.")]


def run(
    pipeline: PipelineArgument,
    target: TargetArgument,
    project: o.ProjectOption = None,
    agent: o.AgentOption = None,
    model: o.ModelOption = None,
    concurrency: o.ConcurrencyOption = None,
    batch_size: o.BatchSizeOption = None,
    max_attempts: o.MaxAttemptsOption = None,
    timeout: o.TimeoutOption = None,
    strict: o.StrictOption = None,
    max_cost: o.MaxCostOption = None,
    max_sessions: o.MaxSessionsOption = None,
    max_runtime: o.MaxRuntimeOption = None,
    sandbox: o.SandboxOption = None,
    fresh: o.FreshOption = False,
    redo_changed: o.RedoOption = False,
    redo_unfinished: o.RedoUnfinishedOption = False,
    allow_empty: o.EmptyOption = False,
    faults: o.FaultsOption = 0.0,
    seed: o.SeedOption = 0,
    plain: Annotated[bool, typer.Option("--plain", help="Print lines also where there is a terminal.")] = False,
) -> None:
    """Run PIPELINE over TARGET here, or what is left of it.

    Ends with 0: done · 1: finished with failed items, or no items · 2: something is written wrongly · 3: stopped, the
    same command goes on · 4: cannot go on.
    """
    import asyncio

    from supervisor.project.store_guard import StoreGuard

    here = o.project_at(project)
    looking = StoreGuard(here)

    from supervisor.cli.job_follower import ForegroundView, follow, print_end
    from supervisor.host.machine_errors import ignore_machine_errors
    from supervisor.lifecycle import foreground
    from supervisor.lifecycle.daemon import live_in_daemon

    chosen = o.job_options(
        here,
        pipeline,
        agent=agent,
        model=model,
        concurrency=concurrency,
        batch_size=batch_size,
        max_attempts=max_attempts,
        timeout=timeout,
        strict=strict,
        redo_changed=redo_changed,
        redo_unfinished=redo_unfinished,
        allow_empty=allow_empty,
        faults=faults,
        seed=seed,
        max_cost=max_cost,
        max_sessions=max_sessions,
        max_runtime=max_runtime,
        sandbox=sandbox,
    )
    attached = live_in_daemon(here, pipeline, target)
    if attached is not None and not fresh:
        kept = _kept_options(attached, chosen)
        typer.echo(f"job {attached.id} {attached.name} is at work in the daemon; watching it{kept}", err=True)
        job = follow(here, attached, plain=plain)
        raise typer.Exit(print_end(here, job))
    view = ForegroundView(here, plain=plain)
    job = asyncio.run(
        view.around(
            foreground.run(
                here, pipeline, target, chosen, fresh=fresh, looking=looking, begun=view.begin, told=view.told
            )
        )
    )
    status = {"completed": 0, "completed_with_gaps": 1, "failed": 1}.get(job.status, 3)
    with ignore_machine_errors():
        status = print_end(here, job, before=view.before)
    raise typer.Exit(status)


def start(
    pipeline: PipelineArgument,
    target: TargetArgument,
    project: o.ProjectOption = None,
    agent: o.AgentOption = None,
    model: o.ModelOption = None,
    concurrency: o.ConcurrencyOption = None,
    batch_size: o.BatchSizeOption = None,
    max_attempts: o.MaxAttemptsOption = None,
    timeout: o.TimeoutOption = None,
    strict: o.StrictOption = None,
    max_cost: o.MaxCostOption = None,
    max_sessions: o.MaxSessionsOption = None,
    max_runtime: o.MaxRuntimeOption = None,
    sandbox: o.SandboxOption = None,
    fresh: o.FreshOption = False,
    redo_changed: o.RedoOption = False,
    redo_unfinished: o.RedoUnfinishedOption = False,
    allow_empty: o.EmptyOption = False,
    faults: o.FaultsOption = 0.0,
    seed: o.SeedOption = 0,
) -> None:
    """Run PIPELINE over TARGET in the background; returns when the job is safely queued."""
    from supervisor.engine import preflight
    from supervisor.errors import JobError
    from supervisor.lifecycle import daemon as background
    from supervisor.lifecycle.foreground import submit
    from supervisor.project.project_lock import lock_owner, locked_error
    from supervisor.project.store_guard import require_sound
    from supervisor.store.database import open_store
    from supervisor.store.tables import jobs

    here = o.project_at(project)
    chosen = o.job_options(
        here,
        pipeline,
        agent=agent,
        model=model,
        concurrency=concurrency,
        batch_size=batch_size,
        max_attempts=max_attempts,
        timeout=timeout,
        strict=strict,
        redo_changed=redo_changed,
        redo_unfinished=redo_unfinished,
        allow_empty=allow_empty,
        faults=faults,
        seed=seed,
        max_cost=max_cost,
        max_sessions=max_sessions,
        max_runtime=max_runtime,
        sandbox=sandbox,
    )
    loaded, _ = preflight.check(here, pipeline, target, chosen, fresh=fresh, trial=True)
    found = lock_owner(here)
    if found is not None and found.kind != "daemon":
        raise locked_error(here)
    if found is None:
        require_sound(here)
    database = open_store(here.store, create=True)
    before = jobs.live(database, pipeline, target)
    if before is not None and before.goes_on and found is not None:
        if fresh:
            raise JobError(
                f"job {before.id} is {before.status} and cannot be begun anew meanwhile",
                where=before.name,
                remedy=f"Stop it first with `supervisor stop {before.id}`.",
            )
        kept = _kept_options(before, chosen)
        typer.echo(
            f"job {before.id} {before.name} is {before.status} already; see `supervisor watch {before.id}`{kept}"
        )
        return
    job = submit(database, here, loaded, target, chosen, fresh=fresh)
    if found is None:
        jobs.adopt_options(database, job.id, chosen)
    serving = background.ensure(here)
    results = here.relative(here.results(job.collection, job.target))
    typer.echo(f"job {job.id} {job.name} is queued; the daemon, process {serving.pid}, works on it")
    typer.echo(f"  supervisor watch {job.id}    tail -f {results}/progress.log    supervisor stop {job.id}")


def _kept_options(job: Job, asked: JobOptions) -> str:
    """What of the options is not heeded, as the job is at work with others; JobError where it has another agent."""
    from supervisor.errors import JobError

    now = job.options
    for name in ("agent", "model", "sandbox"):
        if getattr(asked, name) not in (None, getattr(now, name)):
            raise JobError(
                f"job {job.id} is being worked on with {name} {getattr(now, name) or 'of its own choice'!r}, not"
                f" {getattr(asked, name)!r}",
                where=job.name,
                remedy=f"Stop it first with `supervisor stop {job.id}`, then run the same command; or leave"
                f" --{name} out.",
            )
    others = [name for name in type(now).model_fields if getattr(asked, name) != getattr(now, name)]
    shown = ", ".join(f"{name.replace('_', '-')} {getattr(now, name)}" for name in others if name != "model")
    return f"\n  it goes on as it was started: {shown}" if shown else ""


def daemon(
    project: o.ProjectOption = None,
    stay: Annotated[bool, typer.Option("--stay", help="Go on when nothing is left to do.")] = False,
    ready_fd: Annotated[int | None, typer.Option("--ready-fd", hidden=True)] = None,
) -> None:
    """Work on queued jobs in this process: what `start` starts, and what systemd runs (with --stay)."""
    from supervisor.lifecycle import daemon as background

    raise typer.Exit(background.serve(o.project_at(project), stay=stay, ready=ready_fd))
