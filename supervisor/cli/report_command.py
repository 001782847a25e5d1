"""`report`: what became of a job, for people who were not there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from supervisor.cli import cli_options as o


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(report)


def report(
    job: o.JobArgument,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; default: among the results of the job.")
    ] = None,
    project: o.ProjectOption = None,
) -> None:
    """Write an HTML page about JOB: when its sessions ran, where time and money went, what was tried again and why."""
    from supervisor.errors import UsageError
    from supervisor.host.durable_files import make_folder, replace_durably
    from supervisor.lifecycle.job_standing import as_it_stands
    from supervisor.reports.report_data import collect
    from supervisor.reports.report_page import page
    from supervisor.store.tables import jobs

    here = o.project_at(project)
    database = o.look_at_store(here)
    found = as_it_stands(here, database, jobs.find(database, job))
    results = here.results(found.collection, found.target)
    path = results / f"{found.pipeline}_{found.target}_report.html" if output is None else output
    made = page(collect(database, found))
    try:
        if output is None:
            make_folder(results)
        replace_durably(path, [made])
    except OSError as error:
        raise UsageError(
            f"cannot be written: {error.strerror}", where=str(path), remedy="Name another file with --output."
        ) from error
    typer.echo(f"report of job {found.id} {found.name} in {here.relative(path)}")
