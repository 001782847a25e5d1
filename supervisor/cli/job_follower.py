"""Following a job: a live view on a terminal, plain lines elsewhere, and what it came to."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

import typer

from supervisor.cli.exit_status import exit_status
from supervisor.cli.status_text import end_text
from supervisor.host.machine_errors import ignore_machine_errors
from supervisor.lifecycle.job_standing import as_it_stands
from supervisor.model.event import Event
from supervisor.model.job import COMPLETED, ENDED, Job
from supervisor.project.project import Project
from supervisor.project.project_lock import lock_owner
from supervisor.store.database import Database, open_store
from supervisor.store.queries.job_numbers import Summary
from supervisor.store.queries.job_summary import failed_items, summarise
from supervisor.store.tables import events, jobs
from supervisor.text.plain_text import plain_line

if TYPE_CHECKING:
    from rich.console import Console


REFRESH_S = 0.25
_FOLLOW_S = 0.2
_SHOWN_FAILURES = 20


class ForegroundView:
    """What `run` shows while it works."""

    def __init__(self, project: Project, *, plain: bool) -> None:
        self._project = project
        self._screen = None if plain else _screen()
        self._begun: asyncio.Future[tuple[Database, Job]] | None = None
        self.before: Summary | None = None
        """The job's numbers as it began."""

    def begin(self, database: Database, job: Job) -> None:
        """The job is about to start."""
        self.before = summarise(database, job)
        if self._begun is not None and not self._begun.done():
            self._begun.set_result((database, job))

    def told(self, event: Event) -> None:
        """An event happened."""
        if self._screen is None:
            print_event(event)

    async def around(self, work: Coroutine[Any, Any, Job]) -> Job:
        """Show the job while `work` runs."""
        if self._screen is None:
            return await work
        self._begun = asyncio.get_running_loop().create_future()
        drawing = asyncio.ensure_future(self._draw(self._screen, self._begun))
        try:
            return await work
        finally:
            drawing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await drawing

    async def _draw(self, screen: Console, begun: asyncio.Future[tuple[Database, Job]]) -> None:
        from rich.live import Live

        from supervisor.cli.live_view import LiveView

        database, job = await begun
        view = LiveView(self._project, database, job.id)
        with Live(view.render(), console=screen, auto_refresh=False, transient=True) as live:
            while True:
                await asyncio.sleep(REFRESH_S)
                with ignore_machine_errors():
                    live.update(view.render(), refresh=True)


def follow(project: Project, job: Job, *, plain: bool) -> Job:
    """Show a job that another process works on, until it ended."""
    screen = None if plain else _screen()
    database = open_store(project.store)
    if screen is not None:
        from rich.live import Live

        from supervisor.cli.live_view import LiveView

        view = LiveView(project, database, job.id)
        with Live(view.render(), console=screen, auto_refresh=False, transient=True) as live:
            while at_work(project, database, job):
                time.sleep(REFRESH_S)
                live.update(view.render(), refresh=True)
    else:
        follow_events(project, database, job, from_start=False)
    return jobs.get(database, job.id)


def follow_events(
    project: Project, database: Database, job: Job, *, from_start: bool = True, as_json: bool = False
) -> None:
    """Print events as they come, until the job ended, or nobody works on it any more."""
    last = 0 if from_start else max((e.id for e in events.after(database, job.id, 0)), default=0)
    while True:
        goes_on = at_work(project, database, job)
        for event in events.after(database, job.id, last):
            print_event(event, as_json=as_json)
            last = event.id
        if not goes_on:
            return
        time.sleep(_FOLLOW_S)


def at_work(project: Project, database: Database, job: Job) -> bool:
    """Whether a job has not ended, and some process works on the project; it says so where none does."""
    for patience_s in (_FOLLOW_S, 0.0):  # a daemon lets go of the project for a moment between two rounds
        now = as_it_stands(project, database, jobs.get(database, job.id))
        if now.status in ENDED:
            return False
        if lock_owner(project) is not None:
            return True
        time.sleep(patience_s)
    typer.echo(
        f"job {now.id} {now.name} is {now.status}, and no supervisor works on it;"
        f" `supervisor resume {now.id}` goes on with it",
        err=True,
    )
    return False


def _screen() -> Console | None:
    """The terminal on which a view can be drawn again and again in place; None where there is none."""
    if not sys.stdout.isatty():
        return None  # without rich, which takes long to load
    from rich.console import Console

    console = Console()
    return console if console.is_terminal and not console.is_dumb_terminal else None


def print_event(event: Event, *, as_json: bool = False) -> None:
    """One line on standard output."""
    sys.stdout.write((event.model_dump_json() if as_json else event.line()) + "\n")
    sys.stdout.flush()


def print_end(project: Project, job: Job, before: Summary | None = None) -> int:
    """What the job came to, what it made, and what can be done about what failed; the exit status that this means.

    `before`: its numbers as this run began, where there is one; what earlier runs cost is told apart then.
    """
    database = open_store(project.store)
    job = as_it_stands(project, database, job)
    summary = summarise(database, job)
    results = project.results(job.collection, job.target)
    typer.echo("")
    typer.echo(f"{job.name}: {end_text(summary, before)}")
    for phase in summary.phases:
        failed = phase.items.get("quarantined", 0)
        made = results / phase.output
        note = f", {failed} failed" if failed else ""
        place = f" in {project.relative(made)}" if made.exists() else " yet"
        typer.echo(f"  phase {phase.id} {phase.name}: {phase.items.get('merged', 0)} items{note}{place}")
    if summary.unfinished:
        typer.echo(f"  {summary.unfinished_text}")
    typer.echo(f"  log: {project.relative(results / 'progress.log')}")
    failures = failed_items(database, job)
    for item in failures[:_SHOWN_FAILURES]:
        first = item["errors"][0] if item["errors"] else {"type": "unknown", "message": ""}
        why = plain_line(f"{first['type']}: {first['message']}")
        typer.echo(f"  failed: phase {item['phase']} {item['id']}: {why}")
    if len(failures) > _SHOWN_FAILURES:
        typer.echo(f"  … and {len(failures) - _SHOWN_FAILURES} more: supervisor status {job.name}")
    for phase in summary.phases:
        if job.status in COMPLETED and not phase.items_total:
            typer.echo(f"  warning: phase {phase.id} {phase.name} has no items")
    if job.status in ("stopped", "cancelled", "interrupted"):
        typer.echo(f"  go on: supervisor run {job.pipeline} {job.target}")
    if failures:
        typer.echo(f"  try them again: supervisor retry {job.name}")
    status = exit_status(database, job)
    database.close()
    return status
