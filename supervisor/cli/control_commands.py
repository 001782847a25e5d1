"""`stop`, `resume`, `cancel`, `retry`: written into the store, and heeded by whoever works on the job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from supervisor.cli import cli_options as o

if TYPE_CHECKING:
    from supervisor.engine.job_control import Asked
    from supervisor.model.job import Job
    from supervisor.project.project import Project
    from supervisor.store.database import Database


_PATIENCE_S = 60.0


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(stop)
    app.command()(resume)
    app.command()(cancel)
    app.command()(retry)


def stop(
    job: Annotated[str | None, typer.Argument(metavar="[JOB]", help="A job; without one, everything.")] = None,
    project: o.ProjectOption = None,
) -> None:
    """Stop JOB, or all jobs and the daemon: sessions are ended, what is done is kept, `resume` goes on."""
    from supervisor.lifecycle import daemon as background
    from supervisor.model.job import AT_WORK
    from supervisor.project.project_lock import lock_owner
    from supervisor.project.store_damage import missing
    from supervisor.store.tables import jobs

    here = o.project_at(project)
    if job is not None:
        database, found = o.job_named(here, job)
        _ask(here, database, found, "stop")
        return
    if missing(here) is None:
        database = o.store_of(here)
        for live in jobs.with_status(database, "queued", *AT_WORK):
            _ask(here, database, live, "stop")
    if background.end(here):
        typer.echo("the daemon has ended")
    elif (other := lock_owner(here)) is None:
        typer.echo("no daemon is running")
    else:
        typer.echo(f"no daemon is running; process {other.pid} works on the project in the foreground")


def cancel(job: o.JobArgument, project: o.ProjectOption = None) -> None:
    """Stop JOB for good: its sessions are ended, what is merged stays; only `run` or `start` takes it up again."""
    here = o.project_at(project)
    database, found = o.job_named(here, job)
    _ask(here, database, found, "cancel")


def resume(job: o.JobArgument, project: o.ProjectOption = None) -> None:
    """Go on with JOB in the background, with the options that it had."""
    from supervisor.engine import job_control, preflight
    from supervisor.lifecycle import daemon as background
    from supervisor.project.project_lock import lock_owner, locked_error

    here = o.project_at(project)
    database, found = o.job_named(here, job)
    preflight.check(here, found.pipeline, found.target, found.options, trial=True)
    held = lock_owner(here)
    if held is not None and held.kind != "daemon":
        raise locked_error(here)
    if found.goes_on and held is not None:
        typer.echo(f"job {found.id} {found.name} is {found.status} already")
        return
    job_control.resume(database, found.id, supervised=held is not None)
    serving = background.ensure(here)
    typer.echo(f"job {found.id} {found.name} is queued; the daemon, process {serving.pid}, goes on with it")


def retry(
    job: o.JobArgument,
    items: Annotated[
        str | None, typer.Option("--items", help="Ids, separated by commas; default: all that failed.")
    ] = None,
    phase: Annotated[int | None, typer.Option("--phase", help="Only this phase's items.")] = None,
    project: o.ProjectOption = None,
) -> None:
    """Have failed items of JOB tried again, in the background."""
    from supervisor.engine import job_control
    from supervisor.lifecycle import daemon as background
    from supervisor.project.project_lock import lock_owner, locked_error

    here = o.project_at(project)
    database, found = o.job_named(here, job)
    held = lock_owner(here)
    if held is not None and held.kind != "daemon":
        raise locked_error(here)
    wanted = None if items is None else [word.strip() for word in items.split(",") if word.strip()]
    released = job_control.retry(database, found.id, item_ids=wanted, phase=phase, supervised=held is not None)
    if not released:
        typer.echo(f"job {found.id} {found.name} has no failed items")
        return
    serving = background.ensure(here)
    typer.echo(
        f"{released} items of job {found.id} {found.name} are tried again; the daemon, process {serving.pid},"
        f" works on it\n  supervisor watch {found.id}"
    )


def _ask(here: Project, database: Database, job: Job, asked: Asked) -> None:
    """Write down what is asked of a job, and wait until whoever works on it has done it."""
    from supervisor.engine.job_control import stop_and_wait
    from supervisor.model.job import ENDED
    from supervisor.project.project_lock import lock_owner

    if job.status in ENDED and not (asked == "cancel" and job.status == "stopped"):
        typer.echo(f"job {job.id} {job.name} is {job.status} already")
        return
    now = stop_and_wait(
        database, job.id, asked, supervised=lambda: lock_owner(here) is not None, patience_s=_PATIENCE_S
    )
    typer.echo(f"job {job.id} {job.name} is {now.status}")
