"""What the sessions of a job came to, by phase, agent and model: counted by the database as each ends."""

from __future__ import annotations

import math
import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from supervisor.model.agent_report import Usage
from supervisor.model.frozen_model import FrozenModel
from supervisor.store.transaction import StoreReader, Transaction

OPEN = "('running', 'unvalidated')"
"""Outcomes of an attempt that is still to have another; they are few, and not in the counters."""
_SUMS = ("sessions", "counted", "retries", "cost_unknown", "timed", "duration_s", *Usage.model_fields)
_OF_OPEN = (
    "SELECT job, phase, agent, coalesce(model, '') AS model, id AS first, 1 AS sessions, counted, 0 AS retries,"
    " ended_at IS NOT NULL AND cost_usd IS NULL AS cost_unknown, duration_s IS NOT NULL AS timed,"
    f" coalesce(duration_s, 0) AS duration_s, {', '.join(Usage.model_fields)} FROM attempts WHERE outcome IN {OPEN}"
)
_OF_ENDED = (
    "SELECT job, phase, agent, coalesce(model, '') AS model, min(id) AS first, count(*) AS sessions,"
    " sum(counted) AS counted, sum(counted AND EXISTS (SELECT 1 FROM attempts e WHERE e.batch = attempts.batch"
    " AND e.counted AND e.id < attempts.id)) AS retries, sum(cost_usd IS NULL) AS cost_unknown,"
    " count(duration_s) AS timed, total(duration_s) AS duration_s,"
    f" {', '.join(f'sum({name}) AS {name}' for name in Usage.model_fields)} FROM attempts"
    f" WHERE outcome NOT IN {OPEN} GROUP BY job, phase, agent, coalesce(model, '')"
)
"""The counters as they follow from the rows."""
_COLUMNS = f"job, phase, agent, model, first, {', '.join(_SUMS)}"
_ROUNDING = 1e-6
"""Sums of seconds and dollars depend a little on the order in which they were made."""


class SessionTotals(FrozenModel):
    """What some sessions of one phase, agent and model came to."""

    phase: int
    agent: str
    model: str
    """Empty where none was told."""
    sessions: int
    counted: int
    """Sessions that count as attempts."""
    retries: int
    """Counted ones after the first of their batch."""
    cost_unknown: int
    """Sessions that ended and did not tell what they cost."""
    timed: int
    """Sessions of which it is known how long they took."""
    duration_s: float
    usage: Usage


def of_job(database: StoreReader, job: int) -> list[SessionTotals]:
    """The totals of all sessions that were started, those that run included, who came first first."""
    sums = ", ".join(f"sum({name}) AS {name}" for name in _SUMS)
    rows = database.rows(
        f"SELECT phase, agent, model, {sums} FROM (SELECT {_COLUMNS} FROM session_totals WHERE job = :job"
        f" UNION ALL {_OF_OPEN} AND job = :job) GROUP BY phase, agent, model ORDER BY min(first)",
        {"job": job},
    )
    return [_totals(row) for row in rows]


def usage_of(totals: Iterable[SessionTotals]) -> Usage:
    """What they cost together, as far as they told."""
    usage = Usage()
    for each in totals:
        usage = usage.plus(each.usage)
    return usage.shown()


def wrong(database: StoreReader) -> list[str]:
    """Counters that disagree with the rows that they count."""
    there, said = _by_name(database, _OF_ENDED), _by_name(database, "SELECT * FROM session_totals")
    return [
        f"job {key[0]} phase {key[1]}: {key[2]} is counted as {said[key]:g}, its sessions come to {there[key]:g}"
        for key in sorted({*there, *said})
        if not math.isclose(there[key], said[key], rel_tol=_ROUNDING, abs_tol=_ROUNDING)
    ]


def count_anew(transaction: Transaction) -> None:
    """Make the counters from the rows."""
    transaction.execute("DELETE FROM session_totals")
    transaction.execute(f"INSERT INTO session_totals ({_COLUMNS}) {_OF_ENDED}")


def _by_name(database: StoreReader, sql: str) -> defaultdict[tuple[Any, ...], float]:
    """Job, phase, name, agent and model to a counter.

    Retries are those of a phase: which of two attempts that count is one depends on which of them ended first.
    """
    found: defaultdict[tuple[Any, ...], float] = defaultdict(float)
    for row in database.rows(sql):
        for name in _SUMS:
            whose = () if name == "retries" else (row["agent"], row["model"])
            found[row["job"], row["phase"], name, *whose] += row[name] or 0
    return found


def _totals(row: sqlite3.Row) -> SessionTotals:
    return SessionTotals(
        usage=Usage(**{name: row[name] for name in Usage.model_fields}),
        **{name: row[name] for name in SessionTotals.model_fields if name != "usage"},
    )
