"""`status`, `jobs`, `logs`, `watch`: what is going on and what was."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from supervisor.cli import cli_options as o

if TYPE_CHECKING:
    from supervisor.model.job import Job
    from supervisor.project.project import Project
    from supervisor.store.database import Database


OptionalJob = Annotated[str | None, typer.Argument(metavar="[JOB]", help="Number, or pipeline/target; default: all.")]
_FAILED_SHOWN = 50
_STATUS_WIDTH = 10
_LARGEST = 2**63 - 1
"""Number that the store can be asked for."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(status)
    app.command("jobs")(list_jobs)
    app.command()(logs)
    app.command()(watch)


def status(
    job: OptionalJob = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, for programs.")] = False,
    project: o.ProjectOption = None,
) -> None:
    """How far jobs are: phases, batches, items, time left, failed items."""
    from supervisor.cli.status_text import job_text
    from supervisor.lifecycle.job_standing import as_it_stands
    from supervisor.store.queries.job_summary import failed_items, summarise
    from supervisor.store.tables import jobs

    here = o.project_at(project)
    if job is None and not o.has_store(here):
        typer.echo(json.dumps({"jobs": []}) if as_json else "no jobs yet; `supervisor run PIPELINE TARGET` makes one")
        return
    database = o.look_at_store(here)
    chosen = [
        as_it_stands(here, database, each)
        for each in (jobs.all_jobs(database) if job is None else [jobs.find(database, job)])
    ]
    found = [(summarise(database, each), failed_items(database, each)) for each in chosen]
    if as_json:
        typer.echo(
            json.dumps({"jobs": [summary.as_json(failed) for summary, failed in found]}, ensure_ascii=False, indent=2)
        )
        return
    for summary, failed in found:
        typer.echo(job_text(here, summary, failed[: _FAILED_SHOWN if job else 5], len(failed)))


def list_jobs(project: o.ProjectOption = None) -> None:
    """All jobs, a line each."""
    from supervisor.lifecycle.job_standing import as_it_stands
    from supervisor.store.tables import jobs
    from supervisor.text.human_units import duration

    here = o.project_at(project)
    if not o.has_store(here):
        typer.echo("no jobs yet; `supervisor run PIPELINE TARGET` makes one")
        return
    database = o.look_at_store(here)
    shown = [as_it_stands(here, database, job) for job in jobs.all_jobs(database)]
    width = max([_STATUS_WIDTH, *(len(job.status) for job in shown)])
    for job in shown:
        made = f"{datetime.fromtimestamp(job.created_at):%Y-%m-%d %H:%M}"
        detail = f"  {job.detail.splitlines()[0]}" if job.detail else ""
        if job.status == "interrupted":
            detail = "  no supervisor works on it: the same command goes on"
        typer.echo(f"{job.id:>4}  {job.status:<{width}}  {made}  {duration(job.elapsed_s):>8}  {job.name}{detail}")


def logs(
    job: OptionalJob = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the job ended.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
    batch: Annotated[
        int | None, typer.Option("--batch", min=1, max=_LARGEST, help="What the sessions of this batch printed.")
    ] = None,
    attempt: Annotated[
        int | None, typer.Option("--attempt", min=1, max=_LARGEST, help="Only this session of the batch.")
    ] = None,
    phase: Annotated[int | None, typer.Option("--phase", min=0, max=_LARGEST, help="Only this phase.")] = None,
    raw: Annotated[bool, typer.Option("--raw", help="With --batch: every line as it was printed.")] = False,
    project: o.ProjectOption = None,
) -> None:
    """What happened to JOB (default: the latest), or what the sessions of one of its batches printed."""
    from supervisor.cli.job_follower import follow_events, print_event
    from supervisor.errors import JobError
    from supervisor.store.tables import events, jobs

    here = o.project_at(project)
    database = o.store_of(here) if follow else o.look_at_store(here)
    if job is None:
        known = jobs.all_jobs(database)
        if not known:
            raise JobError("there are no jobs yet", remedy="`supervisor run PIPELINE TARGET` makes one.")
        found = known[-1]
    else:
        found = jobs.find(database, job)
    if batch is not None:
        _print_transcripts(here, database, found, batch, attempt, phase, raw=raw)
    elif follow:
        follow_events(here, database, found, as_json=as_json)
    else:
        last = 0
        while told := events.after(database, found.id, last):
            for event in told:
                print_event(event, as_json=as_json)
            last = told[-1].id


def watch(
    job: OptionalJob = None,
    plain: Annotated[bool, typer.Option("--plain", help="Print lines also where there is a terminal.")] = False,
    project: o.ProjectOption = None,
) -> None:
    """Watch JOB (default: the latest) live until it ended; to stop watching does not stop the job.

    Ends as `run` does, with 0, 1, 3 or 4.
    """
    from supervisor.cli.job_follower import follow, print_end
    from supervisor.errors import JobError
    from supervisor.store.tables import jobs

    here = o.project_at(project)
    database = o.store_of(here)
    known = jobs.all_jobs(database)
    if job is None and not known:
        raise JobError("there are no jobs yet", remedy="`supervisor start PIPELINE TARGET` makes one.")
    found = known[-1] if job is None else jobs.find(database, job)
    try:
        status = print_end(here, follow(here, found, plain=plain))
    except KeyboardInterrupt:
        typer.echo(f"job {found.id} goes on; `supervisor watch {found.id}` watches again", err=True)
        raise typer.Exit(0) from None
    raise typer.Exit(status)


def _print_transcripts(
    here: Project, database: Database, job: Job, batch: int, attempt: int | None, phase: int | None, *, raw: bool
) -> None:
    from supervisor.agents.agent_registry import shown_by
    from supervisor.errors import JobError
    from supervisor.model.public_spelling import public_outcome
    from supervisor.store.tables import attempts
    from supervisor.workspaces.transcript_reader import plain, readable
    from supervisor.workspaces.workspace_provider import Workspace

    rows = [
        row for row in attempts.of_batch(database, job.id, batch, phase) if attempt is None or row["number"] == attempt
    ]
    if not rows:
        asked = f"batch {batch}" if phase is None else f"phase {phase} batch {batch}"
        raise JobError(
            f"no session {'of' if attempt is None else f'{attempt} of'} {asked}",
            where=job.name,
            remedy=f"`supervisor status {job.name}` says how many batches there are.",
        )
    for row in rows:
        path = Workspace(here.sessions, row["name"]).transcript
        typer.echo(f"--- phase {row['phase']} batch {batch} session {row['number']}: {public_outcome(row['outcome'])}")
        try:
            printed = path.read_bytes()
            shown = shown_by(here, row["agent"])
            typer.echo(plain(printed) if raw else readable(printed, shown), nl=False)
        except FileNotFoundError:
            typer.echo("(it printed nothing, or its files were deleted after a while)")
