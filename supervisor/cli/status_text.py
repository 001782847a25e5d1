"""A job's status as text."""

from __future__ import annotations

from typing import Any

from supervisor.model.agent_report import Usage
from supervisor.model.job import COMPLETED, ENDED
from supervisor.project.project import Project
from supervisor.project.project_lock import lock_owner
from supervisor.store.queries.job_numbers import AgentSummary, Summary
from supervisor.text.human_units import duration, money
from supervisor.text.plain_text import plain_line


def job_text(project: Project, summary: Summary, failed: list[dict[str, Any]], failed_total: int) -> str:
    """Some lines about a job: its state, a line for each phase, and what failed."""
    job = summary.job
    left = f", {duration(summary.eta_s)} left" if summary.eta_s and job.status == "running" else ""
    lines = [
        f"job {job.id} {job.name}: {job.outcome}, {duration(summary.elapsed_s)} elapsed{left}",
        f"  agent {job.options.agent}; {summary.sessions} sessions, {summary.retries} retries{mended_text(summary)};"
        f" cost {cost_text(summary)}, tokens {tokens_text(summary.usage)}",
    ]
    if job.status == "interrupted" or (job.goes_on and lock_owner(project) is None):
        lines.append(f"  no supervisor works on it: the command that began it goes on, or `supervisor resume {job.id}`")
    if len(summary.agents) > 1 or any(agent.models for agent in summary.agents):
        lines += [f"  {agent_text(agent)}" for agent in summary.agents]
    if job.detail and job.outcome == job.status:
        lines += [f"  {line.strip()}" for line in job.detail.splitlines()]
    for phase in summary.phases:
        known = "" if phase.complete else "+"
        failures = phase.items.get("quarantined", 0)
        lines.append(
            f"  phase {phase.id} {phase.name}: {phase.status},"
            f" {phase.batches_done}/{phase.batches_total}{known} batches,"
            f" {phase.items.get('merged', 0)}/{phase.items_total}{known} items"
            + (f", {failures} failed" if failures else "")
        )
    if summary.unfinished:
        lines.append(f"  {summary.unfinished_text}")
    for item in failed:
        for error in item["errors"][:3] or [{"type": "unknown", "message": ""}]:
            lines.append(
                f"  failed: phase {item['phase']} {item['id']}: {plain_line(error['type'])}:"
                f" {plain_line(error['message'])}"
            )
    if failed_total > len(failed):
        lines.append(f"  … {failed_total - len(failed)} more failed items: `supervisor status {job.name} --json`")
    if failed_total:
        lines.append(f"  try them again: supervisor retry {job.name}")
    results = project.results(job.collection, job.target)
    lines.append(f"  results: {project.relative(results)}/")
    return "\n".join(lines)


def mended_text(summary: Summary) -> str:
    """How many outputs were mended, after other numbers; nothing where none was."""
    return f", {summary.mended} output{'' if summary.mended == 1 else 's'} mended" if summary.mended else ""


def end_text(summary: Summary, before: Summary | None) -> str:
    """What a job came to, and what that took.

    With its numbers from `before` a run it is told what that run did, and what all did where there were earlier ones.
    """
    job = summary.job
    if before is None:
        return f"{job.outcome} after {duration(job.elapsed_s)}; {_work(summary)}"
    same = [phase.items for phase in summary.phases] == [phase.items for phase in before.phases]
    if same and summary.sessions == before.sessions and job.status in COMPLETED:
        return f"nothing was left to do, {job.outcome}; earlier runs: {_work(summary)}"
    if not before.sessions:
        return f"{job.outcome} after {duration(job.elapsed_s)}; {_work(summary)}"
    sessions = summary.sessions - before.sessions
    took = duration(max(0.0, job.elapsed_s - before.job.elapsed_s))
    return f"{job.outcome} after {took}; {_sessions(sessions)}; with earlier runs {_work(summary)}"


def _work(summary: Summary) -> str:
    return f"{_sessions(summary.sessions)}, {summary.retries} retries{mended_text(summary)}, cost {cost_text(summary)}"


def _sessions(count: int) -> str:
    return f"{count} session{'' if count == 1 else 's'}"


def agent_text(agent: AgentSummary) -> str:
    """Who did how many sessions, with which models."""
    models = f" with {', '.join(map(plain_line, agent.models))}" if agent.models else ""
    return f"by {agent.name}{models}: {agent.sessions} session{'' if agent.sessions == 1 else 's'}"


def cost_text(summary: Summary) -> str:
    """What a job cost and will have cost, and of how many sessions that is not known."""
    spent = summary.usage.cost_usd
    if spent is None:
        return "unknown"
    text = money(spent)
    if summary.projected_usd is not None and summary.job.status not in ENDED:
        text += f" of about {money(summary.projected_usd)}"
    if summary.cost_unknown:
        text += f" and {summary.cost_unknown} sessions of unknown cost"
    return text


def tokens_text(usage: Usage) -> str:
    """Tokens by kind; unknown ones are left out."""
    kinds = (
        ("in", usage.input_tokens),
        ("out", usage.output_tokens),
        ("cache read", usage.cache_read_tokens),
        ("cache write", usage.cache_write_tokens),
    )
    known = [f"{count:,} {kind}" for kind, count in kinds if count is not None]
    return ", ".join(known) or "unknown"
