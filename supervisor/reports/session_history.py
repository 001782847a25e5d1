"""What the store has of a job's sessions, and of the times at which they could not start."""

from __future__ import annotations

import heapq
import json
from collections.abc import Sequence
from typing import NamedTuple

from supervisor.model.job import AT_WORK, Job
from supervisor.model.public_spelling import public_outcome
from supervisor.reports.intervals import Span, outside, union, within
from supervisor.store.database import Database

_ENDS = "('job_completed', 'job_completed_with_gaps', 'job_failed', 'job_stopped', 'job_cancelled')"


class Kind(NamedTuple):
    """What came of sessions, as far as a reader of charts tells it apart."""

    key: str
    name: str
    outcomes: tuple[str, ...]


KINDS = (
    Kind("passed", "passed", ("passed",)),
    Kind("partly", "passed in part", ("partly",)),
    Kind("failed", "failed", ("failed",)),
    Kind("limited", "turned away", ("limited", "overloaded", "not_started")),
    Kind("stalled", "gave no sign of life", ("stalled",)),
    Kind("cut", "cut off or not judged", ("interrupted", "unjudged")),
    Kind("running", "running", ("running",)),
)
"""In the order in which they are shown."""
_KIND_OF = {outcome: kind for kind in KINDS for outcome in kind.outcomes}


class Session(NamedTuple):
    """A session as a report needs it; there may be very many."""

    phase: int
    batch: int
    """Number of its batch."""
    number: int
    name: str
    agent: str
    outcome: str
    counted: bool
    start: float
    end: float
    """Where it runs: now."""
    duration_s: float | None
    cost_usd: float | None
    waited_s: float
    """From the end of the session before of its batch to its start, but for the time in which the job was stopped."""
    gated_s: float
    """How much of that its agent was limited."""

    @property
    def kind(self) -> Kind:
        return _KIND_OF.get(self.outcome, _KIND_OF["failed"])


class Closing(NamedTuple):
    """A time in which an agent was limited."""

    agent: str
    start: float
    end: float


def closings(database: Database, until: float) -> list[Closing]:
    """When agents were limited, by what the jobs of the project noted; one that still is, is so until then."""
    since: dict[str, float] = {}
    found: list[Closing] = []
    for row in database.rows(
        "SELECT at, kind, data FROM events WHERE kind IN ('agent_limited', 'agent_free') ORDER BY id"
    ):
        agent = str(json.loads(row["data"]).get("agent", ""))
        if row["kind"] == "agent_limited":
            since.setdefault(agent, row["at"])
        elif agent in since:
            found.append(Closing(agent, since.pop(agent), row["at"]))
    return [*found, *(Closing(agent, at, max(at, until)) for agent, at in since.items())]


def closed_spans(closed: Sequence[Closing]) -> dict[str, list[Span]]:
    """Agent to when it was limited."""
    agents = dict.fromkeys(closing.agent for closing in closed)
    return {agent: union((c.start, c.end) for c in closed if c.agent == agent) for agent in agents}


def worked_on(database: Database, job: Job, now: float) -> list[Span]:
    """When a supervisor worked on the job; one that was killed did so until the last that it noted."""
    starts = database.rows(
        "SELECT id, at FROM events WHERE job = ? AND kind IN ('job_started', 'job_resumed') ORDER BY id", (job.id,)
    )
    found: list[Span] = []
    for number, start in enumerate(starts):
        later = starts[number + 1]["id"] if number + 1 < len(starts) else None
        before = "" if later is None else f"AND id < {int(later)}"
        ended = database.value(
            f"SELECT at FROM events WHERE job = ? AND id > ? {before} AND kind IN {_ENDS} ORDER BY id LIMIT 1",
            (job.id, start["id"]),
        )
        if ended is None and later is None and job.status in AT_WORK:
            ended = now
        if ended is None:
            ended = database.value(f"SELECT at FROM events WHERE job = ? {before} ORDER BY id DESC LIMIT 1", (job.id,))
        found.append((start["at"], ended))
    return union(found)


def sessions_of(
    database: Database, job: Job, closed: dict[str, list[Span]], stopped: Sequence[Span], now: float
) -> list[Session]:
    """All sessions of a job, in the order in which they began; `closed` is when agents were limited."""
    gated = {agent: outside(spans, stopped) for agent, spans in closed.items()}
    found: list[Session] = []
    before: dict[int, float] = {}
    for row in database.each_row(
        "SELECT a.phase, a.batch AS batch_id, coalesce(b.number, 0) AS batch, a.number, a.name, a.agent, a.outcome,"
        " a.counted, a.started_at, a.ended_at, a.duration_s, a.cost_usd FROM attempts a"
        " LEFT JOIN batches b ON b.id = a.batch WHERE a.job = ? ORDER BY a.started_at, a.id",
        (job.id,),
    ):
        start = row["started_at"]
        if row["duration_s"] is not None:
            end = start + row["duration_s"]
        elif row["outcome"] == "running":
            end = now if job.status in AT_WORK else start
        else:
            end = start if row["ended_at"] is None else row["ended_at"]
        end = max(start, end)
        free = before.get(row["batch_id"], start)
        found.append(
            Session(
                phase=row["phase"],
                batch=row["batch"],
                number=row["number"],
                name=row["name"],
                agent=row["agent"],
                outcome=public_outcome(row["outcome"]),
                counted=bool(row["counted"]),
                start=start,
                end=end,
                duration_s=row["duration_s"],
                cost_usd=row["cost_usd"],
                waited_s=max(0.0, start - free - within(stopped, free, start)),
                gated_s=within(gated.get(row["agent"], ()), free, start),
            )
        )
        before[row["batch_id"]] = end
    return found


def lanes_of(sessions: Sequence[Session]) -> list[int]:
    """A lane for each session, the lowest that is free; sessions are in the order in which they began."""
    free: list[int] = []
    busy: list[tuple[float, int]] = []
    found: list[int] = []
    for session in sessions:
        while busy and busy[0][0] <= session.start:
            heapq.heappush(free, heapq.heappop(busy)[1])
        lane = heapq.heappop(free) if free else len(busy)
        heapq.heappush(busy, (session.end, lane))
        found.append(lane)
    return found
