"""Gates in the store: agents that asked for less, and when they are tried again."""

from __future__ import annotations

from supervisor.model.agent_cooldown import AgentCooldown
from supervisor.model.agent_report import AgentFailure
from supervisor.store.database import Database

FIRST_PAUSE_S, LONGEST_PAUSE_S = 60.0, 1800.0
"""Where an agent tells no time, it is tried again after 1, 2, 4 … 30 minutes."""


def start(database: Database, agent: str, trouble: AgentFailure, now: float) -> AgentCooldown:
    """Close an agent's gate, or keep it closed for longer; call it inside a transaction."""
    before = of(database, agent)
    told = trouble.until if trouble.until is not None and trouble.until > now else None
    tries = 0 if before is None or told is not None else before.tries + 1
    pause_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(tries, 10))
    gate = AgentCooldown(
        agent=agent,
        kind=trouble.kind,
        message=trouble.message,
        until=told,
        next_try=now + pause_s if told is None else told,
        tries=tries,
        closed_at=now,
    )
    database.execute(
        "INSERT OR REPLACE INTO gates (agent, kind, message, until, next_try, tries, closed_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (gate.agent, gate.kind, gate.message, gate.until, gate.next_try, gate.tries, gate.closed_at),
    )
    return gate


def clear(database: Database, agent: str) -> None:
    """Take an agent's gate away; call it inside a transaction."""
    database.execute("DELETE FROM gates WHERE agent = ?", (agent,))


def of(database: Database, agent: str) -> AgentCooldown | None:
    """The gate of an agent; None where it is open."""
    row = database.row("SELECT * FROM gates WHERE agent = ?", (agent,))
    return None if row is None else AgentCooldown(**dict(row))
