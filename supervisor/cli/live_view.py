"""The live view of a job, drawn from the store: phases, running sessions, what went wrong, rate and time left."""

from __future__ import annotations

import time

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from supervisor.agents.agent_registry import shown_by
from supervisor.cli.status_text import cost_text
from supervisor.project.project import Project
from supervisor.store.database import Database
from supervisor.store.queries.estimates import expected_batches
from supervisor.store.queries.job_numbers import PhaseSummary, RunningSession, Summary
from supervisor.store.queries.job_summary import summarise
from supervisor.store.tables import events, jobs
from supervisor.text.human_units import duration
from supervisor.workspaces.transcript_reader import last_line
from supervisor.workspaces.workspace_provider import Workspace

_SESSIONS_SHOWN = 12
_PROBLEMS_SHOWN = 4
_STATUS_STYLE = {
    "completed": "green",
    "completed_with_gaps": "yellow",
    "failed": "red",
    "running": "cyan",
    "stopped": "yellow",
    "cancelled": "yellow",
}


class LiveView:
    """Draws one job; remembers only when it began to look, for the rate."""

    def __init__(self, project: Project, database: Database, job: int) -> None:
        self._project = project
        self._database = database
        self._job = job
        self._began = time.monotonic()
        self._merged_before: int | None = None

    def render(self) -> RenderableType:
        """The job as it is now."""
        summary = summarise(self._database, jobs.get(self._database, self._job))
        merged = sum(phase.items.get("merged", 0) for phase in summary.phases)
        if self._merged_before is None:
            self._merged_before = merged
        watched_s = time.monotonic() - self._began
        rate = (merged - self._merged_before) / watched_s * 60 if watched_s > 1 else None
        running_for = summary.elapsed_s if summary.job.status != "running" else max(summary.elapsed_s, watched_s)
        lines = {
            session.name: last_line(
                Workspace(self._project.sessions, session.name).transcript, shown_by(self._project, session.agent)
            )
            for session in summary.running[:_SESSIONS_SHOWN]
        }
        problems = events.last_of_level(self._database, self._job, ("WARNING", "ERROR"), _PROBLEMS_SHOWN)
        return draw(summary, lines, problems, rate, running_for)


def draw(
    summary: Summary, last_lines: dict[str, str], problems: list[tuple[str, str]], rate: float | None, elapsed_s: float
) -> RenderableType:
    """The view of a summary; `last_lines` by session name, `problems` as (level, text), `rate` in items a minute."""
    parts: list[RenderableType] = [_phases(summary.phases)]
    if summary.running:
        parts += ["", _sessions(summary.running, last_lines)]
    if problems:
        parts += ["", _problems(problems)]
    job = summary.job
    title = Text.assemble(
        (job.name, "bold"),
        " · ",
        (job.status, _STATUS_STYLE.get(job.status, "")),
        f" · job {job.id} · {job.options.agent}",
    )
    left = "?" if summary.eta_s is None else duration(summary.eta_s)
    numbers = (
        f"elapsed {duration(elapsed_s)}",
        f"left {left}",
        f"{'?' if rate is None else f'{rate:,.0f}'} items/min",
        f"sessions {summary.sessions}",
        f"retries {summary.retries}",
        f"cost {cost_text(summary)}",
    )
    foot = Text(" · ".join(numbers))
    return Panel(Group(*parts), title=title, subtitle=foot, title_align="left", subtitle_align="left", padding=(1, 2))


def _phases(phases: tuple[PhaseSummary, ...]) -> Table:
    table = Table(box=None, expand=True, padding=(0, 2, 0, 0))
    table.add_column("phase", no_wrap=True)
    table.add_column("", ratio=1, min_width=12)
    for name in ("batches", "running", "items", "failed"):
        table.add_column(name, justify="right", no_wrap=True)
    for phase, expected in zip(phases, expected_batches(phases), strict=True):
        total = phase.batches_total
        failed = phase.items.get("quarantined", 0)
        known = "" if phase.complete else "+"
        table.add_row(
            Text(f"{phase.id} {phase.name}"),
            ProgressBar(
                total=max(1.0, expected), completed=phase.batches_done, complete_style="cyan", finished_style="green"
            ),
            f"{phase.batches_done}/{total}{known}",
            str(phase.batches.get("running", 0) or "·"),
            f"{phase.items.get('merged', 0)}/{phase.items_total}{known}",
            Text(str(failed or "·"), style="red" if failed else ""),
        )
    return table


def _sessions(running: tuple[RunningSession, ...], last_lines: dict[str, str]) -> Table:
    table = Table(box=None, expand=True, padding=(0, 2, 0, 0))
    table.add_column("running session", no_wrap=True)
    table.add_column("age", justify="right", no_wrap=True)
    table.add_column("last output", ratio=1, no_wrap=True, overflow="ellipsis")
    for session in running[:_SESSIONS_SHOWN]:
        table.add_row(
            f"phase {session.phase} batch {session.batch}" + (f" try {session.attempt}" if session.attempt > 1 else ""),
            duration(session.age_s),
            Text(last_lines.get(session.name, ""), style="dim"),
        )
    if len(running) > _SESSIONS_SHOWN:
        table.add_row(f"… and {len(running) - _SESSIONS_SHOWN} more", "", "")
    return table


def _problems(problems: list[tuple[str, str]]) -> Table:
    table = Table(box=None, expand=True, padding=(0, 0, 0, 0), show_header=False)
    table.add_column("", no_wrap=True, overflow="ellipsis")
    for level, text in problems:
        table.add_row(Text(text, style="red" if level == "ERROR" else "yellow"))
    return table
