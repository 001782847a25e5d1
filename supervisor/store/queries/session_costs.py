"""What the sessions of a job told of their cost, by phase and agent, and which of them still run: for limits of it."""

from __future__ import annotations

from supervisor.model.frozen_model import FrozenModel
from supervisor.store.tables.session_totals import OPEN
from supervisor.store.transaction import StoreReader

_NEVER_RAN = "outcome = 'not_started' AND handle IS NULL"
"""No process came to be, and nothing was noted before it."""


class KnownCosts(FrozenModel):
    """What the sessions of one phase and agent told."""

    told: int = 0
    """Sessions that told their cost."""
    told_usd: float = 0.0
    """What these cost together."""
    dearest_usd: float = 0.0
    untold: int = 0
    """Sessions that ended without telling it."""

    def plus(self, cost_usd: float | None) -> KnownCosts:
        """With one more session."""
        if cost_usd is None:
            return self.model_copy(update={"untold": self.untold + 1})
        return KnownCosts(
            told=self.told + 1,
            told_usd=self.told_usd + cost_usd,
            dearest_usd=max(self.dearest_usd, cost_usd),
            untold=self.untold,
        )


class RunningSession(FrozenModel):
    """A session that a dead supervisor left running."""

    batch: int
    phase: int
    agent: str


def known_costs(database: StoreReader, job: int) -> dict[tuple[int, str], KnownCosts]:
    """Phase and agent to what their sessions told that do not run any more."""
    rows = database.rows(
        "SELECT phase, agent, count(cost_usd) AS told, total(cost_usd) AS told_usd,"
        " coalesce(max(cost_usd), 0) AS dearest_usd, sum(cost_usd IS NULL AND outcome NOT IN"
        " ('not_started', 'limited', 'overloaded')) AS untold"
        " FROM attempts WHERE job = ? AND outcome <> 'running' GROUP BY phase, agent",
        (job,),
    )
    return {
        (row["phase"], row["agent"]): KnownCosts(**{name: row[name] for name in KnownCosts.model_fields})
        for row in rows
    }


def started(database: StoreReader, job: int) -> int:
    """How many sessions of a job were started."""
    return int(database.value(f"SELECT count(*) FROM attempts WHERE job = ? AND NOT ({_NEVER_RAN})", (job,)))


def still_running(database: StoreReader, job: int) -> list[RunningSession]:
    """Sessions that run though their supervisor is dead, once it was looked which do."""
    return [
        RunningSession(batch=row["batch"], phase=row["phase"], agent=row["agent"])
        for row in database.rows(
            f"SELECT batch, phase, agent FROM attempts WHERE job = ? AND outcome IN {OPEN} AND outcome = 'running'",
            (job,),
        )
    ]
