"""`webhooks list`, `webhooks redeliver`: what clients were told of the ends of their jobs, and telling it again."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import typer

from supervisor.cli import cli_options as o
from supervisor.cli.status_commands import OptionalJob

if TYPE_CHECKING:
    from supervisor.store.tables.webhook_deliveries import Delivery


_SHOWN = 50


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Webhooks that were, or are to be, sent at the ends of jobs.")
    group.command("list")(list_webhooks)
    group.command()(redeliver)
    app.add_typer(group, name="webhooks")


def list_webhooks(job: OptionalJob = None, project: o.ProjectOption = None) -> None:
    """Webhooks of JOB, or the latest of all jobs, the oldest first: how each stands, and what the last try came to."""
    from supervisor.store.tables import jobs, webhook_deliveries

    here = o.project_at(project)
    if job is None and not o.has_store(here):
        typer.echo("no webhooks yet")
        return
    database = o.look_at_store(here)
    if job is None:
        found = webhook_deliveries.latest(database, _SHOWN)
    else:
        found = webhook_deliveries.of_job(database, jobs.find(database, job).id)
    for message in found:
        typer.echo(_line(message))
    if not found:
        typer.echo("no webhooks yet" if job is None else f"no webhooks of job {job} yet")


def redeliver(job: o.JobArgument, project: o.ProjectOption = None) -> None:
    """Have the last webhook of JOB sent once more, and retried as a new one would be; `supervisor serve` sends it."""
    from supervisor.errors import JobError
    from supervisor.store.tables import webhook_deliveries

    here = o.project_at(project)
    database, found = o.job_named(here, job)
    with database.transaction() as transaction:
        count = webhook_deliveries.redeliver(transaction, found.id)
    if not count:
        raise JobError(
            f"job {found.id} has no webhook",
            where=found.name,
            remedy="One is made when a job ends that was submitted with a `webhook_url`.",
        )
    database.ring()
    typer.echo(f"the last webhook of job {found.id} {found.name} is sent again by `supervisor serve`")


def _line(message: Delivery) -> str:
    tries = f"{message.attempts} {'try' if message.attempts == 1 else 'tries'}"
    made = f"{datetime.fromtimestamp(message.made_at):%Y-%m-%d %H:%M}"
    line = f"{message.id}  job {message.job}  {made}  {message.state}, {tries}  {message.host}"
    if message.last_result:
        line += f"  {message.last_result}"
    if message.next_try is not None:
        line += f"; next try {datetime.fromtimestamp(message.next_try):%Y-%m-%d %H:%M:%S}"
    return line
