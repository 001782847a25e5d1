"""The numbers of a report: made from the store, without drawing or wording anything."""

from __future__ import annotations

import math
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from supervisor.model.job import Job
from supervisor.reports.error_stats import ErrorKind, Message, error_kinds, top_messages
from supervisor.reports.intervals import Span, common, gaps, total, union
from supervisor.reports.session_history import (
    Closing,
    Session,
    closed_spans,
    closings,
    lanes_of,
    sessions_of,
    worked_on,
)
from supervisor.store.database import Database
from supervisor.store.queries.job_numbers import PhaseSummary, Summary
from supervisor.store.queries.job_summary import failed_items, summarise
from supervisor.store.tables.session_totals import of_job

LONGEST, MESSAGES, FAILED = 10, 15, 20
"""How many of them are named."""


class Durations(NamedTuple):
    """How long some sessions took, in seconds."""

    known: int
    """Of how many it is known."""
    mean: float
    median: float
    most: float
    """What 95 of 100 did not exceed."""
    longest: float


class Worker(NamedTuple):
    """What one agent did in one phase."""

    phase: int
    agent: str
    sessions: int
    attempts: int
    retries: int
    working_s: float
    gated_s: float
    """That its batches waited for the next session since the agent was limited."""
    between_s: float
    """That they waited for it for other reasons."""
    durations: Durations | None
    cost_usd: float | None
    cost_unknown: int
    tokens: int | None


class PhaseFigures(NamedTuple):
    """A phase in numbers."""

    summary: PhaseSummary
    sessions: int
    outcomes: Counter[str]
    """Key of a kind of outcomes to sessions."""
    attempts: int
    retries: int
    tries: Counter[int]
    """How many attempts batches took, to how many they were."""
    durations: Durations | None
    at_once: int
    """The most sessions that ran at the same time."""


class WallClock(NamedTuple):
    """Where the time went between a job's first start and its end, in seconds."""

    working_s: float
    """At least one session ran."""
    gated_s: float
    """None ran, and an agent of the job was limited."""
    between_s: float
    """None ran though a supervisor was at work: it planned, judged, wrote."""
    stopped_s: float
    """No supervisor worked on it."""

    @property
    def total_s(self) -> float:
        return sum(self)


class Ended(NamedTuple):
    """A batch that ended."""

    phase: int
    at: float
    items: int


class ReportData(NamedTuple):
    """All that a report shows."""

    made_at: float
    job: Job
    summary: Summary
    sessions: list[Session]
    phases: list[PhaseFigures]
    workers: list[Worker]
    clock: WallClock
    closings: list[Closing]
    """Times in which an agent of the job was limited, while it was worked on."""
    longest: list[Session]
    errors: list[ErrorKind]
    messages: list[Message]
    ended: list[Ended]
    failed: list[tuple[int, str, str, str]]
    """Phase, id, kind and message of some items that failed."""
    failed_count: int
    pauses: list[Span]
    """Times in which nothing happened: the job was stopped, or nothing ran."""


def collect(database: Database, job: Job, *, now: float | None = None) -> ReportData:
    """The numbers of a job, all of one moment."""
    at = time.time() if now is None else now
    with database.snapshot():
        summary = summarise(database, job, now=at)
        closed = closings(database, at)
        worked = worked_on(database, job, at)
        sessions = sessions_of(database, job, closed_spans(closed), gaps(worked), at)
        failed = failed_items(database, job)
        busy = union((session.start, session.end) for session in sessions)
        whole = union([*worked, *busy])
        agents = {session.agent for session in sessions} | set(job.options.agents)
        own = [c for c in closed if c.agent in agents and whole and c.start < whole[-1][1] and c.end > whole[0][0]]
        return ReportData(
            made_at=at,
            job=job,
            summary=summary,
            sessions=sessions,
            phases=[_phase(phase, sessions) for phase in summary.phases],
            workers=_workers(database, job, sessions),
            clock=_wall_clock(busy, whole, union((c.start, c.end) for c in own)),
            closings=own,
            longest=sorted(sessions, key=lambda s: (s.start - s.end, s.name))[:LONGEST],
            errors=error_kinds(database, job.id),
            messages=top_messages(database, job.id, MESSAGES),
            ended=[
                Ended(row["phase"], row["ended_at"], row["size"])
                for row in database.rows(
                    "SELECT phase, ended_at, size FROM batches WHERE job = ? AND ended_at IS NOT NULL", (job.id,)
                )
            ],
            failed=[_first_error(item) for item in failed[:FAILED]],
            failed_count=len(failed),
            pauses=gaps(busy),
        )


def durations(seconds: Sequence[float]) -> Durations | None:
    """Some durations in numbers; None where there are none."""
    if not seconds:
        return None
    ordered = sorted(seconds)

    def quantile(part: float) -> float:
        return ordered[max(0, math.ceil(part * len(ordered)) - 1)]

    return Durations(len(ordered), sum(ordered) / len(ordered), quantile(0.5), quantile(0.95), ordered[-1])


def _phase(summary: PhaseSummary, sessions: Sequence[Session]) -> PhaseFigures:
    own = [session for session in sessions if session.phase == summary.id]
    counted = Counter(session.batch for session in own if session.counted)
    return PhaseFigures(
        summary=summary,
        sessions=len(own),
        outcomes=Counter(session.kind.key for session in own),
        attempts=sum(counted.values()),
        retries=sum(counted.values()) - len(counted),
        tries=Counter(counted.values()),
        durations=durations([s.duration_s for s in own if s.duration_s is not None]),
        at_once=at_once(own),
    )


def at_once(sessions: Sequence[Session]) -> int:
    """The most of some sessions that ran at the same time; they are in the order in which they began."""
    return max(lanes_of(sessions), default=-1) + 1


def _workers(database: Database, job: Job, sessions: Sequence[Session]) -> list[Worker]:
    totals = of_job(database, job.id)
    own: defaultdict[tuple[int, str], list[Session]] = defaultdict(list)
    for session in sessions:
        own[session.phase, session.agent].append(session)
    found: list[Worker] = []
    for (phase, agent), theirs in own.items():
        counted = [each for each in totals if (each.phase, each.agent) == (phase, agent)]
        tokens = [each.usage.tokens for each in counted if each.usage.tokens is not None]
        costs = [each.usage.cost_usd for each in counted if each.usage.cost_usd is not None]
        found.append(
            Worker(
                phase=phase,
                agent=agent,
                sessions=len(theirs),
                attempts=sum(each.counted for each in counted),
                retries=sum(each.retries for each in counted),
                working_s=sum(session.end - session.start for session in theirs),
                gated_s=sum(session.gated_s for session in theirs),
                between_s=sum(session.waited_s - session.gated_s for session in theirs),
                durations=durations([s.duration_s for s in theirs if s.duration_s is not None]),
                cost_usd=sum(costs) if costs else None,
                cost_unknown=sum(each.cost_unknown for each in counted),
                tokens=sum(tokens) if tokens else None,
            )
        )
    order = {row["phase"]: row["position"] for row in database.rows("SELECT * FROM phases WHERE job = ?", (job.id,))}
    return sorted(found, key=lambda each: (order.get(each.phase, len(order)), -each.working_s, each.agent))


def _wall_clock(busy: list[Span], whole: list[Span], closed: list[Span]) -> WallClock:
    """Which part of the time was what; `whole` is all in which a supervisor or a session was at work."""
    if not whole:
        return WallClock(0.0, 0.0, 0.0, 0.0)
    working, worked = total(busy), total(whole)
    gated = total(common(closed, whole)) - total(common(closed, busy))
    return WallClock(
        working_s=working,
        gated_s=gated,
        between_s=max(0.0, worked - working - gated),
        stopped_s=max(0.0, whole[-1][1] - whole[0][0] - worked),
    )


def _first_error(item: dict[str, object]) -> tuple[int, str, str, str]:
    errors = item["errors"]
    first = errors[0] if isinstance(errors, list) and errors else {}
    phase = item["phase"]
    assert isinstance(phase, int)
    return phase, str(item["id"]), str(first.get("type", "unknown")), str(first.get("message", ""))
