"""A job in numbers, for `status`, the live view and the last lines of a run."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from supervisor.model.base import Frozen
from supervisor.model.job import Job
from supervisor.model.session import Usage
from supervisor.store import attempts, gates, items, session_totals
from supervisor.store.database import Database
from supervisor.store.gates import Gate
from supervisor.store.session_totals import SessionTotals


class PhaseSummary(Frozen):
    """A phase in numbers."""

    id: int
    name: str
    status: str
    output: str
    merge: str
    complete: bool
    """Whether all of its items are known."""
    expanded: int
    """Items of the phase before it that its own were made from so far."""
    batches: dict[str, int]
    """Status to count."""
    items: dict[str, int]
    """Status to count."""
    usage: Usage = Usage()
    """What its sessions cost, as far as they told."""

    @property
    def batches_total(self) -> int:
        return sum(self.batches.values())

    @property
    def batches_done(self) -> int:
        return self.batches.get("done", 0) + self.batches.get("failed", 0)

    @property
    def items_total(self) -> int:
        return sum(count for status, count in self.items.items() if status not in ("dropped", "removed"))


class RunningSession(Frozen):
    """A session that runs now."""

    name: str
    phase: int
    batch: int
    attempt: int
    agent: str
    age_s: float


class AgentSummary(Frozen):
    """What one agent did of a job."""

    name: str
    sessions: int
    models: tuple[str, ...]
    """Models that answered, as the agent names them; not those of sessions that told none."""
    usage: Usage


class Summary(Frozen):
    """A job in numbers."""

    job: Job
    phases: tuple[PhaseSummary, ...]
    running: tuple[RunningSession, ...]
    sessions: int
    attempts: int
    """Sessions that count as attempts."""
    retries: int
    """Attempts after the first of their batch."""
    agents: tuple[AgentSummary, ...]
    """Who did its sessions, in the order in which they came to it."""
    usage: Usage
    """What its sessions cost, as far as they told."""
    cost_unknown: int
    """Sessions that ended and did not tell what they cost."""
    projected_usd: float | None
    """What it will have cost at its end if it goes on like this; None where that is not known."""
    gates: tuple[Gate, ...]
    """Closed gates of its agents."""
    elapsed_s: float
    mean_session_s: float | None
    """Mean duration of the sessions that ended."""
    eta_s: float | None
    """Seconds to the end, as far as it can be told."""

    def as_json(self, failed: list[dict[str, Any]]) -> dict[str, Any]:
        """The form of `status --json`."""
        return {
            "id": self.job.id,
            "pipeline": self.job.pipeline,
            "target": self.job.target,
            "status": self.job.status,
            "agent": self.job.options.agent,
            "elapsed_s": round(self.elapsed_s, 3),
            "eta_s": None if self.eta_s is None else round(self.eta_s, 1),
            "cost_usd": self.usage.cost_usd,
            "projected_cost_usd": self.projected_usd,
            "cost_unknown_sessions": self.cost_unknown,
            "tokens": self.usage.tokens,
            "usage": _tokens(self.usage),
            "sessions": self.sessions,
            "attempts": self.attempts,
            "retries": self.retries,
            "agents": [
                {
                    "name": agent.name,
                    "sessions": agent.sessions,
                    "models": list(agent.models),
                    "cost_usd": agent.usage.cost_usd,
                    "usage": _tokens(agent.usage),
                }
                for agent in self.agents
            ],
            "phases": [
                {
                    "id": phase.id,
                    "name": phase.name,
                    "status": phase.status,
                    "batches": {
                        "total": phase.batches_total,
                        "done": phase.batches_done,
                        "running": phase.batches.get("running", 0),
                    },
                    "items": {
                        "total": phase.items_total,
                        "merged": phase.items.get("merged", 0),
                        "quarantined": phase.items.get("quarantined", 0),
                        "cached": 0,
                    },
                    "cost_usd": phase.usage.cost_usd,
                    "usage": _tokens(phase.usage),
                }
                for phase in self.phases
            ],
            "gates": [
                {"agent": gate.agent, "reason": gate.kind, "until": gate.until, "next_try": gate.next_try}
                for gate in self.gates
            ],
            "failed_items": [{"phase": item["phase"], "id": item["id"], "errors": item["errors"]} for item in failed],
        }


def summarise(database: Database, job: Job, *, now: float | None = None) -> Summary:
    """The job's numbers at this moment."""
    at = time.time() if now is None else now
    totals = session_totals.of_job(database, job.id)
    phases = summarise_phases(database, job.id, totals)
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
        for row in attempts.running(database, job.id)
    )
    return Summary(
        job=job,
        phases=phases,
        running=running,
        sessions=sessions,
        attempts=sum(t.counted for t in totals),
        retries=retries,
        agents=_agents(totals),
        usage=usage,
        cost_unknown=sum(t.cost_unknown for t in totals),
        projected_usd=projection(phases, usage.cost_usd),
        gates=tuple(gate for name in job.options.agents if (gate := gates.of(database, name)) is not None),
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


def projection(phases: tuple[PhaseSummary, ...], cost_usd: float | None) -> float | None:
    """What a job will have cost at its end if the batches that are left cost what those of their phase did so far.

    A phase without a batch done yet is taken to cost what the others do.
    """
    done = sum(phase.batches_done for phase in phases)
    if cost_usd is None or not done:
        return None
    projected = cost_usd
    for phase, total in zip(phases, expected_batches(phases), strict=True):
        known = phase.usage.cost_usd is not None and phase.batches_done > 0
        each = (phase.usage.cost_usd or 0.0) / phase.batches_done if known else cost_usd / done
        projected += max(0.0, total - phase.batches_done) * each
    return projected


def summarise_phases(database: Database, job: int, totals: Sequence[SessionTotals] = ()) -> tuple[PhaseSummary, ...]:
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


def expected_batches(phases: tuple[PhaseSummary, ...]) -> list[float]:
    """Batches that each phase will have come to.

    A phase whose items are not all known yet is taken to go on as it began: as many for each item of the phase before
    it; until there are some, as many as that phase has.
    """
    totals: list[float] = []
    for index, phase in enumerate(phases):
        total = float(phase.batches_total)
        if not phase.complete and index > 0:
            before = phases[index - 1]
            known = total * before.items_total / phase.expanded if phase.expanded else 0.0
            total = max(total, known or totals[-1])
        totals.append(total)
    return totals


def estimate(
    phases: tuple[PhaseSummary, ...], mean_s: float | None, sessions: int, batches: int, slots: int
) -> float | None:
    """Seconds to the end: the sessions that are left, at their mean duration, over the slots that can be filled.

    None before the first session has ended.
    """
    if mean_s is None or batches == 0:
        return None
    remaining = [
        max(0.0, total - phase.batches_done) for phase, total in zip(phases, expected_batches(phases), strict=True)
    ]
    chain = sum(1 for left in remaining if left)
    return max(sum(remaining) * max(1.0, sessions / batches) / max(1, slots), float(chain)) * mean_s


def failed_items(database: Database, job: Job) -> list[dict[str, Any]]:
    """Quarantined items, with their errors."""
    return items.failed(database, job.id)


def _tokens(usage: Usage) -> dict[str, int | None]:
    return {name: count for name, count in usage.model_dump().items() if name != "cost_usd"}


def _counts(database: Database, table: str, job: int, phase: int) -> dict[str, int]:
    rows = database.rows(f"SELECT status, n FROM {table} WHERE job = ? AND phase = ? AND n > 0", (job, phase))
    return {row["status"]: row["n"] for row in rows}
