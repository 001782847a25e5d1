"""A job in numbers, for `status`, the live view and the last lines of a run."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from supervisor.model.job import Job
from supervisor.store.queries.estimates import estimate, projection
from supervisor.store.queries.job_numbers import AgentSummary, PhaseSummary, RunningSession, Summary
from supervisor.store.tables import agent_cooldowns, attempts, items, session_totals
from supervisor.store.tables.session_totals import SessionTotals
from supervisor.store.transaction import StoreReader


def summarise(database: StoreReader, job: Job, *, now: float | None = None) -> Summary:
    """The job's numbers at this moment; nothing runs of one that is `interrupted`."""
    at = time.time() if now is None else now
    totals = session_totals.of_job(database, job.id)
    phases = summarise_phases(database, job.id, totals)
    interrupted = job.status == "interrupted"
    if interrupted:
        phases = tuple(phase.at_rest() for phase in phases)
    usage = session_totals.usage_of(totals)
    sessions, retries, timed = (sum(getattr(t, name) for t in totals) for name in ("sessions", "retries", "timed"))
    mean_s = sum(t.duration_s for t in totals) / timed if timed else None
    running = tuple(
        RunningSession(
            name=row["name"],
            phase=row["phase"],
            batch=row["batch_number"],
            attempt=row["number"],
            agent=row["agent"],
            age_s=max(0.0, at - row["started_at"]),
        )
        for row in (() if interrupted else attempts.running(database, job.id))
    )
    return Summary(
        job=job,
        phases=phases,
        running=running,
        sessions=sessions,
        attempts=sum(t.counted for t in totals),
        retries=retries,
        unfinished=items.count_unfinished(database, job.id),
        mended=attempts.mended_outputs(database, job.id),
        agents=_agents(totals),
        usage=usage,
        cost_unknown=sum(t.cost_unknown for t in totals),
        projected_usd=projection(phases, usage.cost_usd),
        cooldowns=tuple(
            gate for name in job.options.agents if (gate := agent_cooldowns.of(database, name)) is not None
        ),
        elapsed_s=job.elapsed_s,
        mean_session_s=mean_s,
        eta_s=estimate(phases, mean_s, sessions, sessions - retries, job.options.concurrency),
    )


def _agents(totals: Sequence[SessionTotals]) -> tuple[AgentSummary, ...]:
    """Who worked on the job, in numbers."""
    found: list[AgentSummary] = []
    for name in dict.fromkeys(each.agent for each in totals):
        own = [each for each in totals if each.agent == name]
        found.append(
            AgentSummary(
                name=name,
                sessions=sum(each.sessions for each in own),
                models=tuple(dict.fromkeys(each.model for each in own if each.model)),
                usage=session_totals.usage_of(own),
            )
        )
    return tuple(found)


def summarise_phases(database: StoreReader, job: int, totals: Sequence[SessionTotals] = ()) -> tuple[PhaseSummary, ...]:
    """The job's phases in numbers, in the order of the pipeline; what they cost is taken from the `totals`."""
    return tuple(
        PhaseSummary(
            id=row["phase"],
            name=row["name"],
            status=row["status"],
            output=row["output"],
            merge=row["merge"],
            complete=bool(row["complete"]),
            expanded=row["expanded"],
            batches=_counts(database, "batch_counts", job, row["phase"]),
            items=_counts(database, "item_counts", job, row["phase"]),
            usage=session_totals.usage_of(each for each in totals if each.phase == row["phase"]),
        )
        for row in database.rows("SELECT * FROM phases WHERE job = ? ORDER BY position", (job,))
    )


def failed_items(database: StoreReader, job: Job) -> list[dict[str, Any]]:
    """Quarantined items, with their errors."""
    return items.failed(database, job.id)


def _counts(database: StoreReader, table: str, job: int, phase: int) -> dict[str, int]:
    rows = database.rows(f"SELECT status, n FROM {table} WHERE job = ? AND phase = ? AND n > 0", (job, phase))
    return {row["status"]: row["n"] for row in rows}
