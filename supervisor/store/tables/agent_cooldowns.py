"""Cooldowns in the store: agents that asked for less, and when they are tried again."""

from __future__ import annotations

from supervisor.model.agent_cooldown import AgentCooldown
from supervisor.model.agent_report import AgentFailure
from supervisor.store.transaction import StoreReader, Transaction

FIRST_PAUSE_S, LONGEST_PAUSE_S = 60.0, 1800.0
"""Where an agent tells no time, it is tried again after 1, 2, 4 … 30 minutes."""


def start(transaction: Transaction, agent: str, trouble: AgentFailure, now: float) -> AgentCooldown:
    """Begin an agent's cooldown, or make it longer."""
    before = of(transaction, agent)
    told = trouble.until if trouble.until is not None and trouble.until > now else None
    failed_probes = 0 if before is None or told is not None else before.failed_probes + 1
    pause_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(failed_probes, 10))
    cooldown = AgentCooldown(
        agent=agent,
        kind=trouble.kind,
        message=trouble.message,
        until=told,
        next_probe_at=now + pause_s if told is None else told,
        failed_probes=failed_probes,
        started_at=now,
    )
    transaction.execute(
        "INSERT OR REPLACE INTO agent_cooldowns (agent, kind, message, until, next_probe_at, failed_probes, started_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            cooldown.agent,
            cooldown.kind,
            cooldown.message,
            cooldown.until,
            cooldown.next_probe_at,
            cooldown.failed_probes,
            cooldown.started_at,
        ),
    )
    return cooldown


def clear(transaction: Transaction, agent: str) -> None:
    """End an agent's cooldown."""
    transaction.execute("DELETE FROM agent_cooldowns WHERE agent = ?", (agent,))


def of(database: StoreReader, agent: str) -> AgentCooldown | None:
    """The cooldown of an agent; None where it has none."""
    row = database.row("SELECT * FROM agent_cooldowns WHERE agent = ?", (agent,))
    return None if row is None else AgentCooldown(**dict(row))
